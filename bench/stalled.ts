import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import { fromAPosition } from './support/fan-out-round.ts';
import { fillLog } from './support/filled-log.ts';
import { queryOne, untilFolded } from './support/postgres.ts';
import { type Publisher, startPublisher, type Usage } from './support/publisher.ts';
import { startSubscribers } from './support/subscribers.ts';
import { table, whole } from './support/table.ts';

const EVENTS = 200_000;
const FULL_EVENTS = 1_000_000;
const SOCKETS = 1_000;
const WOKEN = 10;
const APPENDS_PER_SECOND = 100;
const APPEND_SECONDS = 20;
const FULL_APPEND_SECONDS = 60;
/** Between two looks at the memory, until it no longer grows, ms. */
const LOOK_MS = 2_000;
/** Nobody who only does not read is cut off here: neither by pings nor by the time that a socket may be blocked. */
const PATIENT = { KEEP_ALIVE_MS: '3600000', SOCKET_BLOCKED_MS: '3600000' };

export const stalled: Benchmark = {
  name: 'stalled',
  title: `memory of the server with ${whole(SOCKETS)} subscribers from the start of the log that do not read`,

  run: (options) =>
    options.postgres.withDatabase(async (url) => {
      const events = options.full ? FULL_EVENTS : EVENTS;
      await migrate({ url });
      await fillLog(url, events, options);
      const subscribers = await startSubscribers(options.signal);
      const publisher = await startPublisher('subscribed', url, options.signal, PATIENT);
      try {
        await untilFolded(url);
        const rows: [string, Usage][] = [];
        const look = async (when: string) => {
          rows.push([when, await settled(publisher)]);
          options.log(`${when}: ${describe(rows.at(-1)?.[1])}`);
        };
        await look('before');
        const subscribing = { url: publisher.url, subscribers: SOCKETS, query: fromAPosition, after: 0 };
        await subscribers.open({ ...subscribing, reading: false });
        await look('all stalled');

        publisher.peak();
        const seconds = options.full ? FULL_APPEND_SECONDS : APPEND_SECONDS;
        await publisher.append(APPENDS_PER_SECOND, seconds);
        const peak = publisher.peak();
        await look(`after ${seconds} s at ${APPENDS_PER_SECOND} events/s`);

        const head = await queryOne<number>(url, 'SELECT position::int FROM head');
        await subscribers.begin();
        await subscribers.resume(WOKEN);
        const received = await subscribers.reached(head, 60_000);
        if (received.deliveries !== WOKEN * head || received.lost + received.twice + received.missing > 0)
          throw new Error(`not every event once: ${JSON.stringify(received)}`);
        await look(`${WOKEN} have read all, the others are gone`);
        return `${report(rows)}\n\nWhile events were appended: ${whole(peak)} MB at most. All ${whole(WOKEN)} that woke got each of the ${whole(head)} events once, in order.`;
      } finally {
        await Promise.allSettled([subscribers.stop(), publisher.stop()]);
      }
    }),
};

/** What it uses once that no longer grows. */
async function settled(publisher: Publisher): Promise<Usage> {
  for (let last = 0; ; ) {
    await publisher.collect();
    const usage = await publisher.usage();
    if (usage.rss <= 1.01 * last) return usage;
    last = usage.rss;
    await sleep(LOOK_MS);
  }
}

const describe = (usage?: Usage): string =>
  usage ? `${whole(usage.rss)} MB, heap ${whole(usage.heap)} MB, buffers ${whole(usage.buffers)} MB` : '';

function report(rows: readonly [string, Usage][]): string {
  // What the process keeps free for later hides in its RSS.
  const used = ({ heap, buffers }: Usage) => heap + buffers;
  const [before = 0] = rows.map(([, usage]) => used(usage));
  const each = (usage: Usage) => (1000 * (used(usage) - before)) / SOCKETS;
  return table(
    ['', 'RSS MB', 'heap MB', 'buffers MB', 'KB a socket'],
    rows.map(([when, usage], index) => [
      ...[when, whole(usage.rss), whole(usage.heap), whole(usage.buffers)],
      index === 0 ? '' : whole(each(usage)),
    ]),
  );
}
