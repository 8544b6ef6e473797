import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpClient } from '../support/clients.ts';
import { asPost, inUrl, openStream } from '../support/event-stream.ts';
import { RegisterUserDocument } from '../support/operations.ts';
import { openServer, type TestServer } from '../support/server.ts';
import { SECRET } from './support/bad-values.ts';
import { expectPresentable } from './support/refusal.ts';

const PAGE = 'https://console.example';
const STREAM = { accept: 'text/event-stream' };
const JSON_BODY = { 'content-type': 'application/json' };
const HEAD = { query: '{ head }' };
const EVENTS = { query: 'subscription ($after: Position) { events(after: $after) { cursor } }' };
const REGISTER = {
  query: 'mutation ($input: RegisterUserInput!) { registerUser(input: $input) { __typename } }',
  variables: { input: { email: 'grace@example.org' } },
};

// One server for all: whatever is refused here writes nothing.
let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await openServer({ ALLOWED_ORIGINS: PAGE, REQUEST_BYTES: '4096', REQUEST_TOKENS: '400' });
  url = `${server.url}/stream`;
  await httpClient(server.url)(RegisterUserDocument, { input: { email: 'ada@example.org' } });
});
afterAll(() => server?.close());

interface Request {
  readonly id: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** In the URL. */
  readonly search?: Record<string, unknown>;
  readonly body?: string;
}

interface Refused extends Request {
  readonly status: number;
  readonly code?: string;
  /** In the message. */
  readonly names: string;
  readonly answered?: Record<string, string>;
}

