import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FormattedExecutionResult } from 'graphql';
import { type Pass, RETRY_AFTER_S, type Refusal, TOO_MANY_OF_ACTOR } from '../admission.ts';
import type { Context } from '../context.ts';
import { failure } from '../errors.ts';
import type { ResumableFeed } from '../feeds/feed.ts';
import type { Pipeline } from '../pipeline.ts';
import { METHODS, operationIn, type Refused, refusalOf, resumeAfterIn } from './request.ts';
import { type EventStream, type EventStreamOptions, openEventStream } from './stream.ts';

export interface EventStreamsOptions {
  readonly path: string;
  readonly pipeline: Pipeline;
  readonly contextFor: (reply: FastifyReply, resumeAfter: bigint | null) => Context;
  /** Whether a request with these headers may connect: browsers let any page try. */
  readonly requestAllowed: (headers: IncomingHttpHeaders) => boolean;
  /** Lets a stream in, or says why not. */
  readonly enter: (request: IncomingMessage) => Pass | Refusal;
  /** Tokens that a document may have. */
  readonly maxTokens: number;
  readonly limits: Pick<EventStreamOptions, 'keepAliveMs' | 'blockedMs'>;
}

/** What a request leads to. */
type Result = FormattedExecutionResult | ResumableFeed<string>;

/** What pages of the allowed origins may send, and what they may read besides the body. */
const PREFLIGHT_HEADERS = {
  allow: METHODS,
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': 'content-type, last-event-id, x-correlation-id',
  'access-control-max-age': '7200',
};
const EXPOSED_HEADERS = 'x-correlation-id, retry-after';

const FOREIGN: Refused = {
  status: 403,
  message: 'Pages of this origin may not connect. Add it to ALLOWED_ORIGINS if they should.',
};
const PIPELINED: Refused = {
  status: 400,
  message: 'A stream needs a connection that is not waiting for another answer.',
};
const FOREIGN_ID: Refused = { status: 400, message: 'Last-Event-ID: it must be the id of an event of this stream.' };
const STOPPING: Refused = { status: 503, code: 'UNAVAILABLE', message: 'The server is stopping. Connect again.' };

const tooMany = ({ status, message }: Omit<Refused, 'code' | 'headers'>): Refused => ({
  ...{ status, message, code: 'TOO_MANY_REQUESTS' },
  headers: { 'retry-after': String(RETRY_AFTER_S) },
});

/** With the cursor as its id, if there is one: browsers connect again by themselves, and tell the last id then. */
const next = (result: string, cursor: bigint | null = null): string =>
  `${cursor === null ? '' : `id: ${cursor}\n`}event: next\ndata: ${result}\n\n`;
/** With data, though it has none: EventSource passes on no event without. */
const COMPLETE = 'event: complete\ndata: \n\n';

/**
 * GraphQL over server-sent events, distinct connections mode
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). graphql-sse's own handler is not used: it pulls
 * results as fast as they come into a list without bound, so a slow reader would not hold its feed back.
 */
export function serveEventStreams(app: FastifyInstance, options: EventStreamsOptions): { close(): Promise<void> } {
  const {
    path,
    pipeline,
    limits: { keepAliveMs, blockedMs },
  } = options;
  const open = new Set<EventStream>();
  let closing = false;

  const refuse = (reply: FastifyReply, { status, message, code = 'BAD_USER_INPUT', headers = {} }: Refused) =>
    reply.code(status).headers(headers).send(failure(code, message));

  /** First of all, so that pages of other origins can also read why something is refused. */
  function onRequest(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
    const { method, headers } = request;
    void reply.header('vary', 'origin');
    if (!options.requestAllowed(headers)) return void refuse(reply, FOREIGN);
    if (headers.origin !== undefined) {
      void reply.header('access-control-allow-origin', headers.origin);
      void reply.header('access-control-expose-headers', EXPOSED_HEADERS);
    }
    if (method === 'OPTIONS') return void reply.code(204).headers(PREFLIGHT_HEADERS).send();
    const refused = refusalOf(request);
    if (refused) return void refuse(reply, refused);
    next();
  }

  async function answer(reply: FastifyReply, result: Result): Promise<void> {
    reply.hijack();
    const stream = openEventStream(reply.raw, {
      headers: reply.getHeaders() as OutgoingHttpHeaders,
      keepAliveMs,
      blockedMs,
    });
    open.add(stream);
    try {
      if (isStream(result)) {
        void stream.closed.then(() => result.return());
        for await (const text of result) {
          // Leaving the loop ends the feed.
          if (!(await stream.send(next(text, result.cursor())))) break;
        }
        // One that was ended from outside takes no more: its client connects again.
        await stream.send(COMPLETE);
      } else await stream.send(next(JSON.stringify(result)) + COMPLETE);
    } finally {
      stream.end();
      await stream.closed;
      open.delete(stream);
    }
  }

  app.all(path, { onRequest }, async (request, reply) => {
    if (closing) return refuse(reply, STOPPING);
    // Its writes would wait for that other answer, and nobody would hear of its end.
    if (!reply.raw.socket) return refuse(reply, PIPELINED);
    const operation = operationIn(request, options.maxTokens);
    if ('status' in operation) return refuse(reply, operation);
    const resumeAfter = resumeAfterIn(request);
    if (resumeAfter === undefined) return refuse(reply, FOREIGN_ID);
    const pass = options.enter(request.raw);
    if ('status' in pass) return refuse(reply, tooMany(pass));
    try {
      const context = options.contextFor(reply, resumeAfter);
      if (!pass.as(context.actor)) return refuse(reply, tooMany({ status: 429, message: TOO_MANY_OF_ACTOR }));
      const result = await pipeline.run(operation, context);
      // Meanwhile its client may have gone, or the server have begun to stop.
      if (reply.raw.destroyed || (closing && isStream(result))) {
        if (isStream(result)) await result.return();
        return refuse(reply, STOPPING);
      }
      await answer(reply, result);
      return reply;
    } finally {
      pass.leave();
    }
  });

  return {
    async close() {
      closing = true;
      for (const stream of open) stream.end();
      await Promise.all([...open].map((stream) => stream.closed));
    },
  };
}

const isStream = (result: Result): result is ResumableFeed<string> => Symbol.asyncIterator in result;
