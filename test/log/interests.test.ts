import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import { type EventFilter, filterOf, prepare } from '../../src/log/filter.ts';
import { createInterests, type Waiter } from '../../src/log/interests.ts';
import { cause } from '../support/log.ts';

const names = {
  streamIds: ['counter-a', 'counter-b', 'meter-a', 'meter-b-c'],
  actors: ['ada', 'bob'],
  types: ['CounterMoved', 'CounterNamed'],
  categories: ['counter', 'meter'],
};

const eventAt = (position: bigint, streamId: string, type: string, actor: string | null): RecordedEvent => ({
  ...{ id: `${position}`, position, streamId, version: 1, type, data: {}, recordedAt: '2026-01-01T00:00:00.000000Z' },
  metadata: { ...cause, commandId: `${position}`, actor, schemaVersion: 1 },
});

const arbitraryEvents = fc
  .array(
    fc.tuple(
      fc.constantFrom(...names.streamIds),
      fc.constantFrom(...names.types),
      fc.option(fc.constantFrom(...names.actors)),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.map((each, index) => eventAt(BigInt(index + 1), ...each)));
const list = (all: readonly string[]) =>
  fc.option(fc.array(fc.constantFrom(...all, 'none'), { maxLength: 3 }), { nil: undefined });
const arbitraryFilter: fc.Arbitrary<EventFilter> = fc.record({
  streamIds: list(names.streamIds),
  actors: list(names.actors),
  types: list(names.types),
  categories: list(names.categories),
});

/** A waiter that notes how it was woken. */
function waiter(after: bigint): Waiter & { woken: bigint[] } {
  const woken: bigint[] = [];
  return { after, woken, wake: (clear) => void woken.push(clear) };
}

describe('the interests of those who wait', () => {
  it('wake exactly those whose filter lets one of the events through, once', () => {
    fc.assert(
      fc.property(fc.array(arbitraryFilter, { maxLength: 30 }), arbitraryEvents, (filters, events) => {
        const interests = createInterests();
        const waiting = filters.map((filter) => ({ filter, waiter: waiter(0n) }));
        for (const { filter, waiter } of waiting) interests.join(prepare(filter), waiter);
        interests.wake(events, 0n);
        interests.wake(events, 0n);
        for (const { filter, waiter } of waiting) {
          expect(waiter.woken).toEqual(events.some(filterOf(filter)) ? [0n] : []);
        }
      }),
    );
  });

  it('let the others be told of the head, and forget who has left', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(arbitraryFilter, fc.boolean())), arbitraryEvents, (given, events) => {
        const interests = createInterests();
        const waiting = given.map(([filter, leaves]) => ({ filter: prepare(filter), leaves, waiter: waiter(0n) }));
        for (const { filter, waiter } of waiting) interests.join(filter, waiter);
        for (const { filter, waiter, leaves } of waiting) if (leaves) interests.leave(filter, waiter);
        interests.wake(events, 0n);
        interests.tell(BigInt(events.length));
        for (const { filter, waiter, leaves } of waiting) {
          const clear = events.some(filter.matches) ? 0n : BigInt(events.length);
          expect(waiter.woken).toEqual(leaves ? [] : [clear]);
        }
      }),
    );
  });

  it('leave alone whoever waits for what lies further on', () => {
    const interests = createInterests();
    const [near, far] = [waiter(0n), waiter(5n)];
    for (const each of [near, far]) interests.join(prepare(), each);
    interests.wake([eventAt(1n, 'counter-a', 'CounterMoved', null)], 0n);
    interests.tell(5n);
    expect([near.woken, far.woken]).toEqual([[0n], []]);
    interests.wake([eventAt(6n, 'counter-a', 'CounterMoved', null)], 4n);
    expect(far.woken).toEqual([5n]);
  });

  it('test an event by a few of ten thousand filters only', () => {
    const interests = createInterests();
    let tests = 0;
    const counted = (filter: EventFilter) => {
      const prepared = prepare(filter);
      return {
        ...prepared,
        matches(event: RecordedEvent) {
          tests++;
          return prepared.matches(event);
        },
      };
    };
    const own = waiter(0n);
    interests.join(counted({ streamIds: ['counter-a'], types: ['CounterMoved'] }), own);
    for (let n = 0; n < 10_000; n++) {
      interests.join(counted({ streamIds: [`counter-${n}`], types: ['CounterMoved'] }), waiter(0n));
    }
    const others = Array.from({ length: 1_000 }, () => waiter(0n));
    for (const other of others) interests.join(counted({ types: ['CounterMoved'] }), other);
    interests.wake([eventAt(1n, 'counter-a', 'CounterMoved', null)], 0n);
    expect(own.woken).toEqual([0n]);
    expect(others.every(({ woken }) => woken.length === 1)).toBe(true);
    expect(tests).toBe(2);
  });
});
