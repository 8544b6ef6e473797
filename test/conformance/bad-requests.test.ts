import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { answerOf, httpClient, post, webSocketClient } from '../support/clients.ts';
import {
  ChangeUserEmailDocument,
  DeactivateUserDocument,
  RegisterUserDocument,
  UsersDocument,
} from '../support/operations.ts';
import { openServer, serverForTest, type TestServer } from '../support/server.ts';
import { SECRET } from './support/bad-values.ts';
import { expectPresentable, expectRefusal, overWebSocket } from './support/refusal.ts';

vi.setConfig({ testTimeout: 30_000 });

const USER = '0198c0de-7a11-7000-8000-00000000002a';
const COMMAND = '0198c0de-7a11-7000-8000-0000000000c0';
const REGISTER = 'mutation ($input: RegisterUserInput!) { registerUser(input: $input) { __typename } }';

// One server for all: nothing here writes, which every test makes sure of.
let server: TestServer;
let sockets: Client;
beforeAll(async () => {
  // What is refused over HTTP for what it says has to fit into a message as well.
  server = await openServer({ SOCKET_MESSAGE_BYTES: String(2 ** 21) });
  await httpClient(server.url)(RegisterUserDocument, {
    input: { id: USER, email: 'ada@example.org', displayName: 'Ada', commandId: COMMAND },
  });
  sockets = webSocketClient(server.webSocketUrl);
});
afterAll(async () => {
  await sockets?.dispose();
  await server?.close();
});

/** Runs what must leave no trace: nothing in the log, nothing logged. */
async function leavingNoTrace<T>(work: () => Promise<T>): Promise<T> {
  const before = await server.written();
  const logged = server.logged.length;
  const result = await work();
  expect(server.logged.slice(logged)).toEqual([]);
  expect(await server.written()).toEqual(before);
  return result;
}

const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

const nested = (depth: number, open: string, close: string, inner = '') =>
  open.repeat(depth) + inner + close.repeat(depth);

/** The same field, so many times. */
const many = (count: number, field: string) => Array.from({ length: count }, (_, n) => `f${n}: ${field}`).join(' ');

