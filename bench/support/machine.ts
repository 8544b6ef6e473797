import { availableParallelism } from 'node:os';
import type { Postgres } from './postgres.ts';

/** What the figures depend on, in one line. */
export const machine = async ({ version }: Postgres): Promise<string> =>
  `${availableParallelism()} cores shared by servers, database and load; Node.js ${process.versions.node}; PostgreSQL ${version}`;
