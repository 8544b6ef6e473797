import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { EventFilter } from '../../../src/log/filter.ts';
import { type Batch, type Feed, now } from '../history.ts';
import type { Random } from '../random.ts';
import type { Target } from './ask.ts';
import { eventOf, subscription, type WireEvent } from './operations.ts';

/** Follows the log from its beginning, over any number of connections, each going on where the last one ended. */
export interface Subscriber {
  readonly feed: Feed;
  readonly cursor: bigint;
  /** Stops reading its socket for ms, as a browser's tab in the background would. */
  stall(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly filter: EventFilter;
  readonly random: Random;
  readonly targets: readonly Target[];
}

/** How long one connection lives at most, and how long it may be silent, ms. */
const LIFE_MS = [2_000, 20_000] as const;
const SILENCE_MS = 8_000;
const RETRY_MS = 200;

export function startSubscriber({ name, filter, random, targets }: SubscriberOptions): Subscriber {
  const batches: Batch[] = [];
  let [cursor, connections, closed] = [0n, 0, false];
  let socket: WebSocket | null = null;

  /** One connection, to its end. */
  function follow(server: string, url: string): Promise<void> {
    return new Promise((resolve) => {
      const current = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws');
      socket = current;
      connections++;
      const end = () => current.terminate();
      const life = setTimeout(end, random.int(...LIFE_MS));
      let silence = setTimeout(end, SILENCE_MS);
      const say = (message: object) => current.send(JSON.stringify(message));

      current.on('open', () => say({ type: 'connection_init' }));
      current.on('message', (data) => {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE_MS);
        const { type, payload } = JSON.parse(String(data));
        const variables = { after: String(cursor), filter };
        if (type === 'connection_ack') say({ id: '1', type: 'subscribe', payload: { query: subscription, variables } });
        else if (type === 'next' && payload.data && !payload.errors) take(server, payload.data.events);
        else if (type === 'ping') say({ type: 'pong' });
        else end();
      });
      current.on('error', () => undefined);
      current.on('close', () => {
        clearTimeout(life);
        clearTimeout(silence);
        resolve();
      });
    });
  }

  function take(server: string, batch: { cursor: string; events: readonly WireEvent[] }): void {
    cursor = BigInt(batch.cursor);
    batches.push({ at: now(), server, cursor, events: batch.events.map(eventOf) });
  }

  async function run(): Promise<void> {
    while (!closed) {
      const { name: server, url } = random.pick(targets);
      if (url !== null) await follow(server, url);
      await sleep(random.int(0, RETRY_MS));
    }
  }
  const running = run();

  return {
    get feed() {
      return { subscriber: name, filter, batches, connections };
    },
    get cursor() {
      return cursor;
    },
    async stall(ms) {
      const stalled = socket;
      stalled?.pause();
      await sleep(ms);
      if (stalled?.readyState === WebSocket.OPEN) stalled.resume();
    },
    async close() {
      closed = true;
      socket?.terminate();
      await running;
    },
  };
}