/** Requests that are understood and refused, over both transports. */
const operations: {
  id: string;
  query: string;
  variables?: Record<string, unknown>;
  names: string;
  code?: 'COMMAND_ID_REUSED';
}[] = [
  // -------------------------------------------------------------- paging
  { id: 'paging/first-with-last', query: '{ users(first: 1, last: 1) { totalCount } }', names: 'last' },
  { id: 'paging/first-with-last-zero', query: '{ users(first: 0, last: 0) { totalCount } }', names: 'last' },
  { id: 'paging/events-first-zero', query: '{ events(first: 0) { cursor } }', names: 'first' },
  ...(['after', 'before'] as const).flatMap((side) => {
    const users = (id: string, cursor: string, order = 'REGISTERED_AT_ASC') => ({
      id: `cursor/${side}-${id}`,
      query: `query ($cursor: String) { users(${side}: $cursor, orderBy: ${order}) { totalCount } }`,
      variables: { cursor },
      names: side,
    });
    const time = '2026-11-23T00:00:00.000000Z';
    return [
      users('of-another-order', cursorOf('EMAIL_ASC', 'ada@example.org', USER)),
      users('of-the-other-direction', cursorOf('REGISTERED_AT_DESC', time, USER)),
      users('of-an-unknown-order', cursorOf('constructor', time, USER)),
      users('with-no-time', cursorOf('REGISTERED_AT_ASC', SECRET, USER)),
      users('with-a-number-for-a-time', cursorOf('REGISTERED_AT_ASC', 1, USER)),
      users('with-a-time-that-does-not-exist', cursorOf('REGISTERED_AT_ASC', '2026-02-30T00:00:00.000000Z', USER)),
      users('with-a-year-that-postgresql-has-not', cursorOf('REGISTERED_AT_ASC', '0000-01-01T00:00:00.000000Z', USER)),
      users('with-infinity', cursorOf('REGISTERED_AT_ASC', 'infinity', USER)),
      users('with-no-uuid', cursorOf('REGISTERED_AT_ASC', time, SECRET)),
      users('with-null-for-a-key', cursorOf('REGISTERED_AT_ASC', time, null)),
      users('with-one-part-more', cursorOf('REGISTERED_AT_ASC', time, USER, SECRET)),
      users('with-a-nul', cursorOf('EMAIL_ASC', 'a\0', USER), 'EMAIL_ASC'),
      users('with-a-lone-surrogate', cursorOf('EMAIL_ASC', 'a\ud83d', USER), 'EMAIL_ASC'),
      users('with-a-megabyte', cursorOf('EMAIL_ASC', 'a'.repeat(2 ** 20), USER), 'EMAIL_ASC'),
    ];
  }),

  // -------------------------------------------------------------- documents
  { id: 'document/unknown-field', query: '{ head unexpected }', names: 'unexpected' },
  {
    id: 'document/unknown-argument',
    query: `{ user(id: "${USER}", unexpected: "${SECRET}") { id } }`,
    names: 'unexpected',
  },
  { id: 'document/unknown-directive', query: '{ head @unexpected }', names: 'unexpected' },
  { id: 'document/unknown-type', query: 'query ($id: Unexpected) { user(id: $id) { id } }', names: 'Unexpected' },
  { id: 'document/unused-variable', query: 'query ($unused: Int) { head }', names: 'unused' },
  { id: 'document/variable-that-is-not-declared', query: '{ user(id: $id) { id } }', names: 'id' },
  {
    id: 'document/variable-of-another-type',
    query: 'query ($id: Int!) { user(id: $id) { id } }',
    variables: { id: 1 },
    names: 'id',
  },
  { id: 'document/two-operations-and-no-name', query: 'query A { head } query B { head }', names: 'operation' },
  {
    id: 'document/fragment-in-a-circle',
    query: '{ users { ...A } } fragment A on UserConnection { ...A }',
    names: 'A',
  },
  { id: 'document/no-selection', query: '{ users }', names: 'users' },
  { id: 'document/selection-of-a-scalar', query: '{ head { value } }', names: 'head' },
  { id: 'document/two-answers-for-one-name', query: `{ user(id: "${USER}") { id id: email } }`, names: 'id' },
  { id: 'document/half', query: '{ head', names: 'Syntax Error' },
  { id: 'document/no-graphql', query: 'SELECT 1', names: 'Syntax Error' },
  { id: 'document/nul', query: '{ head \0 }', names: 'Syntax Error' },
  { id: 'document/too-many-tokens', query: `{ ${'head '.repeat(6_000)} }`, names: 'tokens' },
  {
    id: 'document/multiplied-by-fragments',
    query: `{ events { ${many(100, 'events { ...E }')} } }
      fragment E on Event { ${many(100, 'metadata { ...M }')} }
      fragment M on EventMetadata { commandId }`,
    names: 'fields',
  },
  { id: 'document/1-mb-of-a-name', query: `{ ${'a'.repeat(2 ** 20)} }`, names: 'aaa' },
  {
    id: 'document/1-mb-of-an-input-field',
    query: `mutation { registerUser(input: { ${'a'.repeat(2 ** 20)}: 1 }) { __typename } }`,
    names: 'Field',
  },
  { id: 'document/1-mb-of-an-argument', query: `{ user(${'a'.repeat(2 ** 20)}: 1) { id } }`, names: 'argument' },
  { id: 'document/1-mb-of-a-fragment', query: `{ ...${'a'.repeat(2 ** 20)} }`, names: 'aaa' },
  { id: 'document/only-a-fragment', query: 'fragment A on User { id }', names: 'A' },
  { id: 'document/types', query: 'type A { b: Int }', names: 'A' },

  // -------------------------------------------------------------- nesting
  { id: 'nesting/selections', query: `{ users ${nested(1_000, '{ edges', '}', ' { cursor }')} }`, names: 'edges' },
  {
    id: 'nesting/lists-in-a-literal',
    query: `{ events(filter: { types: ${nested(2_000, '[', ']')} }) { cursor } }`,
    names: 'nested',
  },
  {
    id: 'nesting/objects-in-a-literal',
    query: `{ users(filter: ${nested(1_200, '{ a: ', '}', '1')}) { totalCount } }`,
    names: 'filter',
  },
  {
    id: 'nesting/types-of-a-variable',
    query: `query ($a: ${nested(2_000, '[', ']', 'Int')}) { user(id: $a) { id } }`,
    names: 'a',
  },
  {
    id: 'nesting/fields-of-the-introspection',
    query: `{ __schema { types ${nested(8, '{ fields { type ', '} }', '{ name }')} } }`,
    names: 'introspection',
  },

  // -------------------------------------------------------------- commands
  {
    id: 'command-id/reused-for-another-input',
    query: REGISTER,
    variables: { input: { id: USER, email: `${SECRET}@example.org`, commandId: COMMAND } },
    names: 'commandId',
    code: 'COMMAND_ID_REUSED',
  },
  {
    id: 'command-id/reused-with-one-field-more-or-less',
    query: REGISTER,
    variables: { input: { id: USER, email: 'ada@example.org', commandId: COMMAND } },
    names: 'commandId',
    code: 'COMMAND_ID_REUSED',
  },
  {
    id: 'command-id/reused-for-another-user',
    query: REGISTER,
    variables: { input: { id: randomUUID(), email: 'ada@example.org', displayName: 'Ada', commandId: COMMAND } },
    names: 'commandId',
    code: 'COMMAND_ID_REUSED',
  },
  {
    id: 'command-id/reused-by-another-type-of-command',
    query: 'mutation ($input: ReactivateUserInput!) { reactivateUser(input: $input) { __typename } }',
    variables: { input: { id: USER, commandId: COMMAND } },
    names: 'commandId',
    code: 'COMMAND_ID_REUSED',
  },
  {
    id: 'command-id/reused-in-capitals',
    query: 'mutation ($input: ReactivateUserInput!) { reactivateUser(input: $input) { __typename } }',
    variables: { input: { id: USER, commandId: COMMAND.toUpperCase() } },
    names: 'commandId',
    code: 'COMMAND_ID_REUSED',
  },
];

