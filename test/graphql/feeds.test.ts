import { describe, expect, it, onTestFinished } from 'vitest';
import { mapFeed } from '../../src/graphql/feeds/feed.ts';
import { createFeeds } from '../../src/graphql/feeds.ts';
import { freshDatabase } from '../support/database.ts';
import { openLog, unit } from '../support/log.ts';

async function open({ heartbeatMs = 60_000, ...options }: { heartbeatMs?: number; tailEvents?: number } = {}) {
  const log = await openLog((await freshDatabase()).url, options);
  const feeds = createFeeds({ tail: log.tail, heartbeatMs });
  onTestFinished(() => feeds.close());
  return { ...log, feeds };
}

describe('a feed', () => {
  it('gives its first batch at once, and then what is committed', async () => {
    const { feeds, writer } = await open();
    const feed = feeds.events({ after: 0n });
    expect((await feed.next()).value).toEqual({ events: [], cursor: 0n, caughtUp: true });
    const next = feed.next();
    await writer.append(unit('counter-1', 0));
    expect((await next).value).toMatchObject({ events: [{ position: 1n }], cursor: 1n, caughtUp: true });
    await feed.return();
  });

  it('tells how far its cursor has moved when everything is left out by the filter', async () => {
    const { feeds, writer } = await open({ heartbeatMs: 20 });
    const feed = feeds.events({ after: 0n, filter: { categories: ['clock'] } });
    await feed.next();
    const next = feed.next();
    await writer.append(unit('counter-1', 0));
    expect((await next).value).toEqual({ events: [], cursor: 1n, caughtUp: true });
    await feed.return();
  });

  it('ends at once while it waits, also through what is mapped from it', async () => {
    const { feeds } = await open();
    const feed = mapFeed(feeds.events({ after: 0n }), (batch) => batch.cursor);
    expect(await feed.next()).toEqual({ done: false, value: 0n });
    const waiting = feed.next();
    expect(await feed.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('ends with what could not be mapped: whoever went on would have a gap', async () => {
    const { feeds, writer } = await open();
    const map = ({ cursor }: { cursor: bigint }) => {
      if (cursor === 1n) throw new Error('no');
      return `cursor ${cursor}`;
    };
    const feed = mapFeed(feeds.events({ after: 0n }), map, (error) => String(error));
    expect((await feed.next()).value).toBe('cursor 0');
    await writer.append(unit('counter-1', 0));
    expect((await feed.next()).value).toBe('Error: no');
    await writer.append(unit('counter-1', 1));
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it('reads on from the log for a reader that was slow, without gap or repetition', async () => {
    const { feeds, writer } = await open({ tailEvents: 10 });
    const feed = feeds.events({ after: 0n });
    await feed.next();
    for (let i = 0; i < 100; i++) await writer.append(unit('counter-1', i));
    const seen: number[] = [];
    while (seen.length < 100) {
      const { value } = await feed.next();
      seen.push(...(value?.events ?? []).map((event) => Number(event.position)));
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    await feed.return();
  });

  it('asks nothing while it waits, and is woken by what it waits for alone, with 5,000 others', async () => {
    const { tail, writer, reader } = await open();
    let asked = 0;
    const counting: typeof tail = Object.assign(Object.create(tail), {
      page(...args: Parameters<typeof tail.page>) {
        asked++;
        return tail.page(...args);
      },
    });
    const feeds = createFeeds({ tail: counting, heartbeatMs: 60_000 });
    onTestFinished(() => feeds.close());
    const all = Array.from({ length: 5_000 }, (_, n) =>
      feeds.events({ after: 0n, filter: { streamIds: [`counter-${n}`] } }),
    );
    await Promise.all(all.map((feed) => feed.next()));
    const before = asked;
    const arrived: number[] = [];
    const waiting = all.map((feed, n) =>
      feed.next().then(({ value }) => void (value && value.events.length > 0 && arrived.push(n))),
    );
    for (const n of [7, 4_711]) await writer.append(unit(`counter-${n}`, 0));
    await writer.append(unit('counter-none', 0));
    await Promise.all([waiting[7], waiting[4_711]]);
    expect(arrived).toEqual([7, 4_711]);
    expect(asked - before).toBe(2);
    await Promise.all(all.map((feed) => feed.return()));
    await Promise.all(waiting);
    expect(await reader.head()).toBe(3n);
  });
});
