import { idOf, streamIdOf } from '../../eventsourcing/decider.ts';
import type { RecordedEvent } from '../../eventsourcing/event.ts';
import { defineProjection } from '../../eventsourcing/projection.ts';
import { userDecider } from './decider.ts';
import type { UserEvent } from './events.ts';

/** A row of the `users` read table. */
export type UserRow = {
  readonly id: string;
  readonly email: string;
  /** The address in lower case, to look up and sort by. */
  readonly emailKey: string;
  readonly displayName: string | null;
  /** The name in lower case, to search. */
  readonly displayNameKey: string | null;
  readonly status: 'ACTIVE' | 'DEACTIVATED';
  readonly version: number;
  readonly registeredAt: string;
  readonly updatedAt: string;
};

/** The row with a change, and with the mark of the event that made it. */
const changed = (user: UserRow | null, event: RecordedEvent, change: Partial<UserRow>): UserRow | null =>
  user && { ...user, ...change, version: event.version, updatedAt: event.recordedAt };

/** What texts are compared by where case does not matter. */
export const caseless = (text: string): string => text.normalize('NFC').toLowerCase();

const emailOf = (email: string) => ({ email, emailKey: email.toLowerCase() });
const nameOf = (displayName: string | null) => ({
  displayName,
  displayNameKey: displayName === null ? null : caseless(displayName),
});

/** The `users` read table: one row per user. */
export const users = defineProjection<UserRow, UserEvent>({
  name: 'users',
  table: 'users',
  keyColumn: 'id',
  key: ({ streamId }) => idOf(streamId),
  streamOf: (id) => streamIdOf(userDecider.category, id),
  on: {
    UserRegistered: (_, { streamId, version, recordedAt, data }) => ({
      id: idOf(streamId),
      ...emailOf(data.email),
      ...nameOf(data.displayName),
      status: 'ACTIVE',
      version,
      registeredAt: recordedAt,
      updatedAt: recordedAt,
    }),
    UserEmailChanged: (user, event) => changed(user, event, emailOf(event.data.email)),
    UserProfileUpdated: (user, event) => changed(user, event, nameOf(event.data.displayName)),
    UserDeactivated: (user, event) => changed(user, event, { status: 'DEACTIVATED' }),
    UserReactivated: (user, event) => changed(user, event, { status: 'ACTIVE' }),
  },
});

/** A row of the `daily_registrations` read table: what happened on a day, in UTC. */
export type DailyRegistrationsRow = {
  readonly day: string;
  readonly registered: number;
  readonly erased: number;
  /** Users who became active, less those who ceased to be. */
  readonly activated: number;
};

const counted = (
  row: DailyRegistrationsRow | null,
  { recordedAt }: RecordedEvent,
  { registered = 0, activated = 0 }: Partial<DailyRegistrationsRow>,
): DailyRegistrationsRow => ({
  day: recordedAt.slice(0, 10),
  registered: (row?.registered ?? 0) + registered,
  erased: row?.erased ?? 0,
  activated: (row?.activated ?? 0) + activated,
});

/** Counts all users by the day: many streams in one row. */
export const registrations = defineProjection<DailyRegistrationsRow, UserEvent>({
  name: 'registrations',
  table: 'daily_registrations',
  keyColumn: 'day',
  key: ({ recordedAt }) => recordedAt.slice(0, 10),
  on: {
    UserRegistered: (row, event) => counted(row, event, { registered: 1, activated: 1 }),
    UserDeactivated: (row, event) => counted(row, event, { activated: -1 }),
    UserReactivated: (row, event) => counted(row, event, { activated: 1 }),
  },
});