describe.each(['HTTP', 'WebSocket'])('an operation over %s is refused:', (transport) => {
  it.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_id, { names, code, ...request }) =>
    leavingNoTrace(async () => {
      const errors =
        transport === 'HTTP' ? (await post(server.url, request)).errors : await overWebSocket(sockets, request);
      expectRefusal(errors, names, code);
    }),
  );
});

describe('a value that looks wrong but is not is answered:', () => {
  it('an expectedVersion that no user will ever have, with a VersionConflict', async () => {
    const fresh = await serverForTest();
    const run = httpClient(fresh.url);
    await run(RegisterUserDocument, { input: { id: USER, email: 'ada@example.org' } });
    const input = { id: USER, email: 'ada@lovelace.org', expectedVersion: 2 ** 31 - 1 };
    const { changeUserEmail } = await run(ChangeUserEmailDocument, { input });
    expect(changeUserEmail).toMatchObject({ __typename: 'VersionConflict', actualVersion: 1, eventsSince: [] });
    // The attempt is on record, and nothing else.
    expect(await fresh.written()).toEqual({ head: 1n, commands: 2 });
  });

  it.each([
    ['EMAIL_ASC', cursorOf('EMAIL_ASC', '', '00000000-0000-0000-0000-000000000000'), 1],
    ['EMAIL_ASC', cursorOf('EMAIL_ASC', '\uffff', USER), 0],
    ['REGISTERED_AT_ASC', cursorOf('REGISTERED_AT_ASC', '0001-01-01T00:00:00.000000Z', USER), 1],
    ['REGISTERED_AT_ASC', cursorOf('REGISTERED_AT_ASC', '9999-12-31T23:59:59.999999Z', USER), 0],
  ] as const)('a cursor of %s that points where nobody is: %s', (orderBy, after, found) =>
    leavingNoTrace(async () => {
      const { users } = await httpClient(server.url)(UsersDocument, { after, orderBy });
      expect(users.edges).toHaveLength(found);
    }),
  );

  it('an id in capitals', () =>
    leavingNoTrace(async () => {
      const { data } = await post(server.url, { query: `{ user(id: "${USER.toUpperCase()}") { id } }` });
      expect(data).toEqual({ user: { id: USER } });
    }));
});

