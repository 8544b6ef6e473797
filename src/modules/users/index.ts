import type { Module } from '../../graphql/module.ts';
import { userDecider } from './decider.ts';
import { registrations, users } from './projection.ts';
import { RegistrationsResolver } from './registrations.ts';
import { UserCommandAcceptedResolver, UserResolver } from './resolver.ts';
import { userEventTypes } from './types.ts';

/** User accounts. */
export const usersModule: Module = {
  deciders: [userDecider],
  projections: [users, registrations],
  resolvers: [UserResolver, UserCommandAcceptedResolver, RegistrationsResolver],
  eventTypes: userEventTypes,
};
