import { idOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import { defineProjection } from '../../../src/eventsourcing/projection.ts';
import type { AccountEvent } from './events.ts';

/** A row of the `accounts` read table. */
export type AccountRow = {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly balance: number;
  readonly version: number;
  readonly openedAt: string;
  readonly changedAt: string;
};

/** What a migration would make. Names change hands all the time, and no row may be written while another holds its name. */
export const accountsTable = `CREATE TABLE accounts (
  id uuid PRIMARY KEY, owner text NOT NULL, name text NOT NULL UNIQUE, balance int NOT NULL CHECK (balance >= 0),
  version int NOT NULL, "openedAt" timestamptz(6) NOT NULL, "changedAt" timestamptz(6) NOT NULL);
  CREATE INDEX accounts_by_owner ON accounts (owner, "openedAt" DESC)`;

const changed = (account: AccountRow | null, event: RecordedEvent, change: Partial<AccountRow>): AccountRow | null =>
  account && { ...account, ...change, version: event.version, changedAt: event.recordedAt };

const moved = (account: AccountRow | null, event: RecordedEvent, by: number): AccountRow | null =>
  account && changed(account, event, { balance: account.balance + by });

/** The `accounts` read table: one row per account. */
export const accounts = defineProjection<AccountRow, AccountEvent>({
  name: 'accounts',
  table: 'accounts',
  keyColumn: 'id',
  key: ({ streamId }) => idOf(streamId),
  on: {
    AccountOpened: (_, { streamId, version, recordedAt, data }) => ({
      id: idOf(streamId),
      ...data,
      balance: 0,
      version,
      openedAt: recordedAt,
      changedAt: recordedAt,
    }),
    AccountRenamed: (account, event) => changed(account, event, event.data),
    FundsDeposited: (account, event) => moved(account, event, event.data.amount),
    FundsWithdrawn: (account, event) => moved(account, event, -event.data.amount),
  },
});
