import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Pending, takeBatch } from '../../src/log/batch.ts';
import { moved, unit } from '../support/log.ts';

const pending = (change: Parameters<typeof unit>[2], streamId = 'counter-1'): Pending => {
  const made = unit(streamId, 0, change);
  return { unit: made, bytes: bytesOf(made), deadline: 0, resolve: () => undefined, reject: () => undefined };
};

describe('a batch', () => {
  it('has at most so many units, and at most so many bytes unless one alone has more', () => {
    const queue = Array.from({ length: 10 }, (_, i) => pending({}, `counter-${i}`));
    expect(takeBatch(queue, 4, 1e9)).toEqual(queue.slice(0, 4));
    const [first] = queue as [Pending];
    expect(takeBatch(queue, 100, first.bytes * 2)).toHaveLength(2);
    expect(takeBatch(queue, 100, 1)).toHaveLength(1);
  });

  it('counts the bytes that are sent, not the characters', () => {
    const sized = (text: string) => bytesOf(unit('counter-1', 0, { events: [moved('counter-1', 1, { text })] }));
    expect(sized('ä'.repeat(1_000)) - sized('')).toBe(2_000);
  });

  it('never holds a unit that changes what another one in it touches, and keeps the order of what touches', () => {
    const streams = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.record({ writes: streams, reads: streams }), { maxLength: 30 }), (plans) => {
        const queue = plans.map(({ writes, reads }) =>
          pending({
            events: writes.map((n) => moved(`counter-${n}`, 1)),
            guards: [...new Set([...reads, ...writes])].map((n) => ({ streamId: `counter-${n}`, version: 0 })),
          }),
        );
        const meet = (a: Pending, b: Pending) => {
          const writes = (p: Pending) => p.unit.events.map((event) => event.streamId);
          const touches = (p: Pending) => p.unit.guards.map((guard) => guard.streamId);
          return writes(a).some((s) => touches(b).includes(s)) || writes(b).some((s) => touches(a).includes(s));
        };
        const order: Pending[] = [];
        for (const rest = new Set(queue); rest.size > 0; ) {
          const batch = takeBatch(rest, 7, 1e9);
          expect(batch.length).toBeGreaterThan(0);
          for (const a of batch) for (const b of batch) expect(a !== b && meet(a, b)).toBe(false);
          order.push(...batch);
          for (const taken of batch) rest.delete(taken);
        }
        expect(new Set(order)).toEqual(new Set(queue));
        queue.forEach((a, i) => {
          for (const b of queue.slice(i + 1)) if (meet(a, b)) expect(order.indexOf(a)).toBeLessThan(order.indexOf(b));
        });
      }),
    );
  });
});
