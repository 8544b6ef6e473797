import { createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws/client';
import { connectionClosed, connectionFailed, operationFailed, type ServerError, SubscriptionError } from './errors.ts';

/** The part of a WebSocket that is used here, besides what graphql-ws uses. */
export interface WebSocketLike {
  readonly readyState: number;
  close(code?: number, reason?: string): void;
  /** Only `ws` has it: a browser gives up a silent peer by itself. */
  terminate?(): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** A browser's or Node's own `WebSocket`, or that of `ws`. */
export type WebSocketImpl = new (url: string, protocol: string) => WebSocketLike;

export interface ConnectionOptions {
  readonly url: string;
  readonly params: Record<string, unknown> | undefined;
  readonly webSocketImpl: WebSocketImpl;
  /** How often the server has to answer a ping, ms. */
  readonly keepAliveMs: number;
  /** Closes the connection. */
  readonly signal: AbortSignal;
}

/** Where the results of a subscription go. */
export interface Sink {
  next(data: unknown): void;
  fail(error: SubscriptionError): void;
}

/** One WebSocket from its opening to its end, for one subscription at a time. */
export interface Connection {
  /** Subscribes as soon as it is open; fails if the connection does. @returns what ends the subscription */
  subscribe(query: string, variables: Record<string, unknown>, sink: Sink): () => void;
  close(): void;
}

/**
 * graphql-ws speaks the protocol. What it would do when a connection ends is switched off: it would subscribe again with
 * the variables of the beginning. For that reason a client of it lives as long as one socket, which is made here and not
 * by it, so that it can be closed at any time.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { url, keepAliveMs, signal } = options;
  const socket = new options.webSocketImpl(url, GRAPHQL_TRANSPORT_WS_PROTOCOL);
  let end: SubscriptionError | null = null;
  let sink: Sink | null = null;
  let served = false;

  function finish(error: SubscriptionError): void {
    if (end) return;
    end = error;
    clearTimeout(silence);
    signal.removeEventListener('abort', close);
    // It does not connect again then, as it would after 1000. It rejects if it has not connected at all.
    void Promise.resolve(client.dispose()).catch(() => undefined);
    hangUp(socket);
    sink?.fail(error);
  }
  const close = () => finish(new SubscriptionError('CONNECTION_CLOSED', 'The client has closed it.'));

  // One limit for every way of saying nothing: a connection that is never made, no acknowledgement, a link that is dead
  // and was not closed. On a living one there is never more than a ping's interval and the way of its answer.
  const limitMs = 2 * keepAliveMs;
  const giveUp = () => finish(connectionFailed(`The server has said nothing for ${limitMs} ms.`));
  let silence = setTimeout(giveUp, limitMs);

  const client = createClient({
    url,
    webSocketImpl: implementationOf(socket),
    ...(options.params && { connectionParams: options.params }),
    lazy: false,
    onNonLazyError: () => undefined,
    retryAttempts: 0,
    keepAlive: keepAliveMs,
    on: {
      message() {
        if (end) return;
        clearTimeout(silence);
        silence = setTimeout(giveUp, limitMs);
      },
      error: (error) => finish(failure(error)),
      closed(event) {
        const { code, reason } = event as { code: number; reason: string };
        finish(connectionClosed(code, reason, served));
      },
    },
  });
  signal.addEventListener('abort', close);
  if (signal.aborted) close();

  return {
    subscribe(query, variables, given) {
      let over = false;
      if (end) given.fail(end);
      if (end) return () => undefined;
      const fail = (error: SubscriptionError) => {
        if (!over) given.fail(error);
      };
      sink = { ...given, fail };
      const unsubscribe = client.subscribe(
        { query, variables },
        {
          next({ data, errors }) {
            served = true;
            if (errors) fail(operationFailed(errors as readonly ServerError[]));
            else if (!over) given.next(data);
          },
          // The end of the connection comes here too, after `finish` has told of it.
          error: (errors) => fail(Array.isArray(errors) ? operationFailed(errors) : failure(errors)),
          complete: () => fail(new SubscriptionError('COMPLETED', 'The server has ended it.', { temporary: true })),
        },
      );
      return () => {
        over = true;
        unsubscribe();
      };
    },
    close,
  };
}

/** What graphql-ws throws is about what came; what a WebSocket tells of an error is only that it has no connection. */
function failure(error: unknown): SubscriptionError {
  if (error instanceof Error) return new SubscriptionError('BAD_RESPONSE', error.message, { cause: error });
  const { message, error: cause } = error as { message?: string; error?: unknown };
  return connectionFailed(message || 'There is no connection to the server.', cause);
}

/** How long a peer may take to answer a closing handshake, ms. */
const CLOSE_MS = 1_000;

/** A peer that is gone answers no closing handshake, and `ws` would wait for it, and keep the process, for longer. */
function hangUp(socket: WebSocketLike): void {
  if (socket.readyState === states.CLOSED) return;
  if (socket.terminate) {
    const cut = setTimeout(() => socket.terminate?.(), CLOSE_MS);
    socket.addEventListener('close', () => clearTimeout(cut));
  }
  socket.close(1000, 'Normal Closure');
}

/** For graphql-ws, which makes its sockets itself: a class whose one instance is there already. */
function implementationOf(socket: WebSocketLike): unknown {
  function Existing() {
    return socket;
  }
  return Object.assign(Existing, states);
}

const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
