import type { Module } from '../graphql/module.ts';
import { usersModule } from './users/index.ts';

/** Every domain of this server, one line each. */
export const modules: readonly Module[] = [usersModule];
