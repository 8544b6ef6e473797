import type { WebSocketImpl } from './connection.ts';
import { follow } from './follow.ts';
import type { SubscribeOptions } from './options.ts';
import { type BatchOf, queryFrom } from './query.ts';
import type { EventBatch } from './types.ts';
import { socketUrl } from './url.ts';

/** The batches of a subscription, for one `for await`. Several calls of `next` are answered one after the other. */
export interface Batches<Batch> extends AsyncIterableIterator<Batch, void, void> {
  /** Ends it at once, also while `next` waits. `break` calls it. */
  return(): Promise<IteratorResult<Batch, void>>;
  throw(error: unknown): Promise<IteratorResult<Batch, void>>;
  [Symbol.asyncIterator](): Batches<Batch>;
}

/**
 * Follows the log: each event after the start exactly once and in order, over any number of connections and servers. It
 * connects when the first batch is asked for. It ends by itself only with an error: one that another attempt would not
 * mend, or what the store has thrown.
 *
 * A batch counts as finished, and its cursor is saved, when the next one is asked for. Whoever breaks off, or dies, gets
 * the batch in hand again the next time.
 *
 * @throws {SubscriptionError} INVALID_QUERY at once
 */
export function subscribe<Data extends object = { events: EventBatch }>(
  options: SubscribeOptions<Data>,
): Batches<BatchOf<Data>> {
  const query = queryFrom(options.query, options.filter !== undefined);
  const webSocketImpl = options.webSocketImpl ?? (globalThis as { WebSocket?: WebSocketImpl }).WebSocket;
  if (!webSocketImpl) throw new TypeError('There is no WebSocket here: give that of `ws` as webSocketImpl.');
  if (typeof options.url === 'string') socketUrl(options.url);
  const stop = new AbortController();
  const source = follow({ ...options, query, webSocketImpl }, stop) as AsyncGenerator<BatchOf<Data>, void, void>;
  return {
    next: () => source.next(),
    // A generator that waits cannot be returned: its `return` is queued behind that. So every wait listens to `stop`.
    return() {
      stop.abort();
      return source.return();
    },
    throw(error) {
      stop.abort();
      return source.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
