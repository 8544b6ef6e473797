import type { RunOptions } from './benchmark.ts';
import { START } from './load.ts';
import { execute } from './postgres.ts';
import { whole } from './table.ts';

/** The id of a user by number, up to the twelve hexadecimal digits of the number at its end. */
const ID_START = '0198c0de-7a11-7000-8000-';
const USERS_PER_STATEMENT = 100_000;

/** User `<number>`, for the load generator. */
export const user = {
  id: `${ID_START}<hex>`,
  email: 'user-<number>@example.org',
  displayName: 'User <number>',
  registeredAt: '<time>',
};

/** As SQL, of a column `n`. */
const columns = {
  id: `('${ID_START}' || lpad(to_hex(n), 12, '0'))::uuid`,
  email: `'user-' || n || '@example.org'`,
  displayName: `'User ' || n`,
  registeredAt: `to_timestamp(${START / 1_000} + n)`,
};

/** Registrations as the log has them; the read table follows when the server folds it. */
const eventsSql = (from: number, to: number) => `
  INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                      causation_id, actor, recorded_at)
  SELECT n, ${columns.id}, 'user-' || ${columns.id}, 1, 'UserRegistered', 1,
         jsonb_build_object('email', ${columns.email}, 'displayName', ${columns.displayName}),
         ${columns.id}, ${columns.id}, NULL, NULL, ${columns.registeredAt}
  FROM generate_series(${from}::bigint, ${to}::bigint) n;
  UPDATE head SET position = ${to}, recorded_at = (SELECT max(recorded_at) FROM events);`;

const rowsSql = (from: number, to: number) => `
  INSERT INTO users (id, email, "displayName", "registeredAt", "updatedAt")
  SELECT ${columns.id}, ${columns.email}, ${columns.displayName}, ${columns.registeredAt}, ${columns.registeredAt}
  FROM generate_series(${from}::bigint, ${to}::bigint) n;`;

/** Fills a migrated, empty log with so many registrations. */
export const fillEvents = (url: string, users: number, options: RunOptions): Promise<void> =>
  fill(url, users, eventsSql, 'registrations', options);

/** Fills the other server's empty table with the same users. */
export const fillRows = (url: string, users: number, options: RunOptions): Promise<void> =>
  fill(url, users, rowsSql, 'rows', options);

async function fill(
  url: string,
  users: number,
  sql: (from: number, to: number) => string,
  what: string,
  { signal, log }: RunOptions,
): Promise<void> {
  for (let filled = 0; filled < users; filled += USERS_PER_STATEMENT) {
    if (signal.aborted) throw new Error('interrupted');
    await execute(url, sql(filled + 1, Math.min(filled + USERS_PER_STATEMENT, users)));
  }
  log(`${whole(users)} ${what} filled`);
}