const post = (id: string, body: unknown, headers: Record<string, string> = JSON_BODY) => ({
  ...{ id, method: 'POST', headers: { ...STREAM, ...headers } },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const get = (id: string, search: Record<string, unknown>, headers: Record<string, string> = {}) => ({
  ...{ id, method: 'GET', headers: { ...STREAM, ...headers }, search },
});

const refusals: Refused[] = [
  // -------------------------------------------------------------- what is accepted
  { ...get('accept/none', HEAD, { accept: '' }), status: 406, names: 'text/event-stream' },
  { ...get('accept/anything', HEAD, { accept: '*/*' }), status: 406, names: 'text/event-stream' },
  {
    ...post('accept/json', HEAD, { ...JSON_BODY, accept: 'application/json' }),
    status: 406,
    names: 'text/event-stream',
  },
  { ...get('accept/a-type-that-begins-alike', HEAD, { accept: 'text/event-stream2' }), status: 406, names: 'Accept' },

  // -------------------------------------------------------------- bodies
  { ...post('body/text', '{ head }', { 'content-type': 'text/plain' }), status: 415, names: 'application/json' },
  {
    ...post('body/graphql', '{ head }', { 'content-type': 'application/graphql' }),
    status: 415,
    names: 'application/json',
  },
  {
    ...post('body/form', 'query={head}', { 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
    names: 'application/json',
  },
  { ...post('body/json-that-breaks-off', '{"query":'), status: 400, names: 'JSON' },
  { ...post('body/empty', ''), status: 400, names: 'Body' },
  { ...post('body/null', 'null'), status: 400, names: 'body' },
  { ...post('body/text-in-json', '"{ head }"'), status: 400, names: 'body' },
  { ...post('body/batch', [HEAD, HEAD]), status: 400, names: 'body' },
  { ...post('body/too-large', { query: `{ ${'head '.repeat(1_000)} }` }), status: 413, names: 'large' },

  // -------------------------------------------------------------- the parts of an operation
  { ...post('query/missing', {}), status: 400, names: 'query' },
  { ...post('query/null', { query: null }), status: 400, names: 'query' },
  { ...post('query/number', { query: 1 }), status: 400, names: 'query' },
  { ...post('operationName/number', { ...HEAD, operationName: 1 }), status: 400, names: 'operationName' },
  { ...post('variables/list', { ...HEAD, variables: [SECRET] }), status: 400, names: 'variables' },
  { ...post('variables/text', { ...HEAD, variables: SECRET }), status: 400, names: 'variables' },
  { ...post('extensions/list', { ...HEAD, extensions: [] }), status: 400, names: 'extensions' },
  { ...get('url/nothing', {}), status: 400, names: 'query' },
  { ...get('url/variables-that-are-no-json', { ...HEAD, variables: SECRET }), status: 400, names: 'variables' },
  { ...get('url/variables-in-a-list', { ...HEAD, variables: [1] }), status: 400, names: 'variables' },
  { ...get('url/extensions-that-are-no-json', { ...HEAD, extensions: '{' }), status: 400, names: 'extensions' },
  { ...get('url/last-event-id', EVENTS, { 'last-event-id': SECRET }), status: 400, names: 'Last-Event-ID' },

  // -------------------------------------------------------------- methods
  { ...get('get/mutation', REGISTER), status: 405, names: 'POST', answered: { allow: 'POST' } },
  {
    ...get('get/mutation-by-name', {
      query: `query A { head } ${REGISTER.query.replace('mutation', 'mutation B')}`,
      operationName: 'B',
    }),
    status: 405,
    names: 'POST',
    answered: { allow: 'POST' },
  },
  ...['PUT', 'DELETE', 'PATCH'].map((method) => ({
    ...{ id: `method/${method.toLowerCase()}`, method, headers: STREAM },
    ...{ status: 405, names: 'distinct connections mode', answered: { allow: 'GET, POST' } },
  })),

  // -------------------------------------------------------------- the single connection mode
  { ...get('token/in-the-url', { ...HEAD, token: SECRET }), status: 404, names: 'distinct connections mode' },
  {
    ...post('token/in-a-header', HEAD, { ...JSON_BODY, 'x-graphql-event-stream-token': SECRET }),
    status: 404,
    names: 'distinct connections mode',
  },
  { ...get('token/of-a-stream-that-was-reserved', { token: SECRET }), status: 404, names: 'distinct connections mode' },

  // -------------------------------------------------------------- other origins
  { ...get('origin/foreign', HEAD, { origin: 'https://attacker.example' }), status: 403, names: 'ALLOWED_ORIGINS' },
  { ...get('origin/null', HEAD, { origin: 'null' }), status: 403, names: 'ALLOWED_ORIGINS' },
  {
    ...{ id: 'origin/foreign-preflight', method: 'OPTIONS' },
    headers: { origin: 'https://attacker.example', 'access-control-request-method': 'POST' },
    ...{ status: 403, names: 'ALLOWED_ORIGINS' },
  },
  // A page that may connect may also read why something was refused.
  {
    ...get('origin/allowed-and-refused', {}, { origin: PAGE }),
    ...{ status: 400, names: 'query', answered: { 'access-control-allow-origin': PAGE, vary: 'origin' } },
  },
];

/** Operations that the pipeline refuses: by an event, since the connection was accepted. */
const errors: (Request & { names: string })[] = [
  { ...post('unknown-field', { query: '{ unexpected }' }), names: 'unexpected' },
  { ...post('half-a-document', { query: '{ head' }), names: 'Syntax Error' },
  { ...get('half-a-document-in-the-url', { query: 'mutation {' }), names: 'Syntax Error' },
  { ...post('nothing', { query: '' }), names: 'query' },
  { ...post('two-operations-and-no-name', { query: 'query A { head } query B { head }' }), names: 'operation' },
  { ...post('no-operation-of-that-name', { ...HEAD, operationName: 'Unexpected' }), names: 'operation' },
  { ...post('too-many-tokens', { query: `{ ${'head '.repeat(500)} }` }), names: 'tokens' },
  { ...post('variable-of-the-wrong-type', { ...EVENTS, variables: { after: SECRET } }), names: 'after' },
  { ...get('variable-of-the-wrong-type-in-the-url', { ...EVENTS, variables: { after: SECRET } }), names: 'after' },
  { ...post('position-beyond-the-head', { ...EVENTS, variables: { after: '1000' } }), names: 'after' },
  { ...get('id-beyond-the-head', EVENTS, { 'last-event-id': '1000' }), names: 'after' },
  {
    ...post('unknown-type-in-the-filter', {
      query: 'subscription { events(filter: { types: ["Unexpected"] }) { cursor } }',
    }),
    names: 'types',
  },
  {
    ...post('nul', { query: 'subscription ($id: ID!) { user(id: $id) { position } }', variables: { id: '\0' } }),
    names: 'id',
  },
];

const send = ({ method = 'GET', headers = STREAM, search = {}, body }: Request) =>
  fetch(inUrl(url, search), { method, headers, ...(body !== undefined && { body }) });

describe('an event stream', () => {
  it.each(refusals)(
    'is refused: $id',
    async ({ status, code = 'BAD_USER_INPUT', names, answered = {}, ...request }) => {
      const before = await server.written();
      const response = await send(request);
      const text = await response.text();
      expect(response.status, text).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(Object.fromEntries(response.headers)).toMatchObject(answered);
      const { errors, ...rest } = JSON.parse(text);
      expect(rest).toEqual({});
      expectPresentable(errors);
      expect(errors).toMatchObject([{ message: expect.stringContaining(names), extensions: { code } }]);
      expect(await server.written()).toEqual(before);
    },
  );

  it.each(errors)('tells the errors of an operation as its result: $id', async ({ names, ...request }) => {
    const { method = 'GET', headers = {}, search = {}, body } = request;
    const stream = await openStream(inUrl(url, search), { method, headers, ...(body && { body }) });
    expect(stream.response.status).toBe(200);
    expect(await stream.ended).toBeNull();
    expect(stream.events.map(({ type }) => type)).toEqual(['next', 'complete']);
    const [{ errors, data }] = stream.results();
    expect(data ?? null).toBeNull();
    expectPresentable(errors);
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0].message).toContain(names);
  });

  it('has the headers that keep proxies from gathering its events', async () => {
    const { response, close } = await openStream(inUrl(url, EVENTS));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    close();
  });

  it('answers a query with one result, and a mutation that is sent by POST', async () => {
    for (const [request, expected] of [
      [inUrl(url, HEAD), { data: { head: '1' } }],
      [
        inUrl(url, { query: 'query A { head } mutation B { __typename }', operationName: 'A' }),
        { data: { head: '1' } },
      ],
    ] as const) {
      const stream = await openStream(request);
      expect(await stream.ended).toBeNull();
      expect(stream.events.map(({ type }) => type)).toEqual(['next', 'complete']);
      expect(stream.results()).toEqual([expected]);
    }
    const again = { ...REGISTER, variables: { input: { email: 'ada@example.org' } } };
    const stream = await openStream(url, asPost(again));
    expect(await stream.ended).toBeNull();
    expect(stream.results()).toEqual([{ data: { registerUser: { __typename: 'CommandRejected' } } }]);
  });

  it('takes variables, the name of the operation and extensions by URL as by POST', async () => {
    const operation = {
      query: `query Other { head } subscription Watch($after: Position) { events(after: $after) { cursor events { type } } }`,
      ...{ operationName: 'Watch', variables: { after: '0' }, extensions: { client: 'test' } },
    };
    const expected = [{ data: { events: { cursor: '1', events: [{ type: 'UserRegistered' }] } } }];
    for (const stream of [await openStream(inUrl(url, operation)), await openStream(url, asPost(operation))]) {
      await stream.until(({ type }) => type === 'next');
      expect(stream.results()).toEqual(expected);
      stream.close();
    }
  });
});

describe('a page of another origin', () => {
  it('that is allowed may send what graphql-sse sends, as the preflight says', async () => {
    const response = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(response.status).toBe(204);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({ 'access-control-allow-origin': PAGE, 'access-control-allow-methods': 'GET, POST' });
    expect(headers['access-control-allow-headers']).toContain('content-type');
    expect(headers.vary).toContain('origin');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('that is allowed may read the stream', async () => {
    for (const request of [openStream(inUrl(url, HEAD), { headers: { origin: PAGE } }), sendAs(PAGE)]) {
      const stream = await request;
      expect(stream.response.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(stream.response.headers.get('vary')).toContain('origin');
      expect(await stream.ended).toBeNull();
      expect(stream.results()).toEqual([{ data: { head: '1' } }]);
    }
  });

  it('is none when it comes from the server itself', async () => {
    const stream = await sendAs(new URL(url).origin);
    expect(stream.response.status).toBe(200);
    expect(await stream.ended).toBeNull();
  });

  const sendAs = (origin: string) => {
    const { headers, ...post } = asPost(HEAD);
    return openStream(url, { ...post, headers: { ...(headers as Record<string, string>), origin } });
  };
});
