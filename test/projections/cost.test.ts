import { describe, expect, it } from 'vitest';
import { createReader } from '../../src/log/reader.ts';
import { firstCheckpoint, readCheckpoint } from '../../src/projections/checkpoints.ts';
import { createPast } from '../../src/projections/past.ts';
import { step } from '../../src/projections/step.ts';
import { describeTable } from '../../src/projections/table.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { counterEvents, moved, openLog, unit } from '../support/log.ts';
import {
  allEvents,
  type CounterRow,
  counters,
  createCountersTable,
  createTalliesTable,
  openProjections,
  tallies,
} from '../support/projections.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

/** The same database, and every statement that is sent to it. */
function counting(database: Log['database']) {
  const statements: string[] = [];
  const counted = database.$extends({
    query: {
      $queryRaw: ({ args, query }) => {
        statements.push(String((args as { sql?: string }).sql));
        return query(args);
      },
      $executeRaw: ({ args, query }) => {
        statements.push(String((args as { sql?: string }).sql));
        return query(args);
      },
    },
  });
  return { database: counted as unknown as Log['database'], statements };
}

async function open(events: number) {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  await createTalliesTable(url);
  const log = await openLog(url);
  for (let round = 0; round < events / 100; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.writer.append(unit(`counter-${i}`, round))));
  }
  return log;
}

describe('a step', () => {
  it.each([counters, tallies])(
    'takes two statements, however many events and rows it has: $name',
    async (projection) => {
      const log = await open(1_000);
      const events = await allEvents(log);
      await firstCheckpoint(log.database, projection);
      const table = await describeTable(log.database, projection);
      const { database, statements } = counting(log.database);
      for (const size of [1, 3, 96, 900]) {
        const place = await readCheckpoint(log.database, projection.name, 'live');
        if (!place) throw new Error('no checkpoint');
        const next = events.filter(({ position }) => position > place.position).slice(0, size);
        statements.length = 0;
        expect(await step({ database, projection, table, slot: 'live' }, place, next)).toMatchObject({
          position: place.position + BigInt(size),
        });
        expect(statements.length).toBeLessThanOrEqual(2);
        // Rows of streams that begin need not be read.
        if (projection === counters && size <= 96) expect(statements).toHaveLength(1);
      }
    },
  );
});

describe('the past of a long stream', () => {
  it('takes few statements, also for its newest pages, once they have been folded', async () => {
    const log = await open(0);
    for (let round = 0; round < 100; round++) {
      const version = 100 * round;
      const events = Array.from({ length: 100 }, (_, i) => moved('counter-1', version + i + 1));
      await log.writer.append(unit('counter-1', version, { version: version + 100, events }));
    }
    const { database, statements } = counting(log.database);
    const reader = createReader(database, counterEvents);
    const past = createPast<CounterRow>({ reader, projection: counters, leaveOut: () => new Set() });
    const cost = async (work: () => Promise<unknown>) => {
      statements.length = 0;
      await work();
      return statements.length;
    };
    const newest = () => past.changes('counter-1', 9_980, 10_000);
    expect((await newest()).map(({ after }) => after?.value)).toEqual(Array.from({ length: 20 }, (_, i) => 9_981 + i));
    // What has been folded once is not folded again.
    expect(await cost(newest)).toBeLessThanOrEqual(3);
    expect(await cost(() => past.version('counter-1', { position: 5_000n }))).toBe(1);
    expect(await cost(() => past.row('counter-1', 5_001))).toBe(1);
    expect(await past.row('counter-1', 5_001)).toMatchObject({ value: 5_001 });
  });
});

describe('projections with nothing to do', () => {
  it('send one statement per poll, whatever their number', async () => {
    const log = await open(100);
    const { database, statements } = counting(log.database);
    const projections = await openProjections({ ...log, database }, [counters, tallies], { pollMs: 50 });
    await projections.readModel(counters).reach(100n);
    await projections.readModel(tallies).reach(100n);
    statements.length = 0;
    const since = performance.now();
    await eventually(() => statements.length >= 6);
    // Five waits lie between them at least, and what this looks at a moment later.
    expect((performance.now() - since) / statements.length).toBeGreaterThan(40);
    expect(new Set(statements).size).toBe(1);
    expect(statements[0]).toMatch(/FROM checkpoints/);
    await projections.readModel(counters).reach(100n);
    expect(new Set(statements).size).toBe(1);
  });
});
