import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prisma } from '../../src/database/client.ts';
import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import { freshDatabase } from '../support/database.ts';
import { type CounterEvent, moved, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { type CounterRow, counters, createCountersTable, openCounters } from '../support/projections.ts';
import { rowAfter } from '../support/scenario.ts';

async function freshCounters(options?: Parameters<typeof openLog>[1]) {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  return { url, log: await openLog(url, options) };
}

/** What the read table must hold: the plain fold of every stream. */
function folded(events: readonly RecordedEvent[]): CounterRow[] {
  const streams = [...new Set(events.map((event) => event.streamId))].sort();
  return streams.flatMap((id) => rowAfter(counters, id, events as RecordedEvent<CounterEvent>[]) ?? []);
}

const inTable = (model: Awaited<ReturnType<typeof openCounters>>['model']) =>
  model.rows(Prisma.sql`true`, Prisma.sql`t.id COLLATE "C"`, 10_000);

describe('a projection', () => {
  it('holds the fold of every stream, for any history and any size of batches', async () => {
    const step = fc.record({
      stream: fc.integer({ min: 0, max: 5 }),
      by: fc.integer({ min: -2, max: 2 }),
      name: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (steps, batch) => {
        const { log } = await freshCounters();
        const { model } = await openCounters(log, batch);
        const versions = new Map<number, number>();
        for (const { stream, by, name } of steps) {
          const version = versions.get(stream) ?? 0;
          versions.set(stream, version + 1);
          const streamId = `counter-${stream}`;
          const change =
            name === undefined
              ? { type: 'CounterMoved', data: { by } }
              : { type: 'CounterNamed', data: { name: name.replaceAll('\0', '') } };
          await log.writer.append(
            unit(streamId, version, {
              events: [{ ...moved(streamId, version + 1, change.data), type: change.type }],
            }),
          );
        }
        await model.reach(log.tail.head);
        expect(await inTable(model)).toEqual(folded((await log.reader.page(0n, 1_000)).events));
      }),
      { numRuns: 15 },
    );
  });

  it('goes on where it was after a restart, and folds nothing twice', async () => {
    const { url, log } = await freshCounters();
    const first = await openCounters(log, 3);
    for (let i = 0; i < 10; i++) await log.writer.append(unit('counter-1', i));
    await first.model.reach(10n);
    await first.projections.close();
    for (let i = 10; i < 20; i++) await log.writer.append(unit('counter-1', i));
    const second = await openCounters(await openLog(url), 3);
    await second.model.reach(20n);
    expect(await second.model.row('counter-1')).toMatchObject({ value: 20, version: 20 });
  });

  it('is folded by one process at a time, whoever that is, and every process knows how far it has got', async () => {
    const { url, log } = await freshCounters({ pollMs: 20 });
    const others = await Promise.all([openLog(url, { listen: true }), openLog(url, { pollMs: 20 })]);
    const all = await Promise.all([log, ...others].map((each) => openCounters(each, 5)));
    await Promise.all(
      [log, ...others].map(async ({ writer }, stream) => {
        for (let i = 0; i < 30; i++) await writer.append(unit(`counter-${stream}`, i));
      }),
    );
    for (const [i, { tail }] of [log, ...others].entries()) {
      await tail.past(89n, new AbortController().signal);
      await all[i]?.model.reach(90n);
    }
    for (const { model, errors } of all) {
      expect(await inTable(model)).toEqual(folded((await log.reader.page(0n, 1_000)).events));
      expect(errors).toEqual([]);
    }
  });

  it('goes on by itself when its connections are cut again and again', async () => {
    const { url, log } = await freshCounters();
    const { model } = await openCounters(log, 2);
    let done = false;
    const cutting = (async () => {
      while (!done) {
        await execute(
          url,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidemark'",
        );
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    for (let i = 0; i < 40; i++) await log.writer.append(unit(`counter-${i % 4}`, Math.floor(i / 4)));
    done = true;
    await cutting;
    await model.reach(40n);
    expect(await inTable(model)).toEqual(folded((await log.reader.page(0n, 1_000)).events));
  });

  it('writes all rows of a batch and the checkpoint in one transaction', async () => {
    const { url, log } = await freshCounters();
    await Promise.all(Array.from({ length: 400 }, (_, i) => log.writer.append(unit(`counter-${i}`, 0))));
    const { model } = await openCounters(log, 400);
    await model.reach(400n);
    const { rows } = await execute(
      url,
      'SELECT DISTINCT xmin::text FROM (SELECT xmin FROM counters UNION SELECT xmin FROM checkpoints) t',
    );
    expect(rows).toHaveLength(1);
  });
});

describe('a read model', () => {
  it('waits for a position, and says PROJECTION_STALE with the position reached when that takes too long', async () => {
    const { url, log } = await freshCounters();
    const { model } = await openCounters(log, 100, 200);
    await log.writer.append(unit('counter-1', 0));
    await model.reach(1n);
    await execute(url, 'ALTER TABLE counters RENAME TO hidden');
    await log.writer.append(unit('counter-1', 1));
    await expect(model.reach(2n)).rejects.toMatchObject({ code: 'PROJECTION_STALE', details: { position: '1' } });
    await execute(url, 'ALTER TABLE hidden RENAME TO counters');
    expect(await model.reached(2n, AbortSignal.timeout(60_000))).toBe(true);
    expect(await model.row('counter-1')).toMatchObject({ value: 2 });
  });

  it('refuses to wait for a position beyond the log', async () => {
    const { log } = await freshCounters();
    const { model } = await openCounters(log);
    await expect(model.reach(1n)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('gives the row as of any version, wherever the table is, from any events in hand', async () => {
    const { log } = await freshCounters();
    for (let i = 0; i < 12; i++) await log.writer.append(unit('counter-1', i));
    const { model, projections } = await openCounters(log, 5);
    const { events } = await log.reader.page(0n, 100);
    const check = async () => {
      for (let version = 1; version <= 12; version++) {
        for (const inHand of [0, 1, 3]) {
          const hand = events.slice(Math.max(0, version - inHand), version);
          const row = await model.rowAt('counter-1', { streamId: 'counter-1', version, events: hand });
          expect(row).toEqual(
            rowAfter(counters, 'counter-1', events.slice(0, version) as RecordedEvent<CounterEvent>[]),
          );
        }
      }
    };
    await check();
    await model.reach(12n);
    await check();
    await projections.close();
  });

  it('gives the row of one stream, also when the command has written to others or changed nothing in this one', async () => {
    const { log } = await freshCounters();
    for (let i = 0; i < 3; i++) await log.writer.append(unit('counter-1', i));
    const { model } = await openCounters(log, 5);
    for (const version of [0, 4]) {
      const streamId = `counter-${version + 2}`;
      await log.writer.append(unit(streamId, 0));
      const [event] = (await log.reader.stream(streamId, 0, 1)) as RecordedEvent[];
      // As the answer of a command on counter-1 that left it at 3 and moved another counter.
      const events = event ? [{ ...event, version: version + 1 }] : [];
      expect(await model.rowAt('counter-1', { streamId: 'counter-1', version: 3, events })).toMatchObject({ value: 3 });
    }
  });
});
