import type { Benchmark } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import { now } from './support/clock.ts';
import { startContestant } from './support/contestant.ts';
import { fromAPosition } from './support/fan-out-round.ts';
import { fillLog } from './support/filled-log.ts';
import { untilFolded } from './support/postgres.ts';
import { type Publisher, startPublisher } from './support/publisher.ts';
import { median } from './support/statistics.ts';
import { type Subscribers, startSubscribers } from './support/subscribers.ts';
import { table, whole } from './support/table.ts';

const EVENTS = 1_000_000;
const SUBSCRIBERS = [1, 10];

interface Round {
  /** Events per second, of all subscribers. */
  readonly perSecond: number;
  readonly perMessage: number;
  /** Of the server, per delivery, µs. */
  readonly cpu: number;
  readonly peak: number;
}

export const catchUp: Benchmark = {
  name: 'catch-up',
  title: `subscribers from the start of ${whole(EVENTS)} events, beside the same pages read by pg alone`,

  run: (options) =>
    options.postgres.withDatabase(async (url) => {
      await migrate({ url });
      await fillLog(url, EVENTS, options);
      const subscribers = await startSubscribers(options.signal);
      const pages = await startContestant('pages', url, options.signal);
      const publisher = await startPublisher('subscribed', url, options.signal);
      try {
        await untilFolded(url);
        const reads: number[] = [];
        const rounds = new Map<number, Round[]>();
        for (let number = 1; number <= options.rounds; number++) {
          const { p50 } = await pages.run({ operation: 'all', callers: 1, seconds: 0 });
          reads.push((1000 * EVENTS) / p50);
          options.log(`round ${number}: pg alone ${whole(reads.at(-1) ?? 0)}/s`);
          for (const count of SUBSCRIBERS) {
            const round = await readAll(publisher, subscribers, count);
            rounds.set(count, [...(rounds.get(count) ?? []), round]);
            options.log(`round ${number}: ${count} subscribers ${whole(round.perSecond)}/s`);
          }
        }
        return report(median(reads), rounds);
      } finally {
        await Promise.allSettled([subscribers.stop(), pages.stop(), publisher.stop()]);
      }
    }),
};

/** @throws unless every subscriber has got every event once, in order */
async function readAll(publisher: Publisher, subscribers: Subscribers, count: number): Promise<Round> {
  await publisher.collect();
  const before = await publisher.usage();
  publisher.peak();
  await subscribers.begin();
  const start = now();
  await subscribers.open({ url: publisher.url, subscribers: count, query: fromAPosition, after: 0 });
  const received = await subscribers.reached(EVENTS);
  const after = await publisher.usage();
  await subscribers.close();
  if (received.deliveries !== count * EVENTS || received.lost + received.twice + received.missing > 0)
    throw new Error(`not every event once: ${JSON.stringify(received)}`);
  return {
    perSecond: received.deliveries / ((received.lastAt - start) / 1000),
    perMessage: received.deliveries / received.frames,
    cpu: (1000 * (after.cpu - before.cpu)) / received.deliveries,
    peak: publisher.peak(),
  };
}

function report(alone: number, rounds: ReadonlyMap<number, readonly Round[]>): string {
  const rows = [...rounds].map(([count, all]) => {
    const of = (figure: keyof Round) => median(all.map((round) => round[figure]));
    return [
      ...[`${whole(count)} subscriber${count === 1 ? '' : 's'}`, whole(of('perSecond'))],
      ...[(of('perSecond') / alone).toFixed(2), whole(of('perMessage')), of('cpu').toFixed(1), whole(of('peak'))],
    ];
  });
  return table(
    ['', 'events/s', 'ratio', 'a message', 'CPU µs each', 'MB at most'],
    [['pg alone', whole(alone), '1.00', '', '', ''], ...rows],
  );
}