type Send = (url: string) => Promise<Response>;

const send =
  (
    body: string | Buffer | undefined,
    headers: Record<string, string> = { 'content-type': 'application/json' },
    method = 'POST',
  ): Send =>
  (url) =>
    fetch(url, { method, headers, ...(body !== undefined && { body: body as string }) });

const get =
  (
    parameters: Record<string, string>,
    headers: Record<string, string> = { 'apollo-require-preflight': 'true' },
  ): Send =>
  (url) =>
    fetch(`${url}?${new URLSearchParams(parameters)}`, { headers });

const json = (value: unknown) => JSON.stringify(value);
const registration = `mutation { registerUser(input: { email: "${SECRET}@example.org" }) { __typename } }`;

describe('a request over HTTP is refused:', () => {
  const requests: [id: string, status: number, request: Send][] = [
    ['body/broken-json', 400, send(`{"query": "{ ${SECRET}`)],
    ['body/empty', 400, send('')],
    ['body/null', 400, send('null')],
    ['body/number', 400, send('1')],
    ['body/string', 400, send(json(SECRET))],
    ['body/no-query', 400, send(json({}))],
    ['body/query-is-null', 400, send(json({ query: null }))],
    ['body/query-is-empty', 400, send(json({ query: '' }))],
    ['body/query-is-a-number', 400, send(json({ query: 1 }))],
    ['body/query-is-a-list', 400, send(json({ query: ['{ head }'] }))],
    ['body/variables-are-a-string', 400, send(json({ query: '{ head }', variables: SECRET }))],
    ['body/variables-are-a-list', 400, send(json({ query: '{ head }', variables: [SECRET] }))],
    ['body/variables-are-a-number', 400, send(json({ query: '{ head }', variables: 1 }))],
    ['body/extensions-are-a-string', 400, send(json({ query: '{ head }', extensions: SECRET }))],
    ['body/operation-name-is-a-number', 400, send(json({ query: '{ head }', operationName: 1 }))],
    ['body/operation-name-is-unknown', 400, send(json({ query: 'query A { head }', operationName: 'B' }))],
    ['body/operation-name-with-a-nul', 400, send(json({ query: 'query A { head }', operationName: 'A\0' }))],
    ['body/batch', 400, send(json([{ query: '{ head }' }, { query: '{ head }' }]))],
    ['body/batch-of-one', 400, send(json([{ query: '{ head }' }]))],
    ['body/batch-of-none', 400, send('[]')],
    [
      'body/persisted-query',
      200,
      send(json({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } })),
    ],
    ['body/prototype', 400, send('{"query":"{ head }","__proto__":{"a":1}}')],
    ['body/prototype-in-variables', 400, send('{"query":"{ head }","variables":{"__proto__":{"a":1}}}')],
    [
      'body/constructor-in-variables',
      400,
      send('{"query":"{ head }","variables":{"constructor":{"prototype":{"a":1}}}}'),
    ],
    [
      'body/nul-in-a-variable-that-nobody-uses',
      400,
      send(json({ query: '{ head }', variables: { a: `${SECRET}\0` } })),
    ],
    [
      'body/50,000-levels-of-variables',
      400,
      send(`{"query":"{ head }","variables":{"a":${nested(50_000, '[', ']')}}}`),
    ],
    [
      'body/500,000-levels-of-variables',
      400,
      send(`{"query":"{ head }","variables":{"a":${nested(500_000, '[', ']')}}}`),
    ],
    [
      'body/50,000-levels-of-extensions',
      400,
      send(`{"query":"{ he }","extensions":${nested(50_000, '{"a":', '}', '1')}}`),
    ],
    ['body/3-mb', 413, send(json({ query: '{ head }', variables: { a: SECRET.repeat(2 ** 19) } }))],
    ['body/3-mb-that-are-no-json', 413, send(SECRET.repeat(2 ** 19))],
    ['body/latin-1', 400, send(Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]))],
    ['type/text', 415, send('{ head }', { 'content-type': `text/${SECRET}` })],
    ['type/form', 415, send('query=%7Bhead%7D', { 'content-type': 'application/x-www-form-urlencoded' })],
    ['type/multipart', 415, send('--a--', { 'content-type': 'multipart/form-data; boundary=a' })],
    ['type/graphql', 415, send('{ head }', { 'content-type': 'application/graphql' })],
    ['type/none', 415, send(Buffer.from('{ head }'), {})],
    [
      'type/no-answer-that-is-accepted',
      406,
      send(json({ query: '{ head }' }), { 'content-type': 'application/json', accept: 'image/png' }),
    ],
    ['method/get-of-a-mutation', 405, get({ query: registration })],
    ['method/get-of-a-subscription', 405, get({ query: 'subscription { events { cursor } }' })],
    ['method/get-without-a-preflight', 400, get({ query: '{ head }' }, {})],
    ['method/get-without-a-query', 400, get({})],
    ['method/get-with-broken-variables', 400, get({ query: '{ head }', variables: `{${SECRET}` })],
    [
      'method/get-with-a-nul',
      400,
      get({ query: 'query ($id: ID!) { user(id: $id) { id } }', variables: '{"id":"\\u0000"}' }),
    ],
    ['method/put', 404, send(json({ query: '{ head }' }), undefined, 'PUT')],
    ['method/delete', 404, send(undefined, {}, 'DELETE')],
    ['subscription/over-http', 400, send(json({ query: 'subscription { events { cursor } }' }))],
    [
      'subscription/of-a-user-over-http',
      400,
      send(json({ query: `subscription { user(id: "${USER}") { position } }` })),
    ],
    ['path/unknown', 404, (url) => fetch(`${url}/${SECRET}`)],
    ['path/root', 404, (url) => fetch(new URL('/', url))],
    ['path/broken', 400, (url) => fetch(`${url}/%ff`)],
    ['url/100-kb', 431, (url) => fetch(`${url}?query=${'a'.repeat(100_000)}`)],
  ];
  it.each(requests)('%s with %i', (_id, status, request) =>
    leavingNoTrace(async () => {
      const answer = await answerOf(await request(server.url));
      expect(answer.text).not.toContain(SECRET);
      expect(answer.status).toBe(status);
      // Beyond the limits of HTTP itself Node.js answers, not GraphQL.
      if (status === 431) return;
      expectPresentable(answer.errors);
      expect(answer.errors?.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT']);
    }),
  );

  it('and the server goes on as before', async () => {
    expect((await post(server.url, { query: '{ head }' })).data).toEqual({ head: '1' });
  });
});

