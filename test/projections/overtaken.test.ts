import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { LogReader } from '../../src/log/reader.ts';
import { readCheckpoint } from '../../src/projections/checkpoints.ts';
import { createOperator } from '../../src/projections/operator.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { requestRebuild } from '../../src/projections/request.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { moved, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { counters, createCountersTable, openProjections } from '../support/projections.ts';

/** A log of a hundred events, a live table at its head, and nobody who works on rebuilds by himself. */
async function withCounters() {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  await execute(url, 'ALTER TABLE counters ADD UNIQUE (name)');
  const log = await openLog(url);
  const { database, reader } = log;
  const projections = await openProjections(log, [counters], { pollMs: 3_600_000 });
  const model = projections.readModel(counters);
  for (let i = 0; i < 100; i++) await log.writer.append(unit(`counter-${i % 10}`, Math.floor(i / 10)));
  await model.reach(100n);

  const errors: unknown[] = [];
  /** Works on a rebuild as one process does, with what happens before each page of the log is read. */
  const work = (
    meanwhile: (after: bigint) => Promise<void> = async () => undefined,
    signal = new AbortController().signal,
  ) => {
    const page: LogReader['page'] = async (after, ...rest) => {
      const read = await reader.page(after, ...rest);
      await meanwhile(after);
      return read;
    };
    const onError = (error: unknown) => errors.push(error);
    return rebuild({ database, reader: { ...reader, page }, projection: counters, signal, onError });
  };
  const next = () => readCheckpoint(database, 'counters', 'next');
  const operator = createOperator({ ...{ database, reader, projections: [counters] }, onError: () => undefined });
  return { ...{ url, log, model, errors, work, next, operator }, request: () => requestRebuild(database, counters) };
}

/** Whether a session waits for another's lock. */
const somebodyWaits = async (url: string): Promise<boolean> => {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return (await execute(url, waiting)).rows.length > 0;
};

describe('of several at one rebuild', () => {
  it('those who are late leave quietly once the tables are exchanged', async () => {
    const { work, request, errors, url, next } = await withCounters();
    await request();
    let first = true;
    await work(async () => {
      if (first) {
        first = false;
        await work();
      }
    });
    expect(errors).toEqual([]);
    expect(await next()).toBeNull();
    const { rows } = await execute(url, `SELECT slot, failure FROM checkpoints ORDER BY slot`);
    expect(rows).toEqual([
      { slot: 'live', failure: null },
      { slot: 'previous', failure: null },
    ]);
  });

  it('nobody takes a table that is made after a rollback for the one that it gave up', async () => {
    const { work, request, next, operator } = await withCounters();
    await request();
    await work();
    await request();
    const before = await next();
    await operator.rollback('counters');
    expect(await next()).toBeNull();
    await request();
    expect((await next())?.generation).toBeGreaterThan(before?.generation ?? Number.POSITIVE_INFINITY);
  });

  it('a rollback that comes while the tables are exchanged puts back the one from before that', async () => {
    const { log, work, request, operator, url } = await withCounters();
    await request();
    await work();
    await request();
    let back: Promise<void> = Promise.resolve();
    await log.database.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT swap_in_next_table('counters')::text`;
      await transaction.$executeRaw`DELETE FROM checkpoints WHERE slot = 'previous'`;
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'previous' WHERE slot = 'live'`;
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'live' WHERE slot = 'next'`;
      back = operator.rollback('counters');
      await eventually(() => somebodyWaits(url));
    });
    await back;
    const { rows } = await execute(url, 'SELECT slot, generation FROM checkpoints ORDER BY slot');
    expect(rows).toEqual([
      { slot: 'live', generation: 2 },
      { slot: 'previous', generation: 3 },
    ]);
  });

  it('a request that comes while the tables are exchanged is for another rebuild', async () => {
    const { log, request, next, url } = await withCounters();
    await request();
    const before = await next();
    let requested: Promise<void> = Promise.resolve();
    await log.database.$transaction(async (transaction) => {
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'previous' WHERE slot = 'live'`;
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'live' WHERE slot = 'next'`;
      requested = request();
      await eventually(() => somebodyWaits(url));
    });
    await requested;
    expect((await next())?.generation).toBeGreaterThan(before?.generation ?? Number.POSITIVE_INFINITY);
  });

  it('and of several requests at once, the later ones find what the first has made', async () => {
    const { request, next } = await withCounters();
    await Promise.all([request(), request(), request()]);
    expect((await next())?.generation).toBe(2);
  });
});

it('exchanges tables also when the last events pass a unique name around', async () => {
  const { log, work, request, errors, model, url } = await withCounters();
  const name = (counter: number, version: number, to: string) =>
    log.writer.append(
      unit(`counter-${counter}`, version, {
        events: [{ ...moved(`counter-${counter}`, version + 1, { name: to }), type: 'CounterNamed' }],
      }),
    );
  await name(1, 10, 'a');
  await name(2, 10, 'b');
  await model.reach(102n);
  await request();
  let empty = 0;
  await work(async (after) => {
    // The second time it reads from the head, its index is made, and the exchange comes.
    if (after !== 102n || ++empty !== 2) return;
    await name(1, 11, 'x');
    await name(2, 11, 'a');
    await name(1, 12, 'b');
    await model.reach(105n);
  });
  expect(empty).toBeGreaterThanOrEqual(2);
  expect(errors).toEqual([]);
  const { rows } = await execute(url, 'SELECT id, name FROM counters WHERE name IS NOT NULL ORDER BY id');
  expect(rows).toEqual([
    { id: 'counter-1', name: 'b' },
    { id: 'counter-2', name: 'a' },
  ]);
});

it('holds readers up for a moment only when a process stops in the midst of an exchange', async () => {
  const { log, work, request, model } = await withCounters();
  await request();
  let [empty, stopped] = [0, false];
  const over = new AbortController();
  const working = work(async (after) => {
    if (after !== 100n) return;
    empty++;
    if (empty === 2) {
      // Now the exchange has something left to fold, for which it reads the log once more.
      await log.writer.append(unit('counter-1', 10));
      await model.reach(101n);
    }
    if (empty === 3) {
      stopped = true;
      await once(over.signal, 'abort');
    }
  }, over.signal);
  await eventually(() => stopped);
  expect(await model.row('counter-1')).toMatchObject({ value: 11 });
  over.abort();
  await working;
});
