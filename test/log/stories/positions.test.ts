import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { waiting } from '../trouble/support/strangers.ts';
import { follow, oneTo, positionsOf } from './support/reading.ts';
import { slowCommitsOf } from './support/slow-commit.ts';

// Marten #1629 to #4964, Eventuous #222, Axon #2728, Hasura #8632, Emmett PR #336: numbers that are handed out at INSERT
// become visible at COMMIT, in another order, and a reader that remembers the last one steps over late rows.
describe('an append that is slow to commit', () => {
  it('is not stepped over by a reader, as nobody gets a position before it has committed', async () => {
    const { url } = await freshDatabase();
    const [slow, quick] = [await openLog(url), await openLog(url)];
    const third = await openLog(url, { listen: true, pollMs: 20 });
    const commits = await slowCommitsOf(url, 'counter-slow');
    const rounds = 5;
    const reading = follow(third.reader.page, { count: 2 * rounds, limit: 10 });
    const following = (async () => {
      const seen = [];
      for (let cursor = 0n; seen.length < 2 * rounds; ) {
        await third.tail.past(cursor, new AbortController().signal);
        const page = await third.tail.page(cursor, 10);
        seen.push(...page.events);
        cursor = page.cursor;
      }
      return seen;
    })();

    for (let round = 0; round < rounds; round++) {
      const before = BigInt(2 * round);
      await commits.hold();
      const late = slow.writer.append(unit('counter-slow', round));
      await commits.reached();
      // Another process would like to be next, and a third one looks.
      const next = quick.writer.append(unit('counter-quick', round));
      await eventually(async () => (await waiting(url)) === 2);
      expect(await third.reader.page(before, 10)).toEqual({ events: [], cursor: before, head: before });
      await commits.release();
      expect(await late).toMatchObject({ outcome: 'accepted', position: before + 1n });
      expect(await next).toMatchObject({ outcome: 'accepted', position: before + 2n });
    }
    const streams = Array.from({ length: rounds }, () => ['counter-slow', 'counter-quick']).flat();
    for (const seen of [await reading, await following]) {
      expect(positionsOf(seen)).toEqual(oneTo(2 * rounds));
      expect(seen.map((event) => event.streamId)).toEqual(streams);
    }
  });

  it('and fails there leaves no hole: its position goes to the next, and its repetition gets a later one', async () => {
    const { url } = await freshDatabase();
    const [slow, quick] = [await openLog(url), await openLog(url)];
    const commits = await slowCommitsOf(url, 'counter-slow');
    await commits.hold();
    const late = slow.writer.append(unit('counter-slow', 0));
    await commits.reached();
    const next = quick.writer.append(unit('counter-quick', 0));
    await eventually(async () => (await waiting(url)) === 2);
    await commits.fail();
    expect(await next).toMatchObject({ outcome: 'accepted', position: 1n });
    await commits.release();
    expect(await late).toMatchObject({ outcome: 'accepted', position: 2n });
    expect(positionsOf((await quick.reader.page(0n, 10)).events)).toEqual([1, 2]);
  });
});

// Marten #5239: a daemon recorded the head that it had seen as its progress, not the last row that it was given.
describe("a reader's progress", () => {
  it('is the last event that it was given, not the head, when a page is full', async () => {
    const { url } = await freshDatabase();
    const { writer, reader, tail } = await openLog(url);
    await Promise.all(oneTo(10).map((i) => writer.append(unit(`counter-${i}`, 0))));
    for (const page of [reader.page, tail.page]) {
      const first = await page(0n, 3);
      expect(positionsOf(first.events)).toEqual([1, 2, 3]);
      expect(first).toMatchObject({ cursor: 3n, head: 10n });
      const filtered = await page(0n, 1, { streamIds: ['counter-4', 'counter-9'] });
      expect(positionsOf(filtered.events)).toEqual([4]);
      expect(filtered).toMatchObject({ cursor: 4n, head: 10n });
    }
  });

  it('takes it past every event once, whatever it leaves out and whoever appends meanwhile', async () => {
    const { url } = await freshDatabase();
    const writers = [await openLog(url), await openLog(url)];
    const third = await openLog(url, { pollMs: 10 });
    const filter = { categories: ['clock'] };
    const readings = [3, 50].flatMap((limit) =>
      [third.reader, third.tail].map(({ page }) => follow(page, { count: 60, limit, filter })),
    );
    await Promise.all(
      writers.map(async ({ writer }, w) => {
        for (let i = 0; i < 30; i++) {
          await Promise.all([1, 2, 3].map((n) => writer.append(unit(`counter-${w}.${n}`, i))));
          await writer.append(unit(`clock-${w}`, i));
        }
      }),
    );
    const { events } = await third.reader.page(0n, 1_000);
    const wanted = events.filter((event) => event.streamId.startsWith('clock'));
    expect(wanted).toHaveLength(60);
    for (const reading of readings) expect(await reading).toEqual(wanted);
  });
});
