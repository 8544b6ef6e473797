import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify from 'fastify';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { type Admission, type AdmissionLimits, createAdmission } from '../../../../src/graphql/admission.ts';
import { createPipeline } from '../../../../src/graphql/pipeline.ts';
import { type EventStreamsOptions, serveEventStreams } from '../../../../src/graphql/sse/serve.ts';
import type { LogLine } from '../../../support/server.ts';
import { contextOf, type Fields, schemaForTests } from '../../sockets/support/serve.ts';

interface ServeOptions extends Partial<EventStreamsOptions['limits']> {
  readonly admission?: Partial<AdmissionLimits>;
  readonly actor?: string;
}

/** The transport alone, with the pipeline behind it and a schema of a few fields that tests can look into. */
export interface Served {
  readonly url: string;
  readonly admission: Admission;
  readonly fields: Fields;
  /** Everything that was logged at level warn or above. */
  readonly logged: readonly LogLine[];
  /** Ends the streams, and leaves the server there. */
  close(): Promise<void>;
}

/** Serves event streams for the test that runs. */
export async function serve({ admission: admitted, actor, ...limits }: ServeOptions = {}): Promise<Served> {
  const { schema, fields } = schemaForTests();
  const logged: LogLine[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const pipeline = await createPipeline({ schema, logger, maxTokens: 1_000, introspection: true, queryPlans: 'never' });
  const admission = createAdmission({ total: 10_000, perAddress: 10_000, perActor: 10_000, ...admitted });
  const app = fastify({ forceCloseConnections: 'idle' });
  const streams = serveEventStreams(app, {
    ...{ pipeline, path: '/graphql/stream', maxTokens: 1_000 },
    limits: { keepAliveMs: 3_600_000, blockedMs: 3_600_000, ...limits },
    contextFor: () => contextOf(actor ?? null),
    requestAllowed: () => true,
    enter: ({ socket }) => admission.enter(socket.remoteAddress ?? ''),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    fields.release();
    await streams.close();
    await app.close();
    await pipeline.close();
  });
  return { url: `${url}/graphql/stream`, admission, fields, logged, close: () => streams.close() };
}

/** Asks over plain TCP, and reads nothing. */
export async function ask(url: string, query: string, times = 1): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const peer = connect(Number(port), hostname);
  onTestFinished(() => void peer.destroy());
  peer.on('error', () => undefined);
  await once(peer, 'connect');
  const search = new URLSearchParams({ query });
  peer.write(
    `GET ${pathname}?${search} HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\n\r\n`.repeat(times),
  );
  return peer;
}
