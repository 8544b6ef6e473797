import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, type ExecutionArgs, type FormattedExecutionResult, GraphQLError, parse } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Pass, RETRY_AFTER_S, type Refusal } from './admission.ts';
import type { Context } from './context.ts';
import type { Pipeline, Results } from './pipeline.ts';

export interface WebSocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly pipeline: Pipeline;
  readonly logger: Logger;
  readonly contextFor: (request: IncomingMessage) => Context;
  /** Whether a request with these headers may connect: browsers let any page try. */
  readonly requestAllowed: (headers: IncomingMessage['headers']) => boolean;
  /** Lets a connection in, or says why not. */
  readonly enter: (request: IncomingMessage) => Pass | Refusal;
  /** Bytes of one message. */
  readonly maxPayload: number;
  /** How often a peer has to answer a ping, ms; one that does not is cut off. */
  readonly keepAliveMs: number;
}

/** What the pipeline made of a request: graphql-ws asks for it in pieces. */
interface Answered {
  readonly result: FormattedExecutionResult | Results;
}

/** graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md) on the server's own port. */
export function serveWebSockets(options: WebSocketOptions): { close(): Promise<void> } {
  const { server, path, pipeline, logger } = options;
  const sockets = new WebSocketServer({ noServer: true, handleProtocols, maxPayload: options.maxPayload });

  const protocol = makeServer<Record<string, unknown>, { request: IncomingMessage; send: Send }>({
    // Everything happens in the pipeline. graphql-ws then only has to know whether to stream, so it gets a document
    // of that kind, and the finished result where it would execute.
    async onSubscribe({ extra }, id, { query, variables, operationName, extensions }) {
      const result = await pipeline.run(
        {
          query,
          ...(variables && { variables }),
          ...(operationName && { operationName }),
          ...(extensions && { extensions }),
        },
        options.contextFor(extra.request),
      );
      // As the protocol has it: errors before execution end the operation in an `error` message.
      if ('errors' in result && !('data' in result)) return [new RequestErrors(result)];
      const answered = (document: DocumentNode, answer: Answered['result']) =>
        ({ document, rootValue: { result: answer } satisfies Answered }) as unknown as ExecutionArgs;
      return Symbol.asyncIterator in result
        ? answered(aSubscription, sending(result, id, extra.send))
        : answered(aQuery, result);
    },
    execute: ({ rootValue }) => (rootValue as Answered).result as never,
    subscribe: ({ rootValue }) => (rootValue as Answered).result as never,
    // Results are formatted already.
    onNext: (_ctx, _id, _payload, _args, result) => result as never,
    onError: (_ctx, _id, _payload, [error]) => {
      if (error instanceof RequestErrors) return error.formatted.errors as never;
      logger.error({ err: error?.originalError ?? error }, 'websocket defect');
      return [{ message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] as never;
    },
  });

  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    let alive = true;
    const ping = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
    }, options.keepAliveMs);
    socket.on('pong', () => {
      alive = true;
    });
    // `ws` closes the socket itself, with the code that fits (1009 for a message that is too long).
    socket.on('error', (error) => logger.debug({ err: error }, 'websocket error'));

    // Waiting until it is written is what holds a feed back when its reader is slow.
    // A peer that has gone meanwhile is no error: `close` follows.
    const send: Send = (data) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        socket.send(data, () => resolve());
      });
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send,
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            handle(String(data)).catch((error) => {
              if (socket.readyState !== socket.OPEN) return;
              logger.error({ err: error }, 'websocket defect');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          });
        },
      },
      { request, send },
    );
    socket.once('close', (code, reason) => {
      clearInterval(ping);
      closed(code, String(reason)).catch((error) => logger.error({ err: error }, 'websocket defect'));
    });
  });

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== path) return void refuse('404 Not Found');
    if (!options.requestAllowed(request.headers)) return void refuse('403 Forbidden');
    const pass = options.enter(request);
    if ('status' in pass) return void refuseEntry(socket, pass);
    socket.once('close', pass.leave);
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request));
  }
  server.on('upgrade', upgrade);

  return {
    async close() {
      server.off('upgrade', upgrade);
      // 1001 going away: graphql-ws clients connect again.
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      const gone = Promise.all(
        [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
      );
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_MS);
      await gone;
      clearTimeout(cut);
    },
  };
}

function refuseEntry(socket: Duplex, { status, message }: Refusal): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'TOO_MANY_REQUESTS' } }] });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      `Retry-After: ${RETRY_AFTER_S}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

/** How long a peer may take to answer a closing handshake, ms. */
const CLOSE_MS = 2_000;

/** Resolves once it is written. */
type Send = (data: string) => Promise<void>;

/**
 * The results of a subscription on their way to its client. They are JSON already, so they are sent from here, and
 * graphql-ws, which would serialise them for each client anew, only learns that they have come to their end.
 */
function sending(results: Results, id: string, send: Send): Results {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  let stopped = false;
  return {
    async next() {
      for (;;) {
        const { done, value } = await results.next();
        if (done || stopped) return { done: true, value: undefined };
        await send(`${head}${value}}`);
      }
    },
    return() {
      stopped = true;
      return results.return();
    },
    throw: (error) => results.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const aQuery = parse('{ __typename }');
const aSubscription = parse('subscription { __typename }');

/** Carries formatted errors through graphql-ws, which wants instances of GraphQLError. */
class RequestErrors extends GraphQLError {
  constructor(readonly formatted: { readonly errors?: FormattedExecutionResult['errors'] }) {
    super('request errors');
  }
}