describe('a WebSocket', () => {
  const open = async (protocol: string | string[] = 'graphql-transport-ws', headers: Record<string, string> = {}) => {
    const socket = new WebSocket(server.webSocketUrl, protocol, { headers });
    const messages: unknown[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await once(socket, 'open');
    return { socket, messages };
  };
  const closing = async (socket: WebSocket) => {
    const [code, reason] = await once(socket, 'close');
    return { code, reason: String(reason) };
  };

  const broken: [id: string, message: string | Buffer, code: number][] = [
    ['text that is no JSON', SECRET, 4400],
    ['no message', '{}', 4400],
    ['null', 'null', 4400],
    ['a message of an unknown type', json({ type: SECRET }), 4400],
    [
      'a subscription before the connection is initialised',
      json({ id: '1', type: 'subscribe', payload: { query: '{ head }' } }),
      4401,
    ],
    ['bytes', Buffer.from([0, 255, 254]), 4400],
    ['3 MB', json({ type: 'ping', payload: { a: 'x'.repeat(3 * 2 ** 20) } }), 1009],
  ];
  it.each(broken)('that sends %s is closed, and nothing of it is repeated', (_id, message, code) =>
    leavingNoTrace(async () => {
      const { socket } = await open();
      socket.send(message);
      const closed = await closing(socket);
      expect(closed.reason).not.toContain(SECRET);
      expect(closed.code).toBe(code);
    }),
  );

  const payloads: [id: string, payload: unknown][] = [
    ['no query', {}],
    ['a query that is a number', { query: 1 }],
    ['variables that are a string', { query: '{ head }', variables: SECRET }],
    ['variables that are a list', { query: '{ head }', variables: [SECRET] }],
    ['an operation name that is a number', { query: '{ head }', operationName: 1 }],
    ['extensions that are a string', { query: '{ head }', extensions: SECRET }],
  ];
  it.each(payloads)('that subscribes with %s is closed or told', (_id, payload) =>
    leavingNoTrace(async () => {
      const { socket, messages } = await open();
      socket.send(json({ type: 'connection_init' }));
      socket.send(json({ id: '1', type: 'subscribe', payload }));
      const closed = closing(socket);
      const told = vi.waitFor(
        () => expect(messages).toContainEqual(expect.objectContaining({ type: 'error' })),
        20_000,
      );
      await Promise.race([closed, told]);
      socket.close();
      const { code, reason } = await closed;
      expect([1005, 4400]).toContain(code);
      expect(reason + json(messages)).not.toContain(SECRET);
      told.catch(() => undefined);
    }),
  );

  it('with 50,000 levels of variables gets a refusal', () =>
    leavingNoTrace(async () => {
      const { socket, messages } = await open();
      socket.send(json({ type: 'connection_init' }));
      socket.send(
        `{"id":"1","type":"subscribe","payload":{"query":"{ head }","variables":{"a":${nested(50_000, '[', ']')}}}}`,
      );
      await vi.waitFor(() => expect(messages).toContainEqual(expect.objectContaining({ type: 'error' })), 60_000);
      expectRefusal((messages.at(-1) as { payload: never }).payload, 'nested');
      socket.terminate();
    }));

  it('of a page from elsewhere is not opened', () =>
    leavingNoTrace(async () => {
      await expect(open('graphql-transport-ws', { origin: 'https://evil.example' })).rejects.toThrow('403');
    }));

  it('on another path is not opened', () =>
    leavingNoTrace(async () => {
      const socket = new WebSocket(`${server.webSocketUrl}/else`, 'graphql-transport-ws');
      await expect(once(socket, 'open')).rejects.toThrow('404');
    }));

  it('with the protocol of long ago is closed', () =>
    leavingNoTrace(async () => {
      const { socket } = await open('graphql-ws');
      expect((await closing(socket)).code).toBe(4406);
    }).catch((error: Error) => expect(error.message).toMatch(/subprotocol/i)));

  it('carries mutations and queries as HTTP does', async () => {
    const fresh = await serverForTest();
    const client = webSocketClient(fresh.webSocketUrl);
    const results = client.iterate<{ registerUser: unknown }>({
      query: REGISTER,
      variables: { input: { email: 'ada@example.org' } },
    });
    expect((await results.next()).value).toEqual({ data: { registerUser: { __typename: 'UserCommandAccepted' } } });
    expect((await results.next()).done).toBe(true);
    await client.dispose();
    expect(await fresh.written()).toEqual({ head: 1n, commands: 1 });
  });
});

describe('the correlation id', () => {
  const CORRELATION = '0198c0de-7a11-7000-8000-00000000abcd';
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const register = (url: string, headers: Record<string, string>) =>
    post<{ registerUser: { commit: { events: { metadata: { correlationId: string } }[] } } }>(
      url,
      {
        query:
          'mutation { registerUser(input: { email: "ada@example.org" }) { ... on UserCommandAccepted { commit { events { metadata { correlationId } } } } } }',
      },
      headers,
    );

  it('is taken over from the request, returned, and recorded with its events', async () => {
    const fresh = await serverForTest();
    const { headers, data } = await register(fresh.url, { 'x-correlation-id': CORRELATION.toUpperCase() });
    expect(headers.get('x-correlation-id')).toBe(CORRELATION);
    expect(data?.registerUser.commit.events[0]?.metadata.correlationId).toBe(CORRELATION);
    expect(await fresh.sql('SELECT correlation_id FROM events')).toEqual([{ correlation_id: CORRELATION }]);
  });

  it.each([
    ['is missing', {}],
    ['is no UUID', { 'x-correlation-id': `${SECRET}` }],
    ['is two', { 'x-correlation-id': `${CORRELATION}, ${CORRELATION}` }],
    ['is 10 kB', { 'x-correlation-id': 'a'.repeat(10_000) }],
  ])('is made by the server when it %s', async (_how, headers: Record<string, string>) => {
    const fresh = await serverForTest();
    const answer = await register(fresh.url, headers);
    const made = answer.headers.get('x-correlation-id');
    expect(made).toMatch(uuid);
    expect(made).not.toBe(CORRELATION);
    expect(answer.data?.registerUser.commit.events[0]?.metadata.correlationId).toBe(made);
  });

  it.each([
    ['an operation that is refused', send(json({ query: '{ unexpected }' }))],
    ['a body that cannot be read', send('{')],
    ['a body that is too long', send('x'.repeat(3 * 2 ** 20))],
    ['another content type', send('x', { 'content-type': 'text/plain' })],
    ['an unknown path', (url: string) => fetch(`${url}/else`)],
  ] as [string, Send][])('is returned with %s, too', async (_what, request) => {
    expect((await request(server.url)).headers.get('x-correlation-id')).toMatch(uuid);
  });
});

describe('an error that nobody foresaw', () => {
  /** A server whose read table has lost a column under its feet. */
  async function brokenServer() {
    const broken = await serverForTest();
    await broken.sql('ALTER TABLE users RENAME COLUMN "displayName" TO gone');
    return broken;
  }
  const QUERY = '{ users { totalCount edges { node { displayName } } } }';

  it('is masked over HTTP, and the log has it under the id that the client gets', async () => {
    const broken = await brokenServer();
    const { errors, headers, text } = await post(broken.url, { query: QUERY });
    expectPresentable(errors);
    expect(errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: headers.get('x-correlation-id') } },
    ]);
    expect(text).not.toMatch(/displayName|does not exist|postgres|prisma/i);
    expect(broken.logged).toMatchObject([
      { correlationId: headers.get('x-correlation-id'), err: { message: expect.stringContaining('displayName') } },
    ]);
  });

  it('is masked over a WebSocket, too', async () => {
    const broken = await brokenServer();
    const client = webSocketClient(broken.webSocketUrl);
    const errors = await overWebSocket(client, { query: QUERY });
    await client.dispose();
    expectPresentable(errors);
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(json(errors)).not.toMatch(/does not exist|postgres|prisma/i);
    expect(broken.logged).toMatchObject([{ correlationId: errors?.[0]?.extensions?.correlationId }]);
  });

  it('in the middle of a subscription is masked, and ends it', async () => {
    const broken = await brokenServer();
    const client = webSocketClient(broken.webSocketUrl);
    const errors = await overWebSocket(client, { query: `subscription { user(id: "${USER}") { position } }` });
    await client.dispose();
    expectPresentable(errors);
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(broken.logged).toMatchObject([{ correlationId: errors?.[0]?.extensions?.correlationId }]);
  });

  it('of a mutation is masked, and the log does not hold what was sent', async () => {
    const broken = await serverForTest();
    await broken.sql('ALTER TABLE commands RENAME COLUMN rejection_code TO gone');
    const { errors } = await post(broken.url, { query: registration });
    expectPresentable(errors);
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(broken.logged.length).toBeGreaterThan(0);
    expect(json(broken.logged)).not.toContain(SECRET);
    expect(await broken.written().then(({ head }) => head)).toBe(0n);
  });

  it('does not keep the other fields of the query from being answered', async () => {
    const broken = await brokenServer();
    const { data, errors } = await post(broken.url, { query: `{ head user(id: "${USER}") { id } }` });
    expect(data).toEqual({ head: '0', user: null });
    expect(errors).toMatchObject([{ path: ['user'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });
});

describe('a refusal by a rule', () => {
  it('is recorded, and writes nothing else', async () => {
    const fresh = await serverForTest();
    const commandId = randomUUID();
    const { deactivateUser } = await httpClient(fresh.url)(DeactivateUserDocument, { input: { id: USER, commandId } });
    expect(deactivateUser).toMatchObject({ __typename: 'CommandRejected', code: 'USER_NOT_FOUND', commandId });
    expect(await fresh.written()).toEqual({ head: 0n, commands: 1 });
    expect(await fresh.sql('SELECT count(*)::int AS claims FROM claims')).toEqual([{ claims: 0 }]);
    expect(fresh.logged).toEqual([]);
  });
});
