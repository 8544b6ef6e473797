import type { Database } from '../../../src/database/client.ts';
import type { EventBatch } from '../../../src/graphql/feeds/batches.ts';
import type { Feed } from '../../../src/graphql/feeds/feed.ts';
import { createFeeds, type Feeds } from '../../../src/graphql/feeds.ts';
import type { Writer } from '../../../src/log/writer.ts';
import { openLog } from '../../support/log.ts';
import { type Collected, collect, type Lists } from './resuming.ts';

/** How much a process keeps in memory, and whether it hears of others by notifications alone, or by polling alone. */
export interface Setup {
  readonly tailEvents: number;
  readonly listen: boolean;
}

/** The log and its feeds, as one process has them. Closed and opened again, it is another to everybody. */
export interface Process {
  readonly feeds: Feeds;
  readonly writer: Writer;
  close(): Promise<void>;
}

const POLL_MS = 5;
const HEARTBEAT_MS = 20;

export async function openProcess(
  url: string,
  connections: { database: Database; appending: Database },
  { tailEvents, listen }: Setup,
): Promise<Process> {
  const log = await openLog(url, { ...connections, tailEvents, listen, ...(!listen && { pollMs: POLL_MS }) });
  const feeds = createFeeds({ tail: log.tail, heartbeatMs: HEARTBEAT_MS });
  return {
    feeds,
    writer: log.writer,
    async close() {
      feeds.close();
      await log.close();
    },
  };
}

/** A client that goes on from its last cursor, wherever it connects. */
export interface Reader {
  readonly collected: Collected;
  readonly filter: Lists;
  /** Where it is connected. */
  readonly at: Process | null;
  readonly stalled: boolean;
  /** What it got that it must not get. */
  readonly failure: unknown;
  connect(to: Process): Promise<void>;
  /** Ends the connection, whatever is on its way. */
  drop(): Promise<void>;
  /** Takes no more messages. */
  stall(): void;
  readOn(): void;
}

export function createReader(after: number, filter: Lists): Reader {
  const collected = collect(after);
  let feed: Feed<EventBatch> | null = null;
  let at: Process | null = null;
  let reading = Promise.resolve();
  let stalled = false;
  let goOn = () => {};
  let failure: unknown = null;

  async function read(from: Feed<EventBatch>): Promise<void> {
    for (;;) {
      while (stalled && feed === from) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      if (feed !== from) return;
      const { done, value } = await from.next();
      // What is on its way when the connection breaks never arrives.
      if (done || feed !== from) return;
      const positions = value.events.map(({ position }) => Number(position));
      collected.add({ positions, cursor: Number(value.cursor), caughtUp: value.caughtUp });
    }
  }

  async function drop(): Promise<void> {
    const old = feed;
    [feed, at] = [null, null];
    goOn();
    await old?.return();
    await reading;
  }

  return {
    collected,
    filter,
    get at() {
      return at;
    },
    get stalled() {
      return stalled;
    },
    get failure() {
      return failure;
    },
    async connect(to) {
      await drop();
      feed = to.feeds.events({ after: BigInt(collected.cursor), filter });
      at = to;
      reading = read(feed).catch((error) => {
        failure ??= error;
      });
    },
    drop,
    stall() {
      stalled = true;
    },
    readOn() {
      stalled = false;
      goOn();
    },
  };
}
