import fc from 'fast-check';
import type { Database } from '../../../src/database/client.ts';
import type { EventBatch } from '../../../src/graphql/feeds/batches.ts';
import type { Feed } from '../../../src/graphql/feeds/feed.ts';
import { createFeeds, type Feeds } from '../../../src/graphql/feeds.ts';
import type { UnitOfWork } from '../../../src/log/unit.ts';
import type { Writer } from '../../../src/log/writer.ts';
import { clientFor, freshDatabase } from '../../support/database.ts';
import { moved, openLog, unit } from '../../support/log.ts';
import { expectedOf, filtersOf, headOf, type Message } from './resuming.ts';
import type { Connection, World } from './story.ts';

/** The log and its feeds, as one process has them. Closed and opened again, it is another to everybody. */
interface Process {
  readonly number: number;
  readonly feeds: Feeds;
  readonly writer: Writer;
  readonly connections: Set<Connection>;
  close(): Promise<void>;
}

/** One unit of work. */
export interface Write {
  readonly stream: number;
  readonly events: number;
  /** Of its events, over and over. */
  readonly types: readonly string[];
  readonly actor: string | null;
}

export const PROCESSES = 3;
const POLL_MS = 5;
const HEARTBEAT_MS = 20;
const CATEGORIES = ['counter', 'clock'];
const TYPES = ['CounterMoved', 'CounterNamed'];
const ACTORS = ['ada', 'bob'];

/** Each process writes to streams of its own, so that it alone knows their versions. */
const streamsOf = (process: number) =>
  CATEGORIES.flatMap((category) => [`${category}-${process}.1`, `${category}-${process}.2`]);

export const write: fc.Arbitrary<Write> = fc.record({
  stream: fc.nat(3),
  events: fc.constantFrom(1, 1, 1, 2, 10, 60, 300),
  types: fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
  actor: fc.constantFrom(...ACTORS, null),
});

export const filters = filtersOf({
  types: TYPES,
  categories: [...CATEGORIES, 'nothing'],
  streamIds: [...Array.from({ length: PROCESSES }, (_, process) => streamsOf(process)).flat(), 'nothing-1'],
  actors: [...ACTORS, 'nobody'],
});

/** Feeds of several processes, without a network. */
export async function feedsWorld(): Promise<World<Process, Write>> {
  const { url } = await freshDatabase();
  const database = clientFor(url, 10);
  const appending = Array.from({ length: PROCESSES }, () => clientFor(url, 1));
  const versions = new Map<string, number>();

  /** A unit of work on top of those that came before it on the same stream. */
  function unitOf(process: number, { stream, events: count, types, actor }: Write): UnitOfWork {
    const streamId = streamsOf(process)[stream] as string;
    const found = versions.get(streamId) ?? 0;
    versions.set(streamId, found + count);
    const events = Array.from({ length: count }, (_, n) => ({
      ...moved(streamId, found + n + 1, { by: 1, name: 'x' }),
      type: types[n % types.length] as string,
    }));
    return unit(streamId, found, { actor, events, version: found + count });
  }

  return {
    async start(number, { tailEvents, listen }) {
      const polling = listen ? {} : { pollMs: POLL_MS };
      const own = { database, appending: appending[number] as Database };
      const log = await openLog(url, { ...own, tailEvents, listen, ...polling });
      const feeds = createFeeds({ tail: log.tail, heartbeatMs: HEARTBEAT_MS });
      return {
        ...{ number, feeds, writer: log.writer, connections: new Set() },
        async close() {
          feeds.close();
          await log.close();
        },
      };
    },
    async stop({ connections, close }) {
      await Promise.all([...connections].map((connection) => connection.cut()));
      await close();
    },
    write: ({ number, writer }, write) => writer.append(unitOf(number, write)),
    connect({ feeds, connections }, { after, filter }, onMessage) {
      const connection = read(feeds.events({ after: BigInt(after), filter }), onMessage);
      connections.add(connection);
      return connection;
    },
    head: () => headOf(url),
    expected: (after, filter) => expectedOf(url, after, filter),
  };
}

function read(feed: Feed<EventBatch>, onMessage: (message: Message) => void): Connection {
  let stalled = false;
  let isCut = false;
  let goOn = () => {};

  async function pull(): Promise<void> {
    for (;;) {
      while (stalled && !isCut) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      const { done, value } = await feed.next();
      if (done || isCut) return;
      const positions = value.events.map(({ position }) => Number(position));
      onMessage({ positions, cursor: Number(value.cursor), caughtUp: value.caughtUp });
    }
  }
  const over = pull();

  return {
    stall() {
      stalled = true;
    },
    readOn() {
      stalled = false;
      goOn();
    },
    async cut() {
      isCut = true;
      goOn();
      await feed.return();
      await over;
    },
  };
}
