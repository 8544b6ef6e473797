import type { Module } from '../../../src/graphql/module.ts';
import { accountDecider } from './decider.ts';
import { accounts } from './projection.ts';
import { AccountCommandAcceptedResolver, AccountResolver } from './resolver.ts';
import { accountEventTypes } from './types.ts';

/** A second domain, with what the users do not have: commands over several streams, and sums that must come out. */
export const ledgerModule: Module = {
  deciders: [accountDecider],
  projections: [accounts],
  resolvers: [AccountResolver, AccountCommandAcceptedResolver],
  eventTypes: accountEventTypes,
};
