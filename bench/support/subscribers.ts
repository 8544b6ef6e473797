import type { Received } from './deliveries.ts';
import { startWorker } from './worker.ts';

/** What to subscribe to. */
export interface Subscribing {
  readonly url: string;
  readonly subscribers: number;
  /** How many they share, evenly. Default: one each. */
  readonly sockets?: number;
  readonly query: string;
  /** Where they start. Default: now. */
  readonly after?: number;
  /** Whether each only wants the events of a stream of its own, which has none. Such subscribers are not looked at. */
  readonly filtered?: boolean;
  /** Whether they read what comes. Default: true. */
  readonly reading?: boolean;
}

export type Job =
  | ({ readonly do: 'open' } & Subscribing)
  | { readonly do: 'begin' }
  | { readonly do: 'placed' }
  | { readonly do: 'reached'; readonly position: number; readonly patienceMs: number }
  | { readonly do: 'latencies'; readonly first: number; readonly commits: readonly number[] }
  | { readonly do: 'resume'; readonly subscribers: number }
  | { readonly do: 'close' };

/** What has come, and what has not. */
export interface Reached extends Received {
  /** Events up to the position that did not come. */
  readonly missing: number;
  /** Why sockets were closed, each reason once. */
  readonly closed: readonly string[];
}

/** Subscribers in a process of their own. */
export interface Subscribers {
  /** Opens sockets and subscribes; resolves when all of it is sent. */
  open(subscribing: Subscribing): Promise<void>;
  /** Counts from here on. */
  begin(): Promise<void>;
  /** Whether every subscriber has got a message. */
  placed(): Promise<boolean>;
  /** Waits until all that read have got everything up to a position, or nothing has come for so long, ms. */
  reached(position: number, patienceMs?: number): Promise<Reached>;
  /** From the commits of the events from a position on to their receipts, ms. */
  latencies(first: number, commits: readonly number[]): Promise<{ p50: number; p99: number }>;
  /** Lets the first ones read after all; the others are cut off. */
  resume(subscribers: number): Promise<void>;
  /** Cuts all sockets off. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSubscribers(signal: AbortSignal): Promise<Subscribers> {
  const worker = await startWorker<Job, unknown>(new URL('./subscribers-process.ts', import.meta.url), [], signal);
  const run = <T>(job: Job): Promise<T> => worker.run(job) as Promise<T>;
  return {
    open: (subscribing) => run({ do: 'open', ...subscribing }),
    begin: () => run({ do: 'begin' }),
    placed: () => run({ do: 'placed' }),
    reached: (position, patienceMs = 10_000) => run({ do: 'reached', position, patienceMs }),
    latencies: (first, commits) => run({ do: 'latencies', first, commits }),
    resume: (subscribers) => run({ do: 'resume', subscribers }),
    close: () => run({ do: 'close' }),
    stop: () => worker.stop(),
  };
}
