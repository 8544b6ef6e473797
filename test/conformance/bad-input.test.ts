import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { errorCodes } from '../../src/eventsourcing/errors.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { modules } from '../../src/modules/index.ts';
import { httpClient, post, webSocketClient } from '../support/clients.ts';
import { RegisterUserDocument } from '../support/operations.ts';
import { openServer, type TestServer } from '../support/server.ts';
import { badValuesFor, SECRET } from './support/bad-values.ts';
import { type GraphQLRequest, leafOf, nameOf, type Place, placesOf, requestWith } from './support/places.ts';

vi.setConfig({ testTimeout: 30_000 });

// One server for all: nothing here writes, which every test makes sure of.
let server: TestServer;
let sockets: Client;
beforeAll(async () => {
  server = await openServer();
  // The log has one event, so that there is a head to be beyond of.
  await httpClient(server.url)(RegisterUserDocument, { input: { email: 'ada@example.org' } });
  sockets = webSocketClient(server.webSocketUrl);
});
afterAll(async () => {
  await sockets?.dispose();
  await server?.close();
});

type Errors = readonly GraphQLFormattedError[] | undefined;

const transports: Record<string, { send(request: GraphQLRequest): Promise<Errors>; takes: (place: Place) => boolean }> =
  {
    HTTP: {
      send: async (request) => (await post(server.url, request)).errors,
      takes: ({ operation }) => operation !== 'subscription',
    },
    WebSocket: { send: (request) => overWebSocket(request), takes: () => true },
  };

/** The errors that end an operation, or none with its first result. */
const overWebSocket = (request: GraphQLRequest): Promise<Errors> =>
  new Promise((resolve, reject) => {
    const stop = sockets.subscribe(request as { query: string; variables: Record<string, unknown> }, {
      next({ errors }) {
        resolve(errors as Errors);
        stop();
      },
      error: (error) =>
        Array.isArray(error) ? resolve(error) : reject(new Error(`the socket closed: ${JSON.stringify(error)}`)),
      complete: () => resolve(undefined),
    });
  });

/** What holds for the refusal of any input. */
function expectRefusal(errors: Errors, name?: string, form?: 'variable' | 'literal'): void {
  expect(errors, 'the value was accepted').toBeDefined();
  for (const error of errors ?? []) {
    expect(error.extensions?.code).toBe('BAD_USER_INPUT' satisfies keyof typeof errorCodes);
    expect(error.message.length).toBeLessThanOrEqual(600);
    expect(JSON.stringify(error)).not.toContain(SECRET);
    expect(JSON.stringify(error)).not.toMatch(/node_modules|\.[jt]s:\d|stack/i);
    // A literal has a place in the document, to which `locations` points.
    if (name && !(form === 'literal' && error.locations)) expect(error.message).toContain(name);
  }
}

describe.each(Object.entries(transports))('over %s', (_transport, { send, takes }) => {
  const schema = buildSchema(modules);
  describe.each(
    placesOf(schema)
      .filter(takes)
      .map((place) => [nameOf(place), place] as const),
  )('%s', (_name, place) => {
    const forms = badValuesFor(place).flatMap((bad) =>
      (['variable', 'literal'] as const)
        .filter((form) => form === (bad.only ?? form))
        .map((form) => ({ ...bad, form })),
    );
    it.each(forms)('refuses: $id, as a $form', async ({ value, form }) => {
      const before = await server.written();
      const logged = server.logged.length;

      const errors = await send(requestWith(schema, place, value, form));

      expectRefusal(errors, leafOf(place), form);
      expect(server.logged.slice(logged)).toEqual([]);
      expect(await server.written()).toEqual(before);
    });
  });
});
