import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { filtered, fromNow } from './support/fan-out-round.ts';
import { queryOne } from './support/postgres.ts';
import { type Publisher, startPublisher } from './support/publisher.ts';
import { median } from './support/statistics.ts';
import { type Subscribers, startSubscribers } from './support/subscribers.ts';
import { table, whole } from './support/table.ts';

const SUBSCRIPTIONS = 5_000;
const APPENDS_PER_SECOND = 100;
/** Long enough for a heartbeat and some pings, which come every 10 and every 12 seconds. */
const AT_LEAST_SECONDS = 24;
/** PostgreSQL's backends tell what they counted once a second at most. */
const STATISTICS_MS = 2_000;

/** The events of the last case are verified long afterwards, which is not to be seen in the next one. */
const SETTINGS = { VERIFY_EVENTS_PER_SECOND: '0' };

/** What the server is left with. */
interface Case {
  readonly name: string;
  readonly subscribers: number;
  readonly sockets?: number;
  readonly query?: string;
  readonly filtered?: boolean;
  /** Events per second. */
  readonly perSecond?: number;
}

const cases: readonly Case[] = [
  { name: 'no subscription', subscribers: 0 },
  { name: '5,000 on 50 sockets', subscribers: SUBSCRIPTIONS, sockets: 50, query: fromNow },
  { name: '5,000 on 5,000 sockets', subscribers: SUBSCRIPTIONS, query: fromNow },
  { name: '100 events/s, no subscription', subscribers: 0, perSecond: APPENDS_PER_SECOND },
  {
    name: '100 events/s, for none of 5,000 filters on 50 sockets',
    ...{ subscribers: SUBSCRIPTIONS, sockets: 50, query: filtered, filtered: true, perSecond: APPENDS_PER_SECOND },
  },
];

interface Round {
  /** Share of a core. */
  readonly cpu: number;
  /** Per second; each statement that is no transaction is one. */
  readonly transactions: number;
  readonly heap: number;
}

export const idle: Benchmark = {
  name: 'idle',
  title: `CPU and statements of a server with ${whole(SUBSCRIPTIONS)} subscriptions for which there is nothing`,

  run: (options) =>
    options.postgres.withDatabase(async (url) => {
      const subscribers = await startSubscribers(options.signal);
      const publisher = await startPublisher('subscribed', url, options.signal, SETTINGS);
      try {
        const rounds = cases.map((): Round[] => []);
        for (let number = 1; number <= options.rounds; number++) {
          for (const [index, each] of cases.entries()) {
            const round = await leave(each, url, publisher, subscribers, options);
            rounds[index]?.push(round);
            options.log(`round ${number}: ${each.name}: ${describe(round).join(', ')}`);
          }
        }
        return table(
          ['', 'CPU', 'transactions/s', 'heap MB'],
          cases.map(({ name }, index) => [name, ...describe(mediansOf(rounds[index] ?? []))]),
        );
      } finally {
        await Promise.allSettled([subscribers.stop(), publisher.stop()]);
      }
    }),
};

async function leave(
  { subscribers: count, sockets = count, query = '', filtered = false, perSecond = 0 }: Case,
  url: string,
  publisher: Publisher,
  subscribers: Subscribers,
  options: RunOptions,
): Promise<Round> {
  await subscribers.open({ url: publisher.url, subscribers: count, sockets, query, filtered });
  // Each gets a first message, which says where it starts.
  while (!(await subscribers.placed())) await sleep(100);
  await sleep(STATISTICS_MS);
  await publisher.collect();
  const [before, done] = [await publisher.usage(), await transactions(url)];
  const start = performance.now();
  const milliseconds = 1000 * Math.max(options.seconds, AT_LEAST_SECONDS);
  if (perSecond > 0) await publisher.append(perSecond, milliseconds / 1000);
  await sleep(start + milliseconds - performance.now(), undefined, { signal: options.signal });
  const seconds = (performance.now() - start) / 1000;
  const after = await publisher.usage();
  await publisher.collect();
  const { heap } = await publisher.usage();
  await sleep(STATISTICS_MS);
  const round = {
    cpu: (after.cpu - before.cpu) / 1000 / seconds,
    transactions: ((await transactions(url)) - done) / (seconds + STATISTICS_MS / 1000),
    heap,
  };
  await subscribers.close();
  return round;
}

/** All transactions in a database so far, counted from another one. */
function transactions(url: string): Promise<number> {
  const another = new URL(url);
  const name = another.pathname.slice(1);
  another.pathname = 'postgres';
  return queryOne(
    another.href,
    `SELECT (xact_commit + xact_rollback)::int FROM pg_stat_database WHERE datname = '${name}'`,
  );
}

const mediansOf = (rounds: readonly Round[]): Round => ({
  cpu: median(rounds.map(({ cpu }) => cpu)),
  transactions: median(rounds.map(({ transactions }) => transactions)),
  heap: median(rounds.map(({ heap }) => heap)),
});

const describe = ({ cpu, transactions, heap }: Round): string[] => [
  `${(100 * cpu).toFixed(1)} %`,
  transactions.toFixed(1),
  whole(heap),
];
