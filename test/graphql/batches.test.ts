import { describe, expect, it } from 'vitest';
import { createBatches } from '../../src/graphql/feeds/batches.ts';
import { prepare } from '../../src/log/filter.ts';
import type { Tail } from '../../src/log/tail.ts';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit } from '../support/log.ts';

const all = prepare();

async function open(options: { tailEvents?: number } = {}) {
  const log = await openLog((await freshDatabase()).url, options);
  const append = (count: number, data: unknown = { by: 1 }) =>
    Promise.all(
      Array.from({ length: count }, () => {
        const streamId = `counter-${Math.random()}`;
        return log.writer.append(unit(streamId, 0, { events: [moved(streamId, 1, data)] }));
      }),
    );
  const batches = createBatches(log.tail);
  const next = async (after: bigint, filter = all) => batches.known(after, filter) ?? batches.read(after, filter);
  return { ...log, append, next };
}

/** The batches from the start to the head. */
async function walk({ next }: Awaited<ReturnType<typeof open>>, filter = all) {
  const walked = [];
  for (let after = 0n; ; ) {
    const batch = await next(after, filter);
    walked.push(batch);
    if (batch.caughtUp) return walked;
    after = batch.cursor;
  }
}

describe('batches of the log', () => {
  it.each([10, 10_000])('hold everything once and in order, with %i events in memory', async (tailEvents) => {
    const log = await open({ tailEvents });
    await log.append(1_300);
    const batches = await walk(log);
    const positions = batches.flatMap(({ events }) => events.map(({ position }) => Number(position)));
    expect(positions).toEqual(Array.from({ length: 1_300 }, (_, index) => index + 1));
    expect(batches.at(-1)?.cursor).toBe(1_300n);
    expect(batches.every(({ events }) => events.length <= 500)).toBe(true);
  });

  it('have a bounded size, but one event always', async () => {
    const log = await open();
    await log.append(10, { text: 'x'.repeat(30_000) });
    await log.append(1, { text: 'x'.repeat(65_000) });
    const sizes = (await walk(log)).map(({ events }) => events.length);
    expect(sizes).toEqual([2, 2, 2, 2, 2, 1]);
  });

  it('are cut from no more than can be kept, however big the events in memory are', async () => {
    const log = await open();
    await log.append(100, { text: 'x'.repeat(65_000) });
    let pages = 0;
    const page: Tail['page'] = (...args) => {
      pages++;
      return log.tail.page(...args);
    };
    const batches = createBatches(Object.create(log.tail, { page: { value: page } }));
    let walked = 0;
    for (let after = 0n; after < 100n; walked++) {
      after = (batches.known(after, all) ?? (await batches.read(after, all))).cursor;
    }
    expect(walked).toBe(100);
    expect(pages).toBeLessThan(5);
  });

  it('are kept by what their filters take, too', async () => {
    const log = await open();
    await log.append(1);
    const wide = prepare({ streamIds: Array.from({ length: 100 }, (_, n) => `counter-${n}`.padEnd(2_000, 'x')) });
    const batches = createBatches(log.tail);
    await batches.read(0n, wide);
    expect(batches.known(0n, wide)).toBeDefined();
    // Each takes as much, and what is read is the same: nothing.
    for (let n = 0; n < 100; n++) await batches.read(0n, prepare({ ...wide.filter, actors: [`ada${n}`] }));
    expect(batches.known(0n, wide)).toBeUndefined();
  });

  it('go on from where another process was, though this one has not got there', async () => {
    const { url } = await freshDatabase();
    const [here, there] = [await openLog(url), await openLog(url)];
    for (let version = 0; version < 3; version++) await there.writer.append(unit('counter-1', version));
    expect(here.tail.head).toBe(0n);
    const batches = createBatches(here.tail);
    expect(await batches.read(1n, all)).toMatchObject({ events: [{ position: 2n }, { position: 3n }], cursor: 3n });
    expect(await batches.read(3n, all)).toEqual({ events: [], cursor: 3n, caughtUp: true });
  });

  it('are the same for all who ask for the same, also at the same time', async () => {
    const log = await open({ tailEvents: 10 });
    await log.append(700);
    const [one, other] = await Promise.all([log.next(0n), log.next(0n, prepare({}))]);
    expect(one).toBe(other);
    expect(await log.next(0n)).toBe(one);
    expect((await log.next(0n, prepare({ categories: ['counter'] }))).events).toEqual(one.events);
  });

  it('grow while nobody takes them', async () => {
    const log = await open();
    await log.append(1);
    expect((await log.next(0n)).events).toHaveLength(1);
    await log.append(9);
    const grown = await log.next(0n);
    expect(grown).toMatchObject({ cursor: 10n, caughtUp: true });
    expect(grown.events).toHaveLength(10);
  });

  it('move the cursor past what a filter leaves out', async () => {
    const log = await open();
    await log.append(3);
    const meters = prepare({ categories: ['meter'] });
    expect(await log.next(0n, meters)).toEqual({ events: [], cursor: 3n, caughtUp: true });
  });
});
