import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildSchema } from '../../src/graphql/schema.ts';
import { modules } from '../../src/modules/index.ts';
import { httpClient, post, webSocketClient } from '../support/clients.ts';
import { RegisterUserDocument } from '../support/operations.ts';
import { openServer, type TestServer } from '../support/server.ts';
import { badValuesFor } from './support/bad-values.ts';
import { type GraphQLRequest, leafOf, nameOf, type Place, placesOf, requestWith } from './support/places.ts';
import { type Errors, expectRefusal, overWebSocket } from './support/refusal.ts';

vi.setConfig({ testTimeout: 30_000 });

// One server for all: nothing here writes, which every test makes sure of.
let server: TestServer;
let sockets: Client;
beforeAll(async () => {
  // As much over a WebSocket as over HTTP, and as often as this asks.
  server = await openServer({ SOCKET_MESSAGE_BYTES: String(2 ** 21), SOCKET_MESSAGES_PER_SECOND: '100000' });
  // The log has one event, so that there is a head to be beyond of.
  await httpClient(server.url)(RegisterUserDocument, { input: { email: 'ada@example.org' } });
  sockets = webSocketClient(server.webSocketUrl);
});
afterAll(async () => {
  await sockets?.dispose();
  await server?.close();
});

const transports: Record<string, { send(request: GraphQLRequest): Promise<Errors>; takes: (place: Place) => boolean }> =
  {
    HTTP: {
      send: async (request) => (await post(server.url, request)).errors,
      takes: ({ operation }) => operation !== 'subscription',
    },
    WebSocket: { send: (request) => overWebSocket(sockets, request), takes: () => true },
  };

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
        .map((form) => [bad.id, form, bad.value] as const),
    );
    it.each(forms)('refuses %s in a %s', async (_id, form, value) => {
      const before = await server.written();
      const logged = server.logged.length;

      const errors = await send(requestWith(schema, place, value, form));

      expectRefusal(errors, leafOf(place));
      expect(server.logged.slice(logged)).toEqual([]);
      expect(await server.written()).toEqual(before);
    });
  });
});
