import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApolloServer, type GraphQLRequest } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GatewayExecutionResult } from '@apollo/server-gateway-interface';
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import type { Logger } from 'pino';
import { type ErrorCode, TidemarkError } from '../eventsourcing/errors.ts';
import type { Context, StreamSlot } from './context.ts';
import { type ErrorOrigin, isDefect, presentError } from './errors.ts';
import { createExecutor, type QueryPlans } from './execution/executor.ts';
import { type Feed, mapFeed, type ResumableFeed } from './feeds/feed.ts';
import { createSharing } from './sharing.ts';
import { refuseUnstorable } from './storable.ts';
import { refuseMultiplied } from './written-out.ts';

/** The results of a subscription, each as JSON, ready to be sent. */
export type Results = Feed<string>;

/** Results of one subscription before everything else has its turn. */
const IN_A_TURN = 16;

export interface PipelineOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Tokens that a document may have. */
  readonly maxTokens: number;
  readonly introspection: boolean;
  readonly queryPlans: QueryPlans;
}

/**
 * The one way from a request to its answer, whatever the transport: parse, limit, validate, execute, mask. It is Apollo
 * Server's; the executor behind it also knows subscriptions, which Apollo itself does not.
 */
export interface Pipeline {
  /** For the HTTP integration. */
  readonly apollo: ApolloServer<Context>;
  /** For other transports: one result, or, for a subscription, a stream of them. */
  run(request: GraphQLRequest, context: Context): Promise<FormattedExecutionResult | ResumableFeed<string>>;
  close(): Promise<void>;
}

export async function createPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { schema, logger, maxTokens, introspection } = options;
  const run = createExecutor(schema, options.queryPlans);
  const sharing = createSharing(schema);
  // Apollo formats errors without their request, so the request leaves what it knows with each error.
  const origins = new WeakMap<object, ErrorOrigin>();

  function report(errors: readonly GraphQLError[], { correlationId }: Context, document?: DocumentNode): void {
    for (const error of errors) {
      origins.set(error, { correlationId, document });
      if (isDefect(error))
        logger.error({ correlationId, err: error.originalError ?? error, path: error.path }, 'defect');
    }
  }

  async function openStream(args: ExecutionArgs): Promise<ExecutionResult> {
    const { slot } = args.contextValue as Context;
    if (!slot) {
      throw new TidemarkError(
        'BAD_USER_INPUT',
        'Subscriptions run over WebSocket (graphql-transport-ws) on this path, or as server-sent events on /graphql/stream.',
      );
    }
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    slot.results = resultsOf(source as Feed<unknown>, args);
    return { data: null };
  }

  function presentResult({ errors, ...result }: ExecutionResult, context: Context): FormattedExecutionResult {
    if (!errors) return result;
    report(errors, context);
    return { ...result, errors: errors.map((error) => presentError(error, context)) };
  }

  /** The values of a feed as results, executed and serialised once for all who get the same. */
  function resultsOf(source: Feed<unknown>, args: ExecutionArgs): ResumableFeed<string> {
    const context = args.contextValue as Context;
    const audience = sharing.audienceOf(args);
    const asText = (result: ExecutionResult) => JSON.stringify(presentResult(result, context));
    async function execute(value: unknown): Promise<ExecutionResult> {
      const result = await run({ ...args, rootValue: value });
      if (!result.data) throw new NoData(result);
      return result;
    }
    async function make(value: unknown): Promise<string> {
      const message = await sharing.make(audience, value, async () => {
        const result = await execute(value);
        // Errors are told to each by itself: they name the request.
        return result.errors ? null : JSON.stringify(result);
      });
      return message ?? asText(await execute(value));
    }
    let last: unknown = null;
    let pulled = 0;
    const results = mapFeed(
      source,
      (value) => {
        last = value;
        const text = sharing.known(audience, value) ?? make(value);
        // As long as a feed has something ready and the network takes it, nothing else would have its turn.
        return ++pulled % IN_A_TURN === 0 ? Promise.all([text, nextTurn()]).then(([made]) => made) : text;
      },
      (error) => {
        // What was not sent must not count as seen.
        last = null;
        return asText(error instanceof NoData ? error.result : { errors: [asGraphQLError(error)] });
      },
    );
    return Object.assign(results, { cursor: () => cursorOf(last) });
  }

  const apollo = new ApolloServer<Context>({
    gateway: {
      onSchemaLoadOrUpdate(listener) {
        listener({ apiSchema: schema, coreSupergraphSdl: '' });
        return () => undefined;
      },
      load: async () => ({
        executor: async ({ document, request, operation, context: contextValue }) => {
          const { operationName, variables: variableValues } = request;
          const args = { schema, document, operationName, contextValue, variableValues };
          const isSubscription = operation?.operation === OperationTypeNode.SUBSCRIPTION;
          return (await (isSubscription ? openStream(args) : run(args))) as GatewayExecutionResult;
        },
      }),
      stop: async () => undefined,
    },
    logger,
    nodeEnv: 'production',
    introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    parseOptions: { maxTokens },
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError: (_formatted, error) => presentError(error as GraphQLError, origins.get(error as object)),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      {
        requestDidStart: async () => ({
          didResolveOperation: async ({ document, operation, request }) => {
            if (operation) refuseMultiplied(document, operation, maxTokens);
            refuseUnstorable(document, request.variables);
          },
          willSendResponse: async ({ response: { http, body } }) => {
            const code = body.kind === 'single' && body.singleResult.errors?.[0]?.extensions?.code;
            if (http.status === 500 && code) http.status = statuses[code as ErrorCode] ?? 400;
          },
          didEncounterErrors: async ({ errors, contextValue, document }) => report(errors, contextValue, document),
        }),
      },
    ],
  });
  await apollo.start();

  return {
    apollo,
    async run(request, context) {
      const slot: StreamSlot = { results: null };
      const response = await apollo.executeOperation(request, {
        contextValue: Object.assign(Object.create(context) as Context, { slot }),
      });
      if (slot.results) return slot.results;
      if (response.body.kind !== 'single') throw new Error('incremental delivery is not supported');
      return response.body.singleResult;
    },
    close: () => apollo.stop(),
  };
}

/** A value of a feed could not be made into a result. */
class NoData extends Error {
  constructor(readonly result: ExecutionResult) {
    super('no data');
  }
}

/** Feeds that can be resumed yield values with a cursor. */
const cursorOf = (value: unknown): bigint | null =>
  typeof value === 'object' && value !== null && 'cursor' in value && typeof value.cursor === 'bigint'
    ? value.cursor
    : null;

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('stream', { originalError: error instanceof Error ? error : new Error(String(error)) });

/** HTTP statuses of requests that came to nothing; Apollo Server answers what it does not know with 500. */
const statuses: Partial<Record<ErrorCode, number>> = { INTERNAL_SERVER_ERROR: 500, UNAVAILABLE: 503 };
