import { createSecrets } from '../../../src/privacy/secrets.ts';
import { freshDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres.ts';

const key = Buffer.alloc(32, 3);
/** The master key of every log here, as a setting. */
export const MASTER_KEY = key.toString('base64');

/** All that an export has to bring over, exactly as it stands in the tables. */
export async function truthOf(url: string) {
  const rows = async (sql: string) => (await execute(url, sql)).rows.map(({ row }) => row as string);
  return {
    head: await rows('SELECT head::text AS row FROM head'),
    events: await rows('SELECT events::text AS row FROM events ORDER BY position'),
    commands: await rows('SELECT commands::text AS row FROM commands ORDER BY id'),
    claims: await rows('SELECT claims::text AS row FROM claims ORDER BY key'),
  };
}

/**
 * A long log in a database of its own, as servers would have written it: `events` streams of one event, each with a claim.
 * @param first tells the ids, addresses and claims of one such log from those of another
 */
export async function longLog(events: number, first = 1): Promise<string> {
  const { url } = await freshDatabase();
  const id = (kind: number) =>
    `format('0198c0de-000${kind}-7000-8000-%s', lpad(to_hex(n + ${first - 1}), 12, '0'))::uuid`;
  const time = `timestamptz '2026-01-01' + n * interval '1 millisecond'`;
  const each = `FROM generate_series(1, ${events}) n`;
  await execute(
    url,
    `INSERT INTO events SELECT n, ${id(1)}, 'user-' || ${id(2)}, 1, 'UserRegistered', 1,
       jsonb_build_object('email', format('u%s@example.org', n), 'displayName', repeat('é"\\', n % 9)),
       ${id(3)}, ${id(4)}, NULL, 'load', ${time} ${each};
     INSERT INTO commands (id, type, stream_id, request_hash, version, position, event_count, recorded_at)
       SELECT ${id(3)}, 'RegisterUser', 'user-' || ${id(2)}, sha256(n::text::bytea), 1, n, 1,
       ${time} + interval '1 microsecond' ${each};
     INSERT INTO claims SELECT sha256(format('claim %s', n + ${first - 1})::bytea), 'user-' || ${id(2)} ${each};
     UPDATE head SET position = ${events}, recorded_at = (SELECT max(recorded_at) FROM events);
     INSERT INTO settings VALUES ('master_key', '${createSecrets(key).fingerprint}')`,
  );
  return url;
}
