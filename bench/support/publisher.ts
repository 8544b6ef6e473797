import type { Hotspot } from './cpu-profile.ts';
import { startWorker, type Worker } from './worker.ts';

/** Of a server's environment. */
export type Settings = Readonly<Record<string, string>>;

/** What a file of `contestants/` exports that serves subscriptions and makes events for them. */
export type OpenPublisher = (
  databaseUrl: string,
  settings: Settings,
) => Promise<{
  /** Of its WebSocket. */
  readonly url: string;
  /** Makes one event; resolves when it is committed. */
  append(): Promise<unknown>;
  /** Calls back with each event when it is committed, before subscribers are told of it. */
  onCommit(listener: (position: number) => void): void;
  /** How many calls of `append` are under way at full rate. */
  readonly callers: number;
  close(): Promise<unknown>;
}>;

export type Job =
  | { readonly do: 'start' }
  | { readonly do: 'append'; readonly perSecond: number | null; readonly seconds: number }
  | { readonly do: 'usage' }
  | { readonly do: 'collect' }
  | { readonly do: 'profile' }
  | { readonly do: 'hotspots' };

/** What a process has used so far. */
export interface Usage {
  /** ms of all threads. */
  readonly cpu: number;
  /** MB. */
  readonly rss: number;
  readonly heap: number;
  /** Outside the heap, MB. */
  readonly buffers: number;
}

/** Tells now and then while it works. */
export interface Told {
  /** Pairs of a position and when it was committed. */
  readonly commits: readonly (readonly [position: number, at: number])[];
  /** MB. */
  readonly rss: number;
}

/** A server with subscribers, in a process of its own, that makes its events itself. */
export interface Publisher {
  readonly url: string;
  /** When events were committed, by position, so far. */
  readonly commits: readonly number[];
  /** The highest memory of the process since it was asked last, MB. */
  peak(): number;
  /**
   * Makes events at a fixed rate, whether or not anybody can follow, or at full rate. Resolves when all are committed.
   * @throws when the server has died of it
   */
  append(perSecond: number | null, seconds: number): Promise<void>;
  usage(): Promise<Usage>;
  /** Collects its garbage, which takes time of its own. */
  collect(): Promise<void>;
  /** Starts to look where its time goes. */
  profile(): Promise<void>;
  /** Ends that, with the functions where most of the time went. */
  hotspots(): Promise<readonly Hotspot[]>;
  stop(): Promise<void>;
}

/** Starts a file of `contestants/` as a publisher. */
export async function startPublisher(
  name: string,
  databaseUrl: string,
  signal: AbortSignal,
  settings: Settings = {},
): Promise<Publisher> {
  const commits: number[] = [];
  let peak = 0;
  const file = new URL('./publisher-process.ts', import.meta.url);
  const args = [name, databaseUrl, JSON.stringify(settings)];
  const worker: Worker<Job, unknown> = await startWorker(file, args, signal, (told: Told) => {
    for (const [position, at] of told.commits) commits[position] = at;
    peak = Math.max(peak, told.rss);
  });
  return {
    url: (await worker.run({ do: 'start' })) as string,
    commits,
    peak() {
      const highest = peak;
      peak = 0;
      return highest;
    },
    async append(perSecond, seconds) {
      await worker.run({ do: 'append', perSecond, seconds });
    },
    usage: () => worker.run({ do: 'usage' }) as Promise<Usage>,
    async collect() {
      await worker.run({ do: 'collect' });
    },
    async profile() {
      await worker.run({ do: 'profile' });
    },
    hotspots: () => worker.run({ do: 'hotspots' }) as Promise<Hotspot[]>,
    stop: () => worker.stop(),
  };
}
