import type { WebSocketImpl } from './connection.ts';
import type { SubscriptionError } from './errors.ts';
import type { TypedQuery } from './query.ts';
import type { CursorStore } from './store.ts';
import type { EventFilter } from './types.ts';

type Params = Record<string, unknown> | undefined;

export interface SubscribeOptions<Data> {
  /**
   * Where the GraphQL is: `ws:`, `wss:` or the same with `http`; in a browser also a path. A function is asked before each
   * connection; when it throws, that is a connection that has failed, and it is asked again later.
   */
  readonly url: string | (() => string | PromiseLike<string>);
  /** Which events. Default: all. */
  readonly filter?: EventFilter | undefined;
  /** The cursor to start from when `store` has none: '0' is the beginning of the log. Default: from now. */
  readonly after?: string | undefined;
  /**
   * A subscription of one's own, which declares `$after: Position`, passes it to `events`, and selects `cursor`. The type
   * of its data is the type argument of `subscribe`, or comes with it. Default: everything about the events.
   */
  readonly query?: string | TypedQuery<Data> | undefined;
  /** Variables of `query`, besides `after`. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** Remembers how far the consumer has come. */
  readonly store?: CursorStore | undefined;
  /** The payload of `connection_init`, such as a token. A function is asked before each connection, like that of `url`. */
  readonly connectionParams?: Params | (() => Params | PromiseLike<Params>);
  /** Default: the global `WebSocket`, which Node has from 22 on; before, give that of `ws`. */
  readonly webSocketImpl?: WebSocketImpl | undefined;
  /** Ends the iteration, at once and without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told what the client is doing. What it throws ends the iteration. */
  readonly onStatus?: ((status: Status) => void) | undefined;
  /** Batches that may wait for the consumer. Past it they are left to the server, and asked for later. Default: 64. */
  readonly buffer?: number | undefined;
  /** How often the server has to answer a ping, ms; one that is silent for twice as long is given up. Default: 10,000. */
  readonly keepAliveMs?: number | undefined;
  /** The first and the longest wait before another attempt, ms. Default: 500 and 30,000. */
  readonly backoff?: { readonly minMs?: number; readonly maxMs?: number } | undefined;
}

/** What the client is doing. It connects only while the consumer waits for a batch. */
export type Status =
  /** Subscribing, from this cursor on. */
  | { readonly state: 'subscribing'; readonly after: string | null }
  /** The first batch has come: nothing is missed from its cursor on. */
  | { readonly state: 'subscribed' }
  /** Something has failed that may go away; after so many ms it tries again. */
  | { readonly state: 'waiting'; readonly error: SubscriptionError; readonly delayMs: number };
