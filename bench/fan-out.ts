import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { describe, fanOutRound, type Load, lastOf, type Round } from './support/fan-out-round.ts';
import { type Publisher, startPublisher } from './support/publisher.ts';
import { median } from './support/statistics.ts';
import { type Subscribers, startSubscribers } from './support/subscribers.ts';
import { table, whole } from './support/table.ts';
import { eventPerCommand, expectCounts } from './support/verify.ts';

/** At 10,000 deliveries per second the peer keeps up, so p99 can be compared. */
const LOADS: readonly Load[] = [
  { subscribers: 1, perSecond: 1_000 },
  { subscribers: 1, perSecond: null },
  { subscribers: 100, perSecond: 100 },
  { subscribers: 100, perSecond: null },
  { subscribers: 1_000, perSecond: 10 },
  { subscribers: 1_000, perSecond: 200 },
  { subscribers: 1_000, perSecond: null },
];
/** At a fixed rate: the p99 of fewer events is one event's, and the queues of the peer take a while to fill up. */
const AT_LEAST_SECONDS = 10;
const WARM_UP = { subscribers: 100, perSecond: null };
const WARM_UP_SECONDS = 3;

/** One of the servers side by side. */
interface Contestant {
  readonly name: string;
  /** Starts its process, again when it has died. */
  start(): Promise<Publisher>;
  publisher: Publisher;
  readonly rounds: Map<Load, Round[]>;
}

export const fanOut: Benchmark = {
  name: 'fan-out',
  title: 'events to 1, 100 and 1,000 subscribers, beside Apollo Server with graphql-ws and the PubSub of type-graphql',

  run: (options) =>
    options.postgres.withDatabase(async (url) => {
      const contestants: Contestant[] = [];
      const subscribers = await startSubscribers(options.signal);
      try {
        for (const [name, file] of Object.entries({ Tidemark: 'subscribed', PubSub: 'pubsub' })) {
          const start = () => startPublisher(file, url, options.signal);
          contestants.push({ name, start, publisher: await start(), rounds: new Map() });
        }
        await measure(contestants, subscribers, options);
        const [ours] = contestants;
        if (ours) await expectCounts(url, lastOf(ours.publisher), eventPerCommand);
        return report(contestants);
      } finally {
        await subscribers.stop();
        await Promise.allSettled(contestants.map(({ publisher }) => publisher.stop()));
      }
    }),
};

/** All rounds, the servers in turn; who goes first changes from round to round. */
async function measure(
  contestants: readonly Contestant[],
  subscribers: Subscribers,
  { seconds, rounds, log }: RunOptions,
): Promise<void> {
  const warmUp = ({ publisher }: Contestant) => fanOutRound(publisher, subscribers, WARM_UP, WARM_UP_SECONDS);
  for (const contestant of contestants) await warmUp(contestant);
  for (const load of LOADS) {
    for (let number = 1; number <= rounds; number++) {
      for (const contestant of number % 2 === 1 ? contestants : contestants.toReversed()) {
        const { name, publisher, start } = contestant;
        const round = await fanOutRound(publisher, subscribers, load, secondsOf(load, seconds));
        contestant.rounds.set(load, [...(contestant.rounds.get(load) ?? []), round]);
        log(`${titleOf(load)}, round ${number}, ${name}: ${describe(round)}`);
        const failed = round.death !== null || round.lost + round.twice > 0;
        if (failed && name === 'Tidemark') throw new Error(`Tidemark: ${describe(round)}\n${round.death ?? ''}`);
        if (!round.death) continue;
        contestant.publisher = await start();
        await warmUp(contestant);
      }
    }
  }
}

const secondsOf = ({ perSecond }: Load, seconds: number): number =>
  perSecond === null ? seconds : Math.max(seconds, AT_LEAST_SECONDS);

const titleOf = ({ subscribers, perSecond }: Load): string =>
  `${whole(subscribers)} subscribers, ${perSecond === null ? 'full rate' : `${whole(perSecond)} events/s`}`;

function report(contestants: readonly Contestant[]): string {
  const rows = LOADS.flatMap((load) => {
    const all = contestants.map(({ rounds }) => rounds.get(load) ?? []);
    const [ours = Number.NaN, theirs = Number.NaN] = all.map((rounds) => of(rounds, 'perSecond'));
    return contestants.map(({ name }, index) => {
      const rounds = all[index] ?? [];
      return [
        ...[whole(load.subscribers), load.perSecond === null ? 'full' : whole(load.perSecond), name],
        ...[index === 0 ? (ours / theirs).toFixed(2) : '', whole(of(rounds, 'perSecond')), whole(of(rounds, 'frames'))],
        ...[of(rounds, 'p50').toFixed(1), of(rounds, 'p99').toFixed(1), of(rounds, 'cpu').toFixed(1)],
        whole(Math.max(...rounds.map(({ peak }) => peak))),
        rounds.map(({ heap }) => whole(heap)).join(' '),
        `${((100 * sum(rounds, 'lost')) / (sum(rounds, 'published') * load.subscribers)).toFixed(1)} %`,
        whole(sum(rounds, 'twice')),
        `${rounds.filter(({ death }) => death).length} of ${rounds.length}`,
      ];
    });
  });
  const rates = ['subscribers', 'events/s', '', 'ratio', 'deliveries/s', 'frames/s', 'p50 ms', 'p99 ms'];
  const figures = table([...rates, 'CPU µs each', 'MB at most', 'heap MB after', 'lost', 'twice', 'died'], rows);
  return [figures, ...deathsOf(contestants)].join('\n\n');
}

/** What each has died of, once. */
const deathsOf = (contestants: readonly Contestant[]): string[] =>
  contestants.flatMap(({ name, rounds }) => {
    const errors = [...rounds.values()].flat().map(({ death }) => death?.match(/^\w*Error: .*/m)?.[0]);
    return [...new Set(errors)].filter(Boolean).map((error) => `${name} died of: ${error}`);
  });

type Figure = Exclude<keyof Round, 'death'>;
const of = (rounds: readonly Round[], figure: Figure): number => median(rounds.map((round) => round[figure]));
const sum = (rounds: readonly Round[], figure: Figure): number => rounds.reduce((all, round) => all + round[figure], 0);
