import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { type EventBatch, type Status, type SubscribeOptions, subscribe } from '../../../src/client/index.ts';
import { eventually } from '../../support/eventually.ts';

type Events = { events: EventBatch };
export type Options = SubscribeOptions<Events>;

/** What makes tests quick: nobody has to be spared. */
export const quick = { webSocketImpl: WebSocket, backoff: { minMs: 10, maxMs: 100 } } as const;

/** A subscription of the client that is followed in the background, until the test ends. */
export interface Following {
  readonly batches: readonly EventBatch[];
  readonly statuses: readonly Status[];
  positions(): number[];
  /** Resolves when a batch with this cursor, or one past it, has come; rejects when the iteration ends before. */
  reached(cursor: number | bigint | string): Promise<void>;
  /** Resolves when the client has told of a failure that the predicate accepts. */
  failed(accepts: (error: Extract<Status, { state: 'waiting' }>['error']) => boolean): Promise<void>;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export function following(options: Options): Following {
  const batches: EventBatch[] = [];
  const statuses: Status[] = [];
  const stop = new AbortController();
  const client = {
    ...quick,
    signal: stop.signal,
    onStatus: (status: Status) => void statuses.push(status),
    ...options,
  };
  const ended = (async () => {
    for await (const batch of subscribe(client)) batches.push(batch);
  })();
  ended.catch(() => undefined);
  const until = (holds: () => boolean) =>
    Promise.race([
      eventually(holds).then(() => undefined),
      ended.then(() => {
        if (!holds()) throw new Error('the iteration has ended');
      }),
    ]);
  onTestFinished(() => stop.abort());
  return {
    batches,
    statuses,
    positions: () => batches.flatMap(({ events }) => events.map(({ position }) => Number(position))),
    reached: (cursor) => until(() => BigInt(batches.at(-1)?.cursor ?? -1) >= BigInt(cursor)),
    failed: (accepts) => until(() => statuses.some((status) => status.state === 'waiting' && accepts(status.error))),
    ended,
    stop() {
      stop.abort();
      return ended;
    },
  };
}
