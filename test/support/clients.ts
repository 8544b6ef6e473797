import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type GraphQLFormattedError, print } from 'graphql';
import {
  createClient as createEventStreamClient,
  type Client as EventStreamClient,
  type ClientOptions as EventStreamClientOptions,
} from 'graphql-sse';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** An answer as it came: GraphQL's part parsed, the rest as it is. */
export interface Answer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Sends any body to a server, also one that no client would send. */
export async function post<Data = unknown>(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return answerOf(response);
}

export async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  const text = await response.text();
  const { data, errors } = parsed(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    ...(data !== undefined && { data }),
    ...(errors && { errors }),
  };
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** An operation that ended in errors. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
  constructor(readonly errors: readonly GraphQLFormattedError[]) {
    super(errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n'));
  }
  get code(): unknown {
    return this.errors[0]?.extensions?.code;
  }
}

/** Runs operations over HTTP. @throws {OperationFailed} for an answer with errors */
export const httpClient =
  (url: string) =>
  async <Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> => {
    const { data, errors, status, text } = await post<Data>(url, { query: print(document), variables });
    if (errors) throw new OperationFailed(errors);
    if (!data) throw new Error(`no data, status ${status}: ${text}`);
    return data;
  };

export type HttpClient = ReturnType<typeof httpClient>;

export const webSocketClient = (url: string, options: Partial<ClientOptions> = {}): Client =>
  createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });

/** For the URL of the server; each subscription has a connection of its own. */
export const eventStreamClient = (
  url: string,
  options: Partial<EventStreamClientOptions<false>> = {},
): EventStreamClient<false> => createEventStreamClient({ url: `${url}/stream`, retryAttempts: 0, ...options });

/** Both, as a test of either sees them. */
export type AnyClient = Client | EventStreamClient<false>;

/** Everything that a subscription has brought so far, and a way to wait for more. */
export interface Subscribed<Data> {
  readonly received: readonly Data[];
  /** Resolves with the first message, of those received or to come, that the predicate accepts. */
  until(accepts: (data: Data, index: number) => boolean): Promise<Data>;
  /** The message with this place, from 0. */
  message(place: number): Promise<Data>;
  /** Resolves when the server has ended it; rejects with its error. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Subscribes. What ends the subscription, also an error, rejects everything that waits. */
export function subscribeTo<Data, Variables extends Record<string, unknown>>(
  client: Pick<AnyClient, 'subscribe'>,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Subscribed<Data> {
  const received: Data[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  let failure: Error | null = null;
  let over = false;
  let finish: () => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = () => {
      over = true;
      wake();
      if (failure) reject(failure);
      else resolve();
    };
  });
  ended.catch(() => undefined);
  const stop = client.subscribe<Data>(
    { query: print(document), variables },
    {
      next({ data, errors }) {
        if (errors) failure ??= new OperationFailed(errors as readonly GraphQLFormattedError[]);
        else if (data) received.push(data);
        wake();
      },
      error(error) {
        failure ??= Array.isArray(error)
          ? new OperationFailed(error as readonly GraphQLFormattedError[])
          : error instanceof Error
            ? error
            : new Error(`closed: ${JSON.stringify(error)}`);
        finish();
      },
      complete: () => finish(),
    },
  );

  async function until(accepts: (data: Data, index: number) => boolean): Promise<Data> {
    for (let index = 0; ; ) {
      for (; index < received.length; index++) {
        const data = received[index] as Data;
        if (accepts(data, index)) return data;
      }
      if (failure) throw failure;
      if (over) throw new Error(`the subscription ended after ${received.length} messages`);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  }
  return { received, until, message: (place) => until((_, index) => index === place), ended, stop };
}
