import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify, { type FastifyBaseLogger, type FastifyReply } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Dispatch, DispatchAll } from '../log/commands.ts';
import { newId } from '../log/ids.ts';
import { addressOf, trustIn } from './addresses.ts';
import { type AdmissionLimits, createAdmission } from './admission.ts';
import type { Context, Services } from './context.ts';
import { failure } from './errors.ts';
import type { QueryPlans } from './execution/executor.ts';
import { createHealth } from './health.ts';
import { createOrigins } from './origins.ts';
import { page } from './page.ts';
import { createPipeline } from './pipeline.ts';
import { toUuid } from './scalars.ts';
import { serveWebSockets } from './sockets/serve.ts';
import type { SocketLimits } from './sockets/socket.ts';
import { serveEventStreams } from './sse/serve.ts';
import { watchUnused } from './unused.ts';

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly dispatch: Dispatch;
  readonly dispatchAll: DispatchAll;
  readonly logger: Logger;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Bytes of one HTTP request. */
  readonly requestBytes: number;
  readonly maxTokens: number;
  readonly introspection: boolean;
  readonly queryPlans: QueryPlans;
  /** Origins of web pages that may connect, besides the server's own. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Of connections that stay open, over all transports. */
  readonly admission: AdmissionLimits;
  /** Of each WebSocket and event stream. */
  readonly sockets: SocketLimits;
}

export interface Server {
  readonly url: string;
  /** Refuses new requests, answers those under way, and ends the sockets. */
  close(): Promise<void>;
}

/** How long the head of an HTTP request may take to come in, and all of it, ms; then it is refused with 408. */
const HEAD_MS = 20_000;
const REQUEST_MS = 60_000;

type HttpError = Error & { statusCode?: number };

const PATH = '/graphql';
/** The page runs its own script and talks to its own server, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";
const CORRELATION_HEADER = 'x-correlation-id';

/** Serves the schema over HTTP, WebSocket and server-sent events on one port. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { schema, services, dispatch, dispatchAll, logger } = options;
  const pipeline = await createPipeline({
    schema,
    logger,
    maxTokens: options.maxTokens,
    introspection: options.introspection,
    queryPlans: options.queryPlans,
  });

  function contextFor(correlationId: string, resumeAfter: bigint | null = null): Context {
    const cause = { actor: null, correlationId, causationId: null };
    // Not by spreading, which takes as long as all the rest of a context.
    return Object.assign(Object.create(services) as Services, {
      actor: cause.actor,
      correlationId,
      resumeAfter,
      slot: null,
      dispatch: (...[decider, id, command, input]: Parameters<Context['dispatch']>) =>
        dispatch(decider, id, command, input, cause),
      dispatchAll: (...[steps, input]: Parameters<Context['dispatchAll']>) => dispatchAll(steps, input, cause),
    });
  }

  /** Answers what fails before GraphQL: no JSON, too large, another media type. */
  function refuse(error: HttpError, reply: FastifyReply) {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(failure('BAD_USER_INPUT', error.message));
    logger.error({ err: error }, 'defect');
    return reply.code(status).send(failure('INTERNAL_SERVER_ERROR', 'Internal server error'));
  }

  const { hostAllowed, requestAllowed } = createOrigins(options);
  const trust = trustIn(options.trustedProxies);
  const admission = createAdmission(options.admission);
  let closing = false;
  const app = fastify({
    trustProxy: trust,
    // Also for requests that are to become WebSockets.
    http: { headersTimeout: HEAD_MS, connectionsCheckingInterval: HEAD_MS / 4 },
    requestTimeout: REQUEST_MS,
    bodyLimit: options.requestBytes,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => void refuse(error, reply as unknown as FastifyReply),
    loggerInstance: logger.child({}, { level: 'warn' }) as FastifyBaseLogger,
    // One for all requests: theirs would tell nothing more.
    childLoggerFactory: (parent) => parent,
  });
  app.addHook('onRequest', (request, reply, next) => {
    // Whatever is answered can be found in the log.
    void reply.header(CORRELATION_HEADER, correlationOf(request.headers));
    if (!hostAllowed(request.headers.host)) {
      const message = 'The Host header names another server. Proxies: set ALLOWED_ORIGINS to the public origin.';
      return void reply.code(421).send(failure('BAD_USER_INPUT', message));
    }
    next();
  });
  // A connection that is kept alive would hold up the stop.
  app.addHook('onSend', (_request, reply, _payload, next) => {
    if (closing) void reply.header('connection', 'close');
    next();
  });
  const endUnused = watchUnused(app.server);
  app.addHook('preClose', (done) => {
    endUnused();
    done();
  });
  app.setErrorHandler((error: HttpError, _request, reply) => refuse(error, reply));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(failure('BAD_USER_INPUT', `GraphQL is served at ${PATH}.`)),
  );
  app.route<{ Querystring: { query?: string } }>({
    method: ['GET', 'POST'],
    url: PATH,
    preHandler({ method, query, headers }, reply, next) {
      const isBrowser = method === 'GET' && query.query === undefined && headers.accept?.includes('text/html');
      if (!isBrowser) return next();
      void reply.type('text/html').header('content-security-policy', PAGE_POLICY).send(page);
    },
    handler: fastifyApolloHandler(pipeline.apollo, {
      context: async (_request, reply) => contextFor(String(reply.getHeader(CORRELATION_HEADER))),
    }),
  });
  const { health, metrics } = createHealth(() => services.projections.status(), {
    sockets: () => admission.size,
    subscriptions: () => webSockets.subscriptions,
  });
  for (const [url, report] of Object.entries({ '/health': health, '/metrics': metrics })) {
    app.get(url, async (_request, reply) => {
      const { status, type, body } = await report();
      return reply.code(status).type(type).send(body);
    });
  }
  const transport = {
    pipeline,
    requestAllowed,
    enter: (request: IncomingMessage) => admission.enter(addressOf(request, trust)),
    limits: options.sockets,
  };
  const eventStreams = serveEventStreams(app, {
    ...transport,
    path: `${PATH}/stream`,
    contextFor: (reply, resumeAfter) => contextFor(String(reply.getHeader(CORRELATION_HEADER)), resumeAfter),
    maxTokens: options.maxTokens,
  });
  const webSockets = serveWebSockets({
    ...transport,
    server: app.server,
    path: PATH,
    logger,
    contextFor: (request: IncomingMessage) => contextFor(correlationOf(request.headers)),
  });
  await app.listen({ host: options.host, port: options.port });

  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}${PATH}`,
    async close() {
      closing = true;
      await Promise.all([webSockets.close(), eventStreams.close()]);
      await app.close();
      await pipeline.close();
    },
  };
}

/** The id that the client gave its request, or a new one. */
function correlationOf(headers: IncomingHttpHeaders): string {
  const given = headers[CORRELATION_HEADER];
  return (typeof given === 'string' && toUuid(given)) || newId();
}
