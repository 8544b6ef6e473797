import { expect, it } from 'vitest';
import type { EventFilter } from '../../../src/log/filter.ts';
import { createReader } from '../../../src/log/reader.ts';
import { CANDIDATES } from '../../../src/log/search.ts';
import { clientFor, freshDatabase } from '../../support/database.ts';
import { counterEvents } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { explaining, type Reading } from './support/plans.ts';

const MANY = 200_000;
const LIMIT = 100;

/**
 * Events from one position to another. Every tenth is of one long stream, the others of streams of nine. Hardly one is of
 * the type CounterNamed, by ada, or in the category `meter`; half are by the system, the others by nobody.
 */
const fill = (url: string, from: number, to: number) =>
  execute(
    url,
    `INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id, actor,
                         recorded_at)
     SELECT g, gen_random_uuid(),
       CASE WHEN g % 10 = 0 THEN 'counter-long' WHEN g > ${MANY - 10} THEN 'meter-' || g / 10 ELSE 'counter-m' || g / 10 END,
       CASE WHEN g % 10 = 0 THEN g / 10 ELSE g % 10 END,
       CASE WHEN g % 70000 = 0 THEN 'CounterNamed' ELSE 'CounterMoved' END, 1, '{"by": 1}', gen_random_uuid(),
       gen_random_uuid(), CASE WHEN g % 70001 = 0 THEN 'ada' WHEN g % 2 = 0 THEN 'system' END,
       timestamptz '2026-01-01Z' + g * interval '1 second'
     FROM generate_series(${from}, ${to}) g;
     UPDATE head SET position = ${to}, recorded_at = now()`,
  );

/** Filters, with the rows that one page may read: those that it looks at twice are counted twice. */
const filters: readonly [EventFilter, number][] = [
  [{}, LIMIT],
  [{ categories: ['counter'] }, CANDIDATES],
  [{ categories: ['meter'] }, CANDIDATES],
  [{ types: ['CounterMoved'] }, 2 * LIMIT],
  [{ types: ['CounterNamed'] }, 2 * LIMIT],
  [{ types: ['CounterMoved', 'CounterNamed', 'CounterPainted'] }, 4 * LIMIT],
  [{ types: ['CounterNamed'], categories: ['counter'] }, CANDIDATES],
  [{ types: ['CounterMoved'], categories: ['meter'] }, 2 * CANDIDATES],
  [{ actors: ['system'] }, 2 * LIMIT],
  [{ actors: ['ada', 'nobody'] }, 2 * LIMIT],
  [{ actors: ['system'], types: ['CounterNamed'] }, 2 * CANDIDATES],
  [{ actors: ['ada', 'system'], types: ['CounterMoved'], categories: ['counter'] }, 2 * CANDIDATES],
  [{ streamIds: ['counter-long'] }, 2 * LIMIT],
  [{ streamIds: ['counter-m7', 'counter-m19000', 'counter-none'] }, 2 * LIMIT],
  [{ streamIds: ['counter-long'], types: ['CounterNamed'] }, 2 * CANDIDATES],
  [{ streamIds: ['counter-long', 'counter-m8'], actors: ['ada'], categories: ['counter'] }, 2 * CANDIDATES],
  [{ types: [] }, 0],
];

type Reader = ReturnType<typeof createReader>;

async function expectSmallPages(reader: Reader, take: () => Reading): Promise<void> {
  for (const [filter, rows] of filters) {
    for (const after of [0n, BigInt(MANY / 2), BigInt(MANY - 5)]) {
      const page = await reader.page(after, LIMIT, filter);
      const read = take();
      const what = `${JSON.stringify(filter)} after ${after}`;
      expect(read.rows, `rows for ${what}`).toBeLessThanOrEqual(rows);
      // With what the functions read: a row is looked at twice at most, in its index and in the table, and streams are halved.
      expect(read.blocks, `blocks for ${what}`).toBeLessThan(5 * rows + 300);
      expect(page.cursor > after, what).toBe(true);
    }
  }
}

async function expectOnlyWanted(reader: Reader, take: () => Reading): Promise<void> {
  const half = MANY / 2 + 500;
  for (const [after, found] of [
    [0, LIMIT],
    [10_000, LIMIT],
    [19_990, 10],
  ] as const) {
    expect(await reader.stream('counter-long', after, LIMIT)).toHaveLength(found);
    const read = take();
    expect(read.rows).toBe(found);
    expect(read.blocks).toBeLessThan(LIMIT + 300);
  }
  const time = new Date(Date.UTC(2026, 0, 1) + half * 1000).toISOString();
  for (const point of [{ version: 10_050 }, { position: BigInt(half) }, { time }]) {
    expect(await reader.versionAt('counter-long', point)).toBe(10_050);
    expect(take().blocks).toBeLessThan(300);
  }
  expect((await reader.sinceSnapshot('counter-long', 'none', LIMIT)).events).toHaveLength(LIMIT);
  expect(take().rows).toBe(LIMIT);
  const [first] = await reader.upTo(BigInt(half), LIMIT);
  expect(take().rows).toBe(LIMIT);
  expect(await reader.raw(BigInt(half), LIMIT)).toHaveLength(LIMIT);
  expect(take().rows).toBe(LIMIT);
  expect(await reader.event(first?.id ?? '')).toEqual(first);
  expect(take().rows).toBe(1);
}

it('reading takes few rows by index, whatever is asked for, from anywhere, with statistics old, missing and new', async () => {
  const { url } = await freshDatabase();
  await execute(url, 'ALTER TABLE events SET (autovacuum_enabled = off)');
  await fill(url, 1, 1_000);
  await execute(url, 'ANALYZE');
  await fill(url, 1_001, MANY);
  const { database, take } = explaining(clientFor(url));
  const reader = createReader(database, counterEvents);
  const forget = `DELETE FROM pg_statistic WHERE starelid = 'events'::regclass;
    UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid = 'events'::regclass`;
  for (const change of ['SELECT 1', forget, 'VACUUM ANALYZE events']) {
    await execute(url, change);
    await expectSmallPages(reader, take);
    await expectOnlyWanted(reader, take);
  }
});
