import { expect } from 'vitest';
import type { NewEvent } from '../../../src/eventsourcing/event.ts';
import { userEvents } from '../../../src/modules/users/events.ts';
import { registrations, users } from '../../../src/modules/users/projection.ts';
import { openLog, unit, uuid } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { allEvents, foldOf, operatorFor, rowsIn } from '../../support/projections.ts';

export const both = [users, registrations];

type Log = Awaited<ReturnType<typeof openUserLog>>;

const AT_ONCE = 1_000;

/** The log of users, as a process has it that folds nothing. */
export async function openUserLog(url: string) {
  const log = await openLog(url, { events: userEvents });
  let registered = 0;

  /** One event of a stream; `at` is its version. */
  const append = (id: string, at: number, { type, data }: NewEvent) => {
    const streamId = `user-${id}`;
    const event = { id: uuid(), streamId, version: at, type, schemaVersion: 1, json: JSON.stringify(data), data };
    return log.writer.append(unit(streamId, at - 1, { events: [event] }));
  };

  return {
    ...log,
    append,
    /** Registers so many users, and no others: every event is a user. */
    async register(count: number) {
      for (let left = count; left > 0; left -= AT_ONCE) {
        await Promise.all(
          Array.from({ length: Math.min(left, AT_ONCE) }, () => {
            const displayName = `User ${++registered}`;
            const data = { email: `user${registered}@example.org`, displayName };
            return append(uuid(), 1, { type: 'UserRegistered', data });
          }),
        );
      }
    },
  };
}

/** Both read tables are, to the last field, what the log says. */
export async function expectSound(log: Log): Promise<void> {
  const events = await allEvents(log);
  for (const projection of both) expect(await rowsIn(log, projection)).toEqual(foldOf(projection, events));
}

/** How the projections are doing, past the servers. */
export async function statusOf(log: Log, name = 'users') {
  const found = (await operatorFor(log, both).status()).find((each) => each.name === name);
  if (!found) throw new Error(`no projection ${name}`);
  return found;
}

/** Ends all sessions of servers; they open new ones. */
export const cutConnections = (url: string) =>
  execute(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'tidemark%'`,
  );
