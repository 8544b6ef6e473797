import { createBackoff } from './backoff.ts';
import { type Connection, openConnection, type WebSocketImpl } from './connection.ts';
import { connectionFailed, SubscriptionError } from './errors.ts';
import { createInbox } from './inbox.ts';
import type { SubscribeOptions } from './options.ts';
import { batchIn } from './query.ts';
import { socketUrl } from './url.ts';
import { pause, unlessAborted } from './waiting.ts';

export interface FollowOptions extends Omit<SubscribeOptions<never>, 'query'> {
  readonly query: string;
  readonly webSocketImpl: WebSocketImpl;
}

/** How long a save that is under way when the iteration is ended may still take, ms. */
const SAVE_MS = 2_000;

/** The batches of a subscription, over any number of connections, until `stop` or an error that lasts. */
export async function* follow(options: FollowOptions, stop: AbortController): AsyncGenerator<unknown, void, void> {
  const { store, onStatus, query, filter, buffer = 64 } = options;
  const { signal } = stop;
  const abort = () => stop.abort();
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort);
  const backoff = createBackoff(options.backoff);
  /** What has failed on the way to the server, and not in a function of the consumer's. */
  let lost: unknown = null;
  const fromServer = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      lost = error;
      throw error;
    });
  let connection = null as Connection | null;
  try {
    let cursor = (await unlessAborted(signal, store?.load())) ?? options.after ?? null;
    let told: string | null = null;
    for (;;) {
      try {
        onStatus?.({ state: 'subscribing', after: cursor });
        connection ??= await fromServer(connect(options, signal));
        const inbox = createInbox<unknown>(buffer, () => unsubscribe());
        const variables = { ...options.variables, ...(filter && { filter }), after: cursor };
        const unsubscribe = connection.subscribe(query, variables, { next: inbox.put, fail: inbox.fail });
        for (let first = true; ; first = false) {
          const data = await fromServer(unlessAborted(signal, inbox.take()));
          // The consumer was slow: what the server had to keep for it comes now.
          if (data === null) break;
          const batch = batchIn(data, cursor);
          backoff.reset();
          if (first) onStatus?.({ state: 'subscribed' });
          // The first batch of a subscription comes at once; when it goes on, it may say nothing new.
          if (batch.cursor === told) continue;
          cursor = told = batch.cursor;
          yield batch;
          // The next one is asked for. That holds also when the signal has fired meanwhile.
          if (store) await unlessAborted(signal, store.save(cursor), SAVE_MS);
        }
      } catch (error) {
        if (error !== lost || !(error instanceof SubscriptionError) || !error.temporary) throw error;
        connection?.close();
        connection = null;
        const delayMs = backoff.next();
        onStatus?.({ state: 'waiting', error, delayMs });
        await pause(delayMs, signal);
      }
    }
  } catch (error) {
    if (error !== signal.reason) throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    connection?.close();
  }
}

async function connect(options: FollowOptions, signal: AbortSignal): Promise<Connection> {
  const { webSocketImpl, keepAliveMs = 10_000 } = options;
  const [url, params] = await unlessAborted(signal, Promise.all([ask(options.url), ask(options.connectionParams)]));
  return openConnection({ url: socketUrl(url), params, webSocketImpl, keepAliveMs, signal });
}

/** The value, or what its function gives now. What that needs may be as far away as the server. */
async function ask<T>(given: T | (() => T | PromiseLike<T>)): Promise<T> {
  if (typeof given !== 'function') return given;
  try {
    return await (given as () => T | PromiseLike<T>)();
  } catch (error) {
    throw connectionFailed(`url or connectionParams: ${error instanceof Error ? error.message : error}`, error);
  }
}
