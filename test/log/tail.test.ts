import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import type { Tail } from '../../src/log/tail.ts';
import { freshDatabase } from '../support/database.ts';
import { openLog, unit } from '../support/log.ts';

/** Reads on from a position until it has seen `count` events. */
async function collect(tail: Tail, after: bigint, count: number, limit = 7): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for (let cursor = after; seen.length < count; ) {
    await tail.past(cursor, new AbortController().signal);
    const page = await tail.page(cursor, limit);
    seen.push(...page.events);
    cursor = page.cursor;
  }
  return seen;
}

const positions = (events: readonly RecordedEvent[]) => events.map((event) => Number(event.position));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('the tail', () => {
  it('gives every event once where the log and the memory meet', async () => {
    const { url } = await freshDatabase();
    const before = await openLog(url);
    for (let i = 0; i < 20; i++) await before.writer.append(unit('counter-1', i));
    // This one starts at 20 and keeps 10 to 20 events: older ones are in the log alone.
    const { tail, writer } = await openLog(url, { tailEvents: 10 });
    const reading = [collect(tail, 0n, 70), collect(tail, 15n, 55), collect(tail, 20n, 50, 3)];
    for (let i = 20; i < 70; i++) await writer.append(unit('counter-1', i));
    const [all, late, live] = await Promise.all(reading);
    expect(positions(all ?? [])).toEqual(upTo(70));
    expect(positions(late ?? [])).toEqual(upTo(70, 16));
    expect(positions(live ?? [])).toEqual(upTo(70, 21));
  });

  it.each([
    ['notification', { listen: true }],
    ['polling alone', { pollMs: 20 }],
  ])('follows other processes by %s, in order, between its own events', async (_, options) => {
    const { url } = await freshDatabase();
    const [mine, other] = [await openLog(url, options), await openLog(url)];
    const reading = collect(mine.tail, 0n, 60);
    await Promise.all(
      [mine, other, other].map(async ({ writer }, stream) => {
        for (let i = 0; i < 20; i++) await writer.append(unit(`counter-${stream}`, i));
      }),
    );
    const seen = await reading;
    expect(positions(seen)).toEqual(upTo(60));
    expect(seen).toEqual((await other.reader.page(0n, 100)).events);
  });

  it('tells its listeners of every event once, in order', async () => {
    const { url } = await freshDatabase();
    const [mine, other] = [await openLog(url, { listen: true }), await openLog(url)];
    const heard: RecordedEvent[] = [];
    mine.tail.onEvents((events) => heard.push(...events));
    await Promise.all(
      [mine, other].map(async ({ writer }, stream) => {
        for (let i = 0; i < 20; i++) await writer.append(unit(`counter-${stream}`, i));
      }),
    );
    await mine.tail.past(39n, new AbortController().signal);
    expect(positions(heard)).toEqual(upTo(40));
  });

  it('wakes who waits when the signal fires', async () => {
    const { tail } = await openLog((await freshDatabase()).url);
    const stop = new AbortController();
    const waiting = tail.past(0n, stop.signal);
    stop.abort();
    await waiting;
    expect(tail.head).toBe(0n);
  });
});

describe('a filtered page', () => {
  it('says the same from memory and from the log, for any filter, place and size', async () => {
    const { url } = await freshDatabase();
    const { writer, tail, reader } = await openLog(url);
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        writer.append(unit(`${i % 3 ? 'counter' : 'clock'}-${i}`, 0, { actor: i % 4 ? 'ada' : null })),
      ),
    );
    const list = (...values: string[]) => fc.option(fc.subarray(values), { nil: undefined });
    const filters = fc.record({
      types: list('CounterMoved', 'CounterNamed'),
      categories: list('counter', 'clock'),
      streamIds: list('counter-1', 'counter-2', 'clock-3', 'clock-9', 'counter-50'),
      actors: list('ada', 'bob'),
    });
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        async (filter, after, limit) => {
          const fromMemory = await tail.page(BigInt(after), limit, filter);
          expect(fromMemory).toEqual(await reader.page(BigInt(after), limit, filter));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('moves its cursor by a bounded stretch of the log, however little it finds', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    for (let i = 0; i < 21; i++) {
      await Promise.all(Array.from({ length: 500 }, (_, j) => writer.append(unit(`counter-${i}.${j}`, 0))));
    }
    await writer.append(unit('meter-a', 0));
    const filter = { categories: ['meter'] };
    const first = await reader.page(0n, 10, filter);
    expect(first).toMatchObject({ events: [], cursor: 10_000n, head: 10_501n });
    const second = await reader.page(first.cursor, 10, filter);
    expect(second).toMatchObject({ events: [{ streamId: 'meter-a' }], cursor: 10_501n });
    // By an index, nothing has to be searched.
    expect(await reader.page(0n, 10, { streamIds: ['counter-20.499'] })).toMatchObject({
      events: [{ streamId: 'counter-20.499' }],
      cursor: 10_501n,
    });
  });
});
