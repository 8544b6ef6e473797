import { expect, it } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { appendingSessions, expectLookupsOnly, nudge } from './support/scans.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

const MANY = 200_000;

/** As if so many commands had come before: on `counter-m0` to …, ten events each, with a claim. */
const fill = (url: string) =>
  execute(
    url,
    `INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id, recorded_at)
     SELECT -g, gen_random_uuid(), 'counter-m' || (g - 1) / 10, (g - 1) % 10 + 1, 'CounterMoved', 1,
       '{"by": 1}', gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, ${MANY}) g;
     INSERT INTO commands (id, type, stream_id, request_hash, version, position, event_count, recorded_at)
     SELECT command_id, 'MoveCounter', stream_id, '\\xaa', version, position, 1, recorded_at
     FROM events WHERE position < 0;
     INSERT INTO claims SELECT decode(md5(stream_id), 'hex'), stream_id FROM events WHERE position < 0 AND version = 1`,
  );

/** Does some work elsewhere and keeps the session of a process meanwhile, which its pool would close when it is idle. */
async function keepingSession(log: Log, work: Promise<unknown>): Promise<void> {
  const touch = setInterval(() => void nudge(log), 1_000);
  await work.finally(() => clearInterval(touch));
}

let names = 0;

/** Every way that a unit can go, twenty times, on streams and keys old and new. */
async function appendOfEveryKind({ writer }: Log, known: { commandId: string; version: number }): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const name = `${++names}`;
    const key = names.toString(16).padStart(8, '0');
    const claim = (streamId: string, code: string | null) => ({ claims: [{ key, streamId, code }] });
    const looked = { streamId: 'counter-m8', version: known.version };
    const verdicts = await Promise.all([
      writer.append(unit(`counter-${name}`, 0)),
      writer.append(unit(`counter-${name}.named`, 0, claim(`counter-${name}.named`, 'TAKEN'))),
      writer.append(unit(`counter-${name}.late`, 0, claim(`counter-${name}.late`, 'TAKEN'))),
      writer.append(unit('counter-m7', known.version + 5)),
      writer.append(unit(`counter-${name}.again`, 0, { commandId: known.commandId })),
      writer.append(unit(`counter-${name}.dry`, 0, { dryRun: true })),
      writer.append(unit(`counter-${name}.no`, 0, { events: [], version: 0, refusal: { code: 'NO', detail: null } })),
      writer.append(unit(`counter-${name}.named`, 1, claim(`counter-${name}.named`, null))),
      writer.append(
        unit(`counter-${name}.two`, 0, { guards: [{ streamId: `counter-${name}.two`, version: 0 }, looked] }),
      ),
    ]);
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual([
      ...['accepted', 'accepted', 'rejected', 'conflict', 'known', 'accepted', 'rejected', 'accepted', 'accepted'],
    ]);
  }
}

// A function keeps its plans: joins of the lookup tables to the input, planned while the tables were empty or with stale
// statistics, became sequential scans and 10 ms a call.
it('an append looks up keys alone, on empty and huge tables, with plans and statistics old and new', async () => {
  const { url } = await freshDatabase();
  const first = await openLog(url);
  const work = unit('counter-known', 0);
  const known = { commandId: work.commandId, version: 0 };
  const check = (log: Log) =>
    expectLookupsOnly(url, log, 20 * 9, () => keepingSession(first, appendOfEveryKind(log, known)));

  // The plans of this session are made now.
  await first.writer.append(work);
  const [session] = await appendingSessions(url);
  await check(first);
  await keepingSession(first, execute(url, 'ANALYZE'));
  await check(first);

  await keepingSession(first, fill(url));
  known.version = 10;
  await check(first);
  // A new session plans with statistics of almost empty tables, and one more with those of huge ones.
  await check(await openLog(url));
  await keepingSession(first, execute(url, 'ANALYZE'));
  await check(first);
  await check(await openLog(url));
  expect(await appendingSessions(url)).toContain(session);
});
