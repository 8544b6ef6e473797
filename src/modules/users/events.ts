import { defineEvents, type EventOf, event } from '../../eventsourcing/event.ts';

/** Payloads as written today. Facts, past tense, kept for ever. */
export const userEvents = defineEvents({
  UserRegistered: event<{ email: string; displayName: string | null }>(),
  UserEmailChanged: event<{ email: string }>(),
  UserProfileUpdated: event<{ displayName: string | null }>(),
  UserDeactivated: event<{ reason: string | null }>(),
  UserReactivated: event<Record<never, never>>(),
});

export type UserEvent = EventOf<typeof userEvents>;
