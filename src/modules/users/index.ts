import type { Module } from '../../graphql/module.ts';
import { userDecider } from './decider.ts';
import { users } from './projection.ts';
import { UserCommandAcceptedResolver, UserResolver } from './resolver.ts';
import { userEventTypes } from './types.ts';

/** User accounts. */
export const usersModule: Module = {
  deciders: [userDecider],
  projections: [users],
  resolvers: [UserResolver, UserCommandAcceptedResolver],
  eventTypes: userEventTypes,
};
