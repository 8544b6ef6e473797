import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import { type EventFilter, filterOf } from '../../src/log/filter.ts';
import { createReader, type LogReader } from '../../src/log/reader.ts';
import { freshDatabase } from '../support/database.ts';
import { counterEvents, moved, openLog, unit } from '../support/log.ts';

// Few names, so that lists meet; and one of each that the log never has.
const streams = ['counter-a', 'counter-b', 'counter-c', 'meter-a', 'meter-b-c'];
const types = Object.keys(counterEvents);
const actors = ['ada', 'bob', 'ADA'];

const arbitraryLog = (minLength = 0) =>
  fc.array(
    fc.record({
      streamId: fc.constantFrom(...streams),
      types: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }),
      actor: fc.option(fc.constantFrom(...actors)),
    }),
    { minLength, maxLength: 40, size: 'max' },
  );
const list = (names: readonly string[]) =>
  fc.option(fc.array(fc.constantFrom(...names, 'none'), { maxLength: 4 }), { nil: undefined });
const arbitraryFilter = fc.record({
  types: list(types),
  categories: list(['counter', 'meter']),
  streamIds: list(streams),
  actors: list(actors),
});
const arbitraryWalk = fc.record({
  filter: arbitraryFilter,
  after: fc.nat(130).map(BigInt),
  limit: fc.integer({ min: 1, max: 30 }),
  candidates: fc.integer({ min: 1, max: 30 }),
});

type Log = Awaited<ReturnType<typeof openLog>>;

/** A log that was written so, in as few batches as it takes, and its events. */
async function write(log: Log, works: readonly { streamId: string; types: string[]; actor: string | null }[]) {
  const versions = new Map<string, number>();
  const units = works.map(({ streamId, types, actor }) => {
    const version = versions.get(streamId) ?? 0;
    const events = types.map((type, index) => ({ ...moved(streamId, version + index + 1), type }));
    versions.set(streamId, version + events.length);
    return unit(streamId, version, { actor, events, version: version + events.length });
  });
  await Promise.all(units.map((each) => log.writer.append(each)));
  return (await log.reader.page(0n, 1_000)).events;
}

/** Everything after a position by the cursors that it is given; each page is looked at. */
async function walk(page: LogReader['page'], after: bigint, limit: number, filter: EventFilter) {
  const seen: RecordedEvent[] = [];
  for (let cursor = after; ; ) {
    const found = await page(cursor, limit, filter);
    expect(found.events.length).toBeLessThanOrEqual(limit);
    for (const { position } of found.events) expect(position > cursor && position <= found.cursor).toBe(true);
    seen.push(...found.events);
    if (found.cursor >= found.head) return { seen, cursor: found.cursor };
    expect(found.cursor > cursor, 'the cursor moves').toBe(true);
    cursor = found.cursor;
  }
}

describe('a filter', () => {
  it('gives, page by page, exactly the events that it lets through, whatever is searched at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryLog(),
        fc.array(arbitraryWalk, { minLength: 30, maxLength: 30 }),
        async (works, walks) => {
          const log = await openLog((await freshDatabase()).url);
          const all = await write(log, works);
          const head = BigInt(all.length);
          for (const { filter, after, limit, candidates } of walks) {
            const { page } = createReader(log.database, counterEvents, candidates);
            const { seen, cursor } = await walk(page, after, limit, filter);
            expect(seen).toEqual(all.filter((event) => event.position > after && filterOf(filter)(event)));
            expect(cursor).toBe(after > head ? after : head);
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it('moves the cursor over a stretch in which it finds nothing', async () => {
    const log = await openLog((await freshDatabase()).url);
    const work = { streamId: 'counter-a', types: ['CounterMoved'], actor: 'ada' };
    await write(
      log,
      Array.from({ length: 30 }, () => work),
    );
    await log.writer.append(unit('counter-b', 0, { actor: 'bob' }));
    const { page } = createReader(log.database, counterEvents, 10);
    for (const filter of [
      { types: ['CounterMoved'], categories: ['none'] },
      { actors: ['ada'], types: ['CounterNamed'] },
      { streamIds: ['counter-a'], actors: ['bob'] },
      { categories: ['none'] },
    ]) {
      expect(await page(0n, 5, filter)).toEqual({ events: [], cursor: 10n, head: 31n });
    }
    // Nothing of a value, or of no value at all, is known at once to the end.
    expect(await page(0n, 5, { actors: ['nobody'], types: ['CounterMoved'] })).toMatchObject({ cursor: 31n });
    expect(await page(0n, 5, { types: [] })).toEqual({ events: [], cursor: 31n, head: 31n });
  });
});

describe('a stream up to a point in its life', () => {
  it('has exactly what had happened by then', async () => {
    const log = await openLog((await freshDatabase()).url);
    const [works] = fc.sample(arbitraryLog(30), { numRuns: 1, seed: 4 });
    const all = await write(log, works ?? []);
    const positions = fc.integer({ min: -1, max: all.length + 2 });
    const until = fc.oneof(
      positions.map((position) => ({ position: BigInt(position) })),
      fc.integer({ min: -1, max: 50 }).map((version) => ({ version })),
      fc
        .constantFrom(...all.map(({ recordedAt }) => recordedAt), '1999-12-31T23:59:59Z', '2999-01-01T00:00:00Z')
        .map((time) => ({ time })),
    );
    const by = (event: RecordedEvent, point: { position?: bigint; version?: number; time?: string }) =>
      point.position !== undefined
        ? event.position <= point.position
        : point.version !== undefined
          ? event.version <= point.version
          : event.recordedAt <= String(point.time);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...streams, 'counter-none'),
        fc.nat(10),
        fc.integer({ min: 1, max: 50 }),
        until,
        async (streamId, after, limit, point) => {
          const own = all.filter((each) => each.streamId === streamId);
          expect(await log.reader.versionAt(streamId, point)).toBe(own.filter((each) => by(each, point)).length);
          const expected = own.filter((each) => each.version > after).slice(0, limit);
          expect(await log.reader.stream(streamId, after, limit)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});
