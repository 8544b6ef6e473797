import { setTimeout as sleep } from 'node:timers/promises';
import type { Publisher } from './publisher.ts';
import type { Subscribers } from './subscribers.ts';
import { whole } from './table.ts';

const SELECTION = `{
  events { id position streamId version type recordedAt data
           metadata { commandId correlationId causationId actor schemaVersion } }
  cursor caughtUp
}`;

/** What all subscribe to: everything from now on. */
export const fromNow = `subscription { events ${SELECTION} }`;
export const fromAPosition = `subscription ($after: Position) { events(after: $after) ${SELECTION} }`;
export const filtered = `subscription ($filter: EventFilter) { events(filter: $filter) ${SELECTION} }`;

export interface Load {
  readonly subscribers: number;
  /** Events per second; null for full rate. */
  readonly perSecond: number | null;
}

export interface Round {
  /** Deliveries per second, from the first commit to the last receipt. */
  readonly perSecond: number;
  readonly frames: number;
  /** From commit to receipt, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Of the server, per delivery, µs. */
  readonly cpu: number;
  readonly published: number;
  readonly lost: number;
  readonly twice: number;
  /** The highest memory of the server, MB. */
  readonly peak: number;
  /** What of it is no garbage afterwards, while all are still there, MB. */
  readonly heap: number;
  /** What it said when it died, if it did. */
  readonly death: string | null;
}

/**
 * Subscribes, lets the server make events for so long, waits until everybody has got what it can get, and looks at it.
 * @param onReady called in between, when all have subscribed
 */
export async function fanOutRound(
  publisher: Publisher,
  subscribers: Subscribers,
  { subscribers: count, perSecond }: Load,
  seconds: number,
  onReady = async (): Promise<void> => undefined,
): Promise<Round> {
  await subscribers.open({ url: publisher.url, subscribers: count, query: fromNow });
  // A PubSub does not say when a subscriber is in: whoever has got an event is.
  do {
    await publisher.append(20, 0.05);
    await sleep(100);
  } while (!(await subscribers.placed()));
  await subscribers.reached(lastOf(publisher));

  const first = lastOf(publisher) + 1;
  await subscribers.begin();
  await onReady();
  await publisher.collect();
  const before = await publisher.usage();
  publisher.peak();
  let death: string | null = null;
  await publisher.append(perSecond, seconds).catch((error: Error) => {
    death = error.message;
  });
  const received = await subscribers.reached(lastOf(publisher));
  const peak = publisher.peak();
  const cpu = death ? Number.NaN : (await publisher.usage()).cpu - before.cpu;
  if (!death) await publisher.collect();
  const heap = death ? Number.NaN : (await publisher.usage()).heap;
  const commits = publisher.commits.slice(first);
  const latencies = await subscribers.latencies(first, commits);
  await subscribers.close();
  const took = (received.lastAt - (commits[0] ?? Number.NaN)) / 1000;
  return {
    ...latencies,
    perSecond: received.deliveries / took,
    frames: received.frames / took,
    cpu: (1000 * cpu) / received.deliveries,
    published: commits.length,
    lost: received.lost + received.missing,
    twice: received.twice,
    peak,
    heap,
    death,
  };
}

/** The position of the last event that a publisher has made. */
export const lastOf = ({ commits }: Publisher): number => commits.length - 1;

/** A round in one line. */
export const describe = (round: Round): string =>
  `${whole(round.published)} events, ${whole(round.perSecond)} deliveries/s, ${whole(round.frames)} frames/s, ` +
  `p50 ${round.p50.toFixed(1)} ms, p99 ${round.p99.toFixed(1)} ms, ${round.cpu.toFixed(1)} µs CPU each, ` +
  `${whole(round.peak)} MB (heap afterwards ${whole(round.heap)}), ${whole(round.lost)} lost, ${whole(round.twice)} twice${round.death ? ', died' : ''}`;
