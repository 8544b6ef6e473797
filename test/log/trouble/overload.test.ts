import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { headOf, strangerHolding, theHead, waiting } from './support/strangers.ts';
import { expectNothingAstray } from './support/whole.ts';

const LIMIT = 10;

describe('a writer whose queue is full', () => {
  it('says UNAVAILABLE at once, counts units whatever they hold, and writes only what it took', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url, { queueUnits: LIMIT });
    const head = await strangerHolding(url, theHead);
    const first = writer.append(unit('counter-first', 0));
    await eventually(async () => (await waiting(url)) === 1);

    const settled = new Map<number, PromiseSettledResult<unknown>>();
    const units = Array.from({ length: 3 * LIMIT }, (_, i) => unit(`counter-${i}`, 0));
    const all = units.map((work, i) =>
      Promise.allSettled([writer.append(work)]).then(([result]) => settled.set(i, result)),
    );
    // One turn of the event loop, while nothing can have been written.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await headOf(url)).toBe(0n);
    // Whether the unit in flight takes a place in the queue is the writer's affair.
    expect(2 * LIMIT <= settled.size && settled.size <= 2 * LIMIT + 1, `${settled.size} refused`).toBe(true);
    const refused = [...settled.keys()];
    expect(refused).toEqual(Array.from({ length: refused.length }, (_, i) => 3 * LIMIT - refused.length + i));
    for (const result of settled.values()) expect(result).toMatchObject({ reason: { code: 'UNAVAILABLE' } });

    await head.release();
    await Promise.all([first, ...all]);
    const taken = units.slice(0, -refused.length);
    expect((await reader.page(0n, 100)).events.map((event) => event.streamId)).toEqual([
      'counter-first',
      ...taken.map((work) => work.streamId),
    ]);
    // There is room again, also for those that were refused.
    expect(await writer.append(units.at(-1) as never)).toMatchObject({ outcome: 'accepted' });
  });

  it('never sends those whose time is up before their turn, and tells them so: nothing was written', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const head = await strangerHolding(url, theHead);
    const first = writer.append(unit('counter-first', 0));
    await eventually(async () => (await waiting(url)) === 1);
    const answer = await writer.append(unit('counter-late', 0), Date.now() + 50).catch((error: unknown) => error);
    await head.release();
    await first;
    // Another one is behind it in the queue: once that is written, the late one was passed over.
    await writer.append(unit('counter-last', 0));
    const { events } = await reader.page(0n, 10);
    expect(events.map((event) => event.streamId)).toEqual(['counter-first', 'counter-last']);
    expect(answer).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('Nothing was written') });
  });
});
