import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit } from '../support/log.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

/** Appends an event of each payload to a stream. */
const append = ({ writer }: Log, payloads: readonly unknown[]) =>
  writer.append(unit('counter-a', 0, { events: payloads.map((data, index) => moved('counter-a', index + 1, data)) }));

describe('an event', () => {
  it('is read exactly as it was committed', async () => {
    const log = await openLog((await freshDatabase()).url);
    const payloads = [
      { text: '"quotes", \\ and \u0001 \u2028 \u{1F600} \t\n', '': [null, true, [[], {}]] },
      { large: 2 ** 53 - 1, larger: 1.7976931348623157e308, least: 5e-324, ratio: 0.1, negative: -1e21 },
      JSON.parse('{"__proto__": {"by": 1}, "constructor": 1}'),
      null,
      'text',
      [],
    ];
    const verdict = await append(log, payloads);
    if (verdict.outcome !== 'accepted') throw new Error(verdict.outcome);
    const { events } = await log.reader.page(0n, 10);
    expect(events).toEqual(verdict.events);
    expect(events.map((event) => event.data)).toEqual(payloads);
    expect(Object.keys(events[2]?.data as object)).toEqual(['__proto__', 'constructor']);
    expect(await log.reader.raw(0n, 10)).toEqual(events.map(({ metadata, ...event }) => ({ ...event, ...metadata })));
  });
});

describe('a page', () => {
  const huge = (kilobytes: number) => {
    // Random, so that it cannot be compressed.
    const bytes = crypto.getRandomValues(new Uint8Array(16_384));
    const text = Buffer.from(bytes).toString('base64');
    return { text: Array.from({ length: kilobytes / 16 }, (_, index) => `${index}${text.slice(index)}`).join('') };
  };

  it('holds a few megabytes at most, and always one event', async () => {
    const log = await openLog((await freshDatabase()).url);
    await append(log, [huge(16), ...Array.from({ length: 30 }, () => huge(512)), huge(8_192), huge(16)]);
    const sizes: number[] = [];
    for (const filter of [{}, { types: ['CounterMoved'] }, { streamIds: ['counter-a'], types: ['CounterMoved'] }]) {
      let cursor = 0n;
      const positions: bigint[] = [];
      for (let head = 1n; cursor < head; ) {
        const page = await log.reader.page(cursor, 100, filter);
        expect(page.events.length).toBeGreaterThan(0);
        expect(page.cursor).toBe(page.events.at(-1)?.position);
        sizes.push(JSON.stringify(page.events.slice(0, -1).map((event) => event.data)).length);
        positions.push(...page.events.map((event) => event.position));
        ({ cursor, head } = page);
      }
      expect(positions).toEqual(Array.from({ length: 33 }, (_, index) => BigInt(index + 1)));
    }
    // Without the last of each, which may have gone beyond.
    expect(Math.max(...sizes)).toBeLessThan(7 * 2 ** 20);
    expect(sizes.length).toBeGreaterThan(6);
  });
});
