import { describe, expect, it } from 'vitest';
import type { Rule } from './support/link.ts';
import { startLoad } from './support/load.ts';
import type { Message } from './support/messages.ts';
import { openMover } from './support/mover.ts';
import { expectWhole } from './support/whole.ts';

/** Breaks a connection once, at the byte with this number from one side, counted from now on. */
function cutAtByte(from: Message['from'], place: number): Rule & { done(): boolean } {
  let passed = 0;
  let cut = false;
  const rule: Rule = ({ from: side, bytes }) => {
    if (side !== from || cut) return 'pass';
    passed += bytes.length;
    if (passed < place) return 'pass';
    cut = true;
    return place - (passed - bytes.length);
  };
  return Object.assign(rule, { done: () => cut });
}

/** Where the messages of one append end, in bytes, on a connection that stands. */
async function endsOfMessages({ link, append }: Awaited<ReturnType<typeof openMover>>, from: Message['from']) {
  const ends: number[] = [];
  link.obey((message) => {
    if (message.from === from) ends.push((ends.at(-1) ?? 0) + message.bytes.length);
    return 'pass';
  });
  await append('a');
  link.obeyNothing();
  return ends;
}

describe('a connection that breaks', () => {
  it.each([
    ['on the way to the server', 'client'],
    ['on the way back', 'server'],
  ] as const)(
    '%s, at, before or in the middle of the end of any message of an append, costs nothing',
    async (_, from) => {
      const mover = await openMover();
      await mover.append('a');
      const ends = await endsOfMessages(mover, from);
      expect(ends.length).toBeGreaterThan(3);
      const places = ends.flatMap((end, index) => [end, end - 1, (end + (ends[index - 1] ?? 0)) >> 1]);
      for (const place of [0, ...places]) {
        const rule = cutAtByte(from, place);
        mover.link.obey(rule);
        await mover.append('a');
        // Numbers grow, so an append may have a byte more than the one that was measured, but no byte less.
        expect(rule.done(), `cut at byte ${place} of ${ends.at(-1)}`).toBe(true);
        mover.link.obeyNothing();
      }
      await mover.expectWhole();
    },
  );

  it('in a read before or after the append is at worst UNAVAILABLE, and the same command id settles it', async () => {
    // Two counters and one place in the cache: each command first reads its stream.
    const mover = await openMover({}, { stateCache: 1 });
    for (let place = 0; place < 4_000; place += 80) {
      mover.link.obey(cutAtByte(place % 160 === 0 ? 'client' : 'server', place));
      await mover.insist(place % 160 === 0 ? 'a' : 'b');
    }
    await mover.expectWhole();
  });

  it('again and again, whatever is under way, costs no answer and no event', async () => {
    const { url, link, log } = await openMover();
    const load = startLoad(log);
    for (let place = 0; place < 9_000; place += 450) {
      const rule = cutAtByte(place % 900 === 0 ? 'client' : 'server', place);
      link.obey(rule);
      await load.until(rule.done);
      await load.more(3);
    }
    await expectWhole(url, await load.stop());
  });
});
