import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLSchema } from 'graphql';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { addressOf, trustIn } from '../../../../src/graphql/addresses.ts';
import { type Admission, type AdmissionLimits, createAdmission } from '../../../../src/graphql/admission.ts';
import type { Context } from '../../../../src/graphql/context.ts';
import { type Feed, feed } from '../../../../src/graphql/feeds/feed.ts';
import { createPipeline } from '../../../../src/graphql/pipeline.ts';
import type { ConnectionParams } from '../../../../src/graphql/sockets/conversation.ts';
import { serveWebSockets, type WebSocketOptions, type WebSockets } from '../../../../src/graphql/sockets/serve.ts';
import type { SocketLimits } from '../../../../src/graphql/sockets/socket.ts';
import type { LogLine } from '../../../support/server.ts';

const LIMITS: SocketLimits = {
  operations: 100,
  messageBytes: 2 ** 18,
  messagesPerSecond: 1_000_000,
  initWaitMs: 3_600_000,
  keepAliveMs: 3_600_000,
  blockedMs: 3_600_000,
};

interface ServeOptions extends Partial<SocketLimits>, Pick<WebSocketOptions, 'closeMs' | 'answerMs'> {
  readonly admission?: Partial<AdmissionLimits>;
  readonly trustedProxies?: readonly string[];
  readonly contextFor?: (request: IncomingMessage, params: ConnectionParams) => Context | Promise<Context>;
}

/** The transport alone, with the pipeline behind it and a schema of a few fields that tests can look into. */
export interface Served {
  readonly url: string;
  readonly sockets: WebSockets;
  readonly admission: Admission;
  readonly fields: Fields;
  /** Everything that was logged at level warn or above. */
  readonly logged: readonly LogLine[];
}

/** What the fields of the schema wait for and have done. */
export interface Fields {
  /** Feeds that have begun and not ended. */
  readonly feeds: number;
  /** Values that feeds were asked for and have given. */
  readonly pulled: number;
  /** Operations that wait in `held`. */
  readonly holding: number;
  /** Answers what waits in `held`, and whatever asks for it later. */
  release(): void;
}

const SDL = `
  type Query { hello: String  actor: String  held: Int  broken: Int }
  type Mutation { held: Int }
  type Subscription {
    "The numbers up to a number."
    count(to: Int!): Int
    "Texts of a length without end, as fast as they are taken."
    texts(length: Int!): String
    "Nothing, ever."
    silence: Int
    "One number, and then an error."
    failing: Int
  }
`;

export const contextOf = (actor: string | null): Context =>
  ({ actor, correlationId: '0198c0de-7a11-7000-8000-00000000abcd', slot: null }) as unknown as Context;

/** Serves WebSockets for the test that runs. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { admission: admitted, trustedProxies = [], contextFor, closeMs, answerMs, ...limits } = options;
  const { schema, fields } = schemaForTests();
  const logged: LogLine[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const pipeline = await createPipeline({ schema, logger, maxTokens: 1_000, introspection: true, queryPlans: 'never' });
  const server = createServer();
  const admission = createAdmission({ total: 10_000, perAddress: 10_000, perActor: 10_000, ...admitted });
  const trust = trustIn(trustedProxies);
  const sockets = serveWebSockets({
    ...{ server, pipeline, logger, path: '/graphql', limits: { ...LIMITS, ...limits } },
    ...(closeMs && { closeMs }),
    ...(answerMs && { answerMs }),
    contextFor: contextFor ?? (() => contextOf(null)),
    requestAllowed: () => true,
    enter: (request) => admission.enter(addressOf(request, trust)),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    fields.release();
    await sockets.close();
    await new Promise((resolve) => server.close(resolve));
    await pipeline.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/graphql`, sockets, admission, fields, logged };
}

/** A schema whose fields tests can look into. */
export function schemaForTests(): { schema: GraphQLSchema; fields: Fields } {
  let feeds = 0;
  let pulled = 0;
  let holding = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });

  const counted = <T>(pull: (signal: AbortSignal) => Feed<T>): Feed<T> =>
    feed(async function* (signal) {
      feeds++;
      try {
        for await (const value of pull(signal)) {
          pulled++;
          yield value;
        }
      } finally {
        feeds--;
      }
    });
  const held = async () => {
    holding++;
    await released;
    holding--;
    return 1;
  };

  const schema = buildSchema(SDL);
  const resolve = (type: string, field: string, resolver: (args: never, context: Context) => unknown) => {
    const definition = schema.getType(type);
    if (!definition || !('getFields' in definition)) throw new Error(type);
    Object.assign(definition.getFields()[field] as object, {
      [type === 'Subscription' ? 'subscribe' : 'resolve']: (_: unknown, args: never, context: Context) =>
        resolver(args, context),
      ...(type === 'Subscription' && { resolve: (value: unknown) => value }),
    });
  };
  resolve('Query', 'hello', () => 'world');
  resolve('Query', 'actor', (_, { actor }) => actor);
  resolve('Query', 'held', held);
  resolve('Mutation', 'held', held);
  resolve('Query', 'broken', () => {
    throw new Error('the secret reason');
  });
  resolve('Subscription', 'count', ({ to }: { to: number }) =>
    counted(async function* () {
      for (let n = 1; n <= to; n++) yield n;
    }),
  );
  resolve('Subscription', 'texts', ({ length }: { length: number }) =>
    counted(async function* (signal) {
      const text = 'x'.repeat(length);
      while (!signal.aborted) yield text;
    }),
  );
  resolve('Subscription', 'silence', () =>
    counted(async function* (signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield* [];
    }),
  );
  resolve('Subscription', 'failing', () =>
    counted(async function* () {
      yield 1;
      throw new Error('the secret reason');
    }),
  );
  const fields: Fields = {
    get feeds() {
      return feeds;
    },
    get pulled() {
      return pulled;
    },
    get holding() {
      return holding;
    },
    release: () => release(),
  };
  return { schema, fields };
}
