import { defineEvents, type EventOf, event } from '../../../src/eventsourcing/event.ts';

/** What can happen to an account. Amounts are whole numbers. */
export const accountEvents = defineEvents({
  AccountOpened: event<{ owner: string; name: string }>(),
  AccountRenamed: event<{ name: string }>(),
  FundsDeposited: event<{ amount: number }>(),
  FundsWithdrawn: event<{ amount: number }>(),
});

export type AccountEvent = EventOf<typeof accountEvents>;
