import { createHash } from 'node:crypto';
import type { RunOptions } from './benchmark.ts';
import { execute } from './postgres.ts';
import { whole } from './table.ts';

/** Events of one stream in a filled log. */
export const STREAM_EVENTS = 10;
/** The events of so many streams take turns: 1, 2, … 100, 1, 2, … */
const STREAMS_AT_ONCE = 100;
const BLOCK = STREAM_EVENTS * STREAMS_AT_ONCE;
const EVENTS_PER_STATEMENT = 100_000;
/** Every event is a millisecond later than the one before. */
const START = Date.UTC(2026, 0, 1);

type Kind = 'event' | 'command' | 'stream';

/** A UUIDv7 that follows from a number: so a reader knows what there is without asking. {@link idSql} makes the same. */
function idOf(kind: Kind, number: number): string {
  const time = (START + number).toString(16).padStart(12, '0');
  const hash = createHash('md5').update(`${kind} ${number}`).digest('hex');
  const hex = `${time}7${hash.slice(0, 3)}8${hash.slice(3, 18)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const idSql = (kind: Kind, number: string) =>
  `(lpad(to_hex(${START} + ${number}), 12, '0') || '7' || left(md5('${kind} ' || ${number}), 3) || '8' ||
    substr(md5('${kind} ' || ${number}), 4, 15))::uuid`;

/** The stream of the event at a position, by the number of its first event. */
const firstOf = (position: number): number =>
  Math.floor((position - 1) / BLOCK) * BLOCK + ((position - 1) % STREAMS_AT_ONCE) + 1;

export const streamAt = (position: number): string => `user-${idOf('stream', firstOf(position))}`;
export const commandAt = (position: number): string => idOf('command', position);

/** Events from `from` to `to`, each of a command of its own, as registrations and changes of users leave them. */
const fillSql = (from: number, to: number, streamsAtOnce: number, block = STREAM_EVENTS * streamsAtOnce) => `
  CREATE TEMP TABLE filling AS
  SELECT n, (n - 1) / ${block} * ${block} + (n - 1) % ${streamsAtOnce} + 1 AS first,
         ((n - 1) % ${block} / ${streamsAtOnce})::int + 1 AS version,
         to_timestamp((${START} + n) / 1000.0) AS at
  FROM generate_series(${from}::bigint, ${to}::bigint) n;

  INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                      causation_id, actor, recorded_at)
  SELECT n, ${idSql('event', 'n')}, 'user-' || ${idSql('stream', 'first')}, version,
         CASE version WHEN 1 THEN 'UserRegistered' ELSE 'UserProfileUpdated' END, 1,
         CASE version WHEN 1 THEN jsonb_build_object('email', 'user-' || n || '@example.org', 'displayName', 'User ' || n)
                      ELSE jsonb_build_object('displayName', 'User ' || n) END,
         ${idSql('command', 'n')}, ${idSql('command', 'n')}, NULL, NULL, at
  FROM filling ORDER BY n;

  INSERT INTO commands (id, type, stream_id, actor, request_hash, rejection_code, version, position, event_count,
                        recorded_at)
  SELECT ${idSql('command', 'n')}, CASE version WHEN 1 THEN 'RegisterUser' ELSE 'UpdateUserProfile' END,
         'user-' || ${idSql('stream', 'first')}, NULL, sha256(n::text::bytea), NULL, version, n, 1, at
  FROM filling ORDER BY n;

  UPDATE head SET position = ${to}, recorded_at = (SELECT max(at) FROM filling);
  DROP TABLE filling;`;

/**
 * Fills a migrated, empty log with so many events, and leaves the tables as autovacuum would.
 * @param streamsAtOnce whose events take turns; {@link streamAt} knows the default only
 */
export async function fillLog(
  url: string,
  events: number,
  { signal, log }: RunOptions,
  streamsAtOnce = STREAMS_AT_ONCE,
): Promise<void> {
  const block = STREAM_EVENTS * streamsAtOnce;
  if (events % block !== 0) throw new Error(`${events} events: not a multiple of ${block}`);
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
  const run = (sql: string) => Promise.race([execute(url, sql), interrupted]);
  const start = performance.now();
  for (let filled = 0; filled < events; filled += EVENTS_PER_STATEMENT) {
    if (signal.aborted) throw new Error('interrupted');
    await run(fillSql(filled + 1, Math.min(filled + EVENTS_PER_STATEMENT, events), streamsAtOnce));
    if ((filled / EVENTS_PER_STATEMENT) % 10 === 9) log(`${whole(filled + EVENTS_PER_STATEMENT)} events filled`);
  }
  await run('VACUUM (ANALYZE) events');
  await run('VACUUM (ANALYZE) commands');
  await run('CHECKPOINT');
  log(`a log of ${whole(events)} events filled in ${whole((performance.now() - start) / 1000)} s`);
}
