import { describe, expect, it, onTestFinished } from 'vitest';
import { createFeeds } from '../../src/graphql/feeds.ts';
import type { PlacedRow } from '../../src/projections/read-model.ts';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit } from '../support/log.ts';
import { type CounterRow, createCountersTable, openCounters } from '../support/projections.ts';

const streamId = 'counter-a';

async function open() {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  const log = await openLog(url);
  const { model } = await openCounters(log);
  const feeds = createFeeds({ tail: log.tail, heartbeatMs: 60_000 });
  onTestFinished(() => feeds.close());
  let reads = 0;
  const counting: typeof model = Object.assign(Object.create(model), {
    placedRow(key: string) {
      reads++;
      return model.placedRow(key);
    },
  });
  const watch = () => {
    const feed = feeds.row(counting, { key: streamId, streamId });
    onTestFinished(() => feed.return().then(() => undefined));
    return feed;
  };
  const move = (version: number, by = 1) =>
    log.writer.append(unit(streamId, version, { events: [moved(streamId, version + 1, { by })] }));
  return { ...log, feeds, model, watch, move, reads: () => reads };
}

const next = async (feed: ReturnType<Awaited<ReturnType<typeof open>>['watch']>) =>
  (await feed.next()).value as PlacedRow<CounterRow>;

describe('a feed of a row', () => {
  it('gives the row now, then again when it has changed, and null when it is gone', async () => {
    const { watch, move } = await open();
    await move(0);
    const feed = watch();
    expect(await next(feed)).toMatchObject({ row: { value: 1, version: 1 }, position: 1n });
    await move(1, 4);
    expect(await next(feed)).toMatchObject({ row: { value: 5, version: 2 }, position: 2n });
    await move(2, -5);
    expect(await next(feed)).toEqual({ row: null, position: 3n });
    await move(3, 2);
    expect(await next(feed)).toMatchObject({ row: { value: 2, version: 4 } });
  });

  it('leaves out what has passed before it was taken, but never the last', async () => {
    const { watch, move } = await open();
    const feed = watch();
    expect((await next(feed)).row).toBeNull();
    for (let version = 0; version < 50; version++) await move(version);
    const seen: number[] = [];
    while (seen.at(-1) !== 50) seen.push((await next(feed)).row?.version ?? 0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.length).toBeLessThan(50);
  });

  it('waits for a table that was put back to an older one', async () => {
    const { feeds, model, move } = await open();
    for (let version = 0; version < 3; version++) await move(version);
    await model.reached(3n, new AbortController().signal);
    let older = 3;
    const putBack: typeof model = Object.assign(Object.create(model), {
      placedRow: (key: string) => (older-- > 0 ? { row: null, position: 1n } : model.placedRow(key)),
    });
    const feed = feeds.row(putBack, { key: streamId, streamId });
    expect(await next(feed)).toMatchObject({ row: { version: 3 }, position: 3n });
    await feed.return();
  });

  it('reads nothing while others change, and one object for all who watch', async () => {
    const { watch, move, writer, model, reads } = await open();
    await move(0);
    const feeds = Array.from({ length: 100 }, watch);
    await Promise.all(feeds.map(next));
    const before = reads();
    const waiting = feeds.map(next);
    for (let n = 0; n < 20; n++) await writer.append(unit(`counter-${n}`, 0));
    await model.reached(21n, new AbortController().signal);
    expect(reads()).toBe(before);
    await move(1);
    const updates = await Promise.all(waiting);
    expect(updates[0]?.row).toMatchObject({ version: 2 });
    expect(new Set(updates).size).toBe(1);
  });
});
