import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../../src/eventsourcing/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { frame, message, rawSocket } from './support/raw.ts';
import {
  ack,
  acknowledged,
  binary,
  complete,
  completed,
  expectMet,
  init,
  next,
  type Requirement,
  subscribe,
  together,
} from './support/requirement.ts';
import { contextOf, serve } from './support/serve.ts';

const refusal = (id: string, messageOf: RegExp, code = 'BAD_USER_INPUT') => ({
  id,
  type: 'error',
  payload: [expect.objectContaining({ message: expect.stringMatching(messageOf), extensions: { code } })],
});
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const requirements: Record<string, readonly Requirement[]> = {
  connection_init: [
    { id: 'is acknowledged', does: [init], gets: [ack] },
    { id: 'may have a payload', does: [message({ type: 'connection_init', payload: { token: 'x' } })], gets: [ack] },
    { id: 'may have null for a payload', does: [message({ type: 'connection_init', payload: null })], gets: [ack] },
    {
      id: 'may not have a payload that is no object',
      does: [message({ type: 'connection_init', payload: [] })],
      closes: 4400,
    },
    {
      id: 'comes once',
      does: [init, acknowledged, init],
      gets: [ack],
      closes: 4429,
      reason: 'Too many initialisation requests',
    },
    { id: 'comes once, also in one piece', does: [together(init, init)], closes: 4429 },
  ],
  'ping and pong': [
    {
      id: 'a ping is answered, also before connection_init',
      does: [message({ type: 'ping' })],
      gets: [{ type: 'pong' }],
    },
    {
      id: 'a ping is answered with its payload',
      does: [init, acknowledged, message({ type: 'ping', payload: { at: 1 } })],
      gets: [ack, { type: 'pong', payload: { at: 1 } }],
    },
    {
      id: 'a ping may have null for a payload',
      does: [message({ type: 'ping', payload: null })],
      gets: [{ type: 'pong' }],
    },
    { id: 'a pong is taken', does: [message({ type: 'pong', payload: { a: 1 } }), init], gets: [ack] },
    {
      id: 'a ping with a payload that is no object is refused',
      does: [message({ type: 'ping', payload: 1 })],
      closes: 4400,
    },
    {
      id: 'a ping that is nested too deeply to be sent back is refused',
      does: [frame(`{"type":"ping","payload":{"a":${nested(100_000)}}}`)],
      closes: 4400,
    },
  ],
  subscribe: [
    { id: 'comes after connection_init', does: [subscribe('1', '{ hello }')], closes: 4401, reason: 'Unauthorized' },
    { id: 'comes after connection_ack', does: [together(init, subscribe('1', '{ hello }'))], closes: 4401 },
    {
      id: 'answers a query with next and complete',
      does: [init, acknowledged, subscribe('1', '{ hello }')],
      gets: [ack, next('1', { hello: 'world' }), completed('1')],
    },
    {
      id: 'takes variables, an operation name and extensions',
      does: [
        init,
        acknowledged,
        subscribe('1', 'query A { a: hello } query B($b: Boolean!) { b: hello @include(if: $b) }', {
          variables: { b: true },
          operationName: 'B',
          extensions: {},
        }),
      ],
      gets: [ack, next('1', { b: 'world' }), completed('1')],
    },
    {
      id: 'takes null for all of these',
      does: [
        init,
        acknowledged,
        subscribe('1', '{ hello }', { variables: null, operationName: null, extensions: null }),
      ],
      gets: [ack, next('1', { hello: 'world' }), completed('1')],
    },
    {
      id: 'streams a subscription and completes it',
      does: [init, acknowledged, subscribe('1', 'subscription { count(to: 3) }')],
      gets: [ack, ...[1, 2, 3].map((count) => next('1', { count })), completed('1')],
    },
    {
      id: 'answers a syntax error with error, and the id is free again',
      does: [init, acknowledged, subscribe('1', '{'), { until: 'error' }, subscribe('1', '{ hello }')],
      gets: [ack, refusal('1', /^Syntax Error/), next('1', { hello: 'world' }), completed('1')],
    },
    {
      id: 'answers what does not fit the schema with error',
      does: [init, acknowledged, subscribe('1', '{ hullo }')],
      gets: [ack, refusal('1', /hullo/)],
    },
    {
      id: 'answers a subscription that does not fit the schema with error',
      does: [init, acknowledged, subscribe('1', 'subscription { count }')],
      gets: [ack, refusal('1', /to/)],
    },
    {
      id: 'with an id of 256 characters is answered',
      does: [init, acknowledged, subscribe('é'.repeat(256), '{ hello }')],
      gets: [ack, next('é'.repeat(256), { hello: 'world' }), completed('é'.repeat(256))],
    },
    {
      id: 'with a longer id is refused',
      does: [init, acknowledged, subscribe('x'.repeat(257), '{ hello }')],
      gets: [ack],
      closes: 4400,
    },
    ...(
      [
        ['no id', { payload: { query: '{ hello }' } }],
        ['a number for an id', { id: 1, payload: { query: '{ hello }' } }],
        ['an empty id', { id: '', payload: { query: '{ hello }' } }],
        ['no payload', { id: '1' }],
        ['a list for a payload', { id: '1', payload: [] }],
        ['no query', { id: '1', payload: {} }],
        ['a number for a query', { id: '1', payload: { query: 1 } }],
        ['a list of variables', { id: '1', payload: { query: '{ hello }', variables: [] } }],
        ['a number for an operation name', { id: '1', payload: { query: '{ hello }', operationName: 1 } }],
        ['a string for extensions', { id: '1', payload: { query: '{ hello }', extensions: 'x' } }],
      ] as const
    ).map(([what, rest]) => ({
      id: `with ${what} is refused`,
      does: [init, acknowledged, message({ type: 'subscribe', ...rest })],
      gets: [ack],
      closes: 4400,
    })),
  ],
  'an id': [
    {
      id: 'that is in use is refused',
      does: [init, acknowledged, together(subscribe('1', 'subscription { silence }'), subscribe('1', '{ hello }'))],
      gets: [ack],
      closes: 4409,
      reason: 'Subscriber for 1 already exists',
    },
    {
      id: 'that is in use is refused, however long it is',
      does: [init, acknowledged, together(...[0, 1].map(() => subscribe('é'.repeat(256), 'subscription { silence }')))],
      gets: [ack],
      closes: 4409,
    },
    {
      id: 'may be used again after the answer',
      does: [init, acknowledged, subscribe('1', '{ a: hello }'), { until: 'complete' }, subscribe('1', '{ b: hello }')],
      gets: [ack, next('1', { a: 'world' }), completed('1'), next('1', { b: 'world' }), completed('1')],
    },
    {
      id: 'may be used again right after complete, in one piece, and stands for the new operation alone',
      does: [
        init,
        acknowledged,
        together(subscribe('1', '{ a: hello }'), complete('1'), subscribe('1', '{ b: hello }')),
      ],
      gets: [ack, next('1', { b: 'world' }), completed('1')],
    },
    {
      id: 'may be used again right after complete of a subscription, while that is being opened',
      does: [
        init,
        acknowledged,
        together(
          ...[subscribe('1', 'subscription { silence }'), complete('1')],
          ...[subscribe('1', 'subscription { count(to: 9) }'), complete('1')],
          subscribe('1', 'subscription { count(to: 1) }'),
        ),
      ],
      gets: [ack, next('1', { count: 1 }), completed('1')],
    },
    {
      id: 'is no name of an object’s own',
      does: [
        init,
        acknowledged,
        together(...['__proto__', 'constructor'].flatMap((id) => [complete(id), subscribe(id, '{ hello }')])),
      ],
      gets: [ack, ...['__proto__', 'constructor'].flatMap((id) => [next(id, { hello: 'world' }), completed(id)])],
    },
  ],
  complete: [
    { id: 'of an unknown id is ignored', does: [init, acknowledged, complete('1')], gets: [ack] },
    { id: 'before connection_init is ignored', does: [complete('1'), init], gets: [ack] },
    {
      id: 'twice is ignored',
      does: [init, acknowledged, together(subscribe('1', 'subscription { silence }'), complete('1'), complete('1'))],
      gets: [ack],
    },
    {
      id: 'after the answer is ignored',
      does: [init, acknowledged, subscribe('1', '{ hello }'), { until: 'complete' }, complete('1')],
      gets: [ack, next('1', { hello: 'world' }), completed('1')],
    },
    {
      id: 'ends a query: nothing is sent for it',
      does: [init, acknowledged, together(subscribe('1', '{ hello }'), complete('1'))],
      gets: [ack],
    },
    {
      id: 'ends an operation that would be refused: nothing is sent for it',
      does: [init, acknowledged, together(subscribe('1', '{'), complete('1'))],
      gets: [ack],
    },
    {
      id: 'without an id is refused',
      does: [init, acknowledged, message({ type: 'complete' })],
      gets: [ack],
      closes: 4400,
    },
    { id: 'with an empty id is refused', does: [init, acknowledged, complete('')], gets: [ack], closes: 4400 },
  ],
  'a message': [
    ...(
      [
        ['is no JSON', 'x'],
        ['is empty', ''],
        ['is half', '{"type":"ping"'],
        ['is null', 'null'],
        ['is a number', '1'],
        ['is a list', '[{"type":"ping"}]'],
        ['has no type', '{}'],
        ['has a number for a type', '{"type":1}'],
        ['has an unknown type', '{"type":"start"}'],
        ['has the type of a property of every object', '{"type":"constructor"}'],
        ['is the server’s: connection_ack', '{"type":"connection_ack"}'],
        ['is the server’s: next', '{"type":"next","id":"1","payload":{"data":null}}'],
        ['is the server’s: error', '{"type":"error","id":"1","payload":[{"message":"x"}]}'],
        ['is nested without end', nested(100_000)],
      ] as const
    ).map(([what, text]) => ({
      id: `that ${what} is refused`,
      does: [frame(text)],
      closes: 4400,
      reason: 'Invalid message received',
    })),
    { id: 'in bytes is refused: the protocol is text', does: [binary({ type: 'connection_init' })], closes: 4400 },
    { id: 'after one that was refused is not heard', does: [together(frame('x'), init)], closes: 4400 },
  ],
};

describe.each(Object.entries(requirements))('%s', (_subject, rows) => {
  it.each(rows.map((row) => [row.id, row] as const))('%s', async (_id, requirement) => {
    const { url, logged, sockets, admission } = await serve();
    await expectMet(url, requirement);
    expect(logged).toEqual([]);
    await sockets.close();
    expect([sockets.subscriptions, admission.size]).toEqual([0, 0]);
  });
});

describe('after complete', () => {
  it('of a subscription that runs, nothing is sent for it, and its id stands for the next operation', async () => {
    const { url, fields } = await serve();
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    for (let round = 1; round <= 20; round++) {
      socket.write(subscribe('1', 'subscription { texts(length: 10) }'));
      await eventually(() => socket.messages.some(({ id, type }) => id === '1' && type === 'next'));
      socket.write(together(complete('1'), subscribe('2', '{ hello }')));
      await eventually(() => socket.messages.some(({ id, type }) => id === '2' && type === 'complete'));
      // What follows the first message of the second operation was sent after the first had been completed.
      const from = socket.messages.findIndex(({ id }) => id === '2');
      expect(socket.messages.slice(from).map(({ id }) => id)).toEqual(['2', '2']);
      socket.messages.splice(0);
    }
    expect(fields.feeds).toBe(0);
  });

  it('a subscription that waits is gone from this process', async () => {
    const { url, fields, sockets } = await serve();
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    socket.write(subscribe('1', 'subscription { silence }'));
    await eventually(() => fields.feeds === 1 && sockets.subscriptions === 1);
    socket.write(complete('1'));
    await eventually(() => fields.feeds === 0 && sockets.subscriptions === 0);
    expect(socket.messages).toEqual([ack]);
  });

  it('a mutation is carried out all the same, and nothing is sent for it', async () => {
    const { url, fields } = await serve();
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    socket.write(subscribe('1', 'mutation { held }'));
    await eventually(() => fields.holding === 1);
    socket.write(together(complete('1'), subscribe('1', '{ hello }')));
    await eventually(() => socket.messages.length === 3);
    fields.release();
    await eventually(() => fields.holding === 0);
    socket.write(message({ type: 'ping' }));
    await eventually(() => socket.messages.some(({ type }) => type === 'pong'));
    expect(socket.messages).toEqual([ack, next('1', { hello: 'world' }), completed('1'), { type: 'pong' }]);
  });
});

describe('a defect', () => {
  it('in a field is masked, and logged under the id that the client gets', async () => {
    const { url, logged } = await serve();
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    socket.write(subscribe('1', '{ hello broken }'));
    await eventually(() => socket.messages.length === 3);
    const { correlationId } = contextOf(null);
    expect(socket.messages[1]).toMatchObject({
      ...{ id: '1', type: 'next' },
      payload: {
        data: { hello: 'world', broken: null },
        errors: [{ path: ['broken'], extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId } }],
      },
    });
    expect(JSON.stringify(socket.messages)).not.toContain('secret');
    expect(logged).toMatchObject([{ correlationId, err: { message: 'the secret reason' } }]);
  });

  it('in a feed is masked, and completes the subscription', async () => {
    const { url, logged, sockets } = await serve();
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    socket.write(subscribe('1', 'subscription { failing }'));
    await eventually(() => socket.messages.length === 4);
    expect(socket.messages.slice(1)).toMatchObject([
      next('1', { failing: 1 }),
      { id: '1', type: 'next', payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } },
      completed('1'),
    ]);
    expect(JSON.stringify(socket.messages)).not.toContain('secret');
    expect(logged).toHaveLength(1);
    expect(sockets.subscriptions).toBe(0);
  });
});

describe('a client that may not be here', () => {
  const refusing = (error: Error) => serve({ contextFor: () => Promise.reject(error) });

  it.each([
    ['has no token', new TidemarkError('UNAUTHENTICATED', 'Send a token.'), 4403, 'Send a token.'],
    ['has no right', new TidemarkError('FORBIDDEN', 'é'.repeat(100)), 4403, 'é'.repeat(61)],
    ['cannot be checked now', new TidemarkError('UNAVAILABLE', 'Try again.'), 1013, 'Try again.'],
  ] as const)('because it %s is told so', async (_why, error, code, reason) => {
    const { url, logged } = await refusing(error);
    const socket = await rawSocket(url);
    socket.write(init);
    expect(await socket.closed()).toEqual({ code, reason });
    expect(socket.messages).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('learns nothing of a defect in the check', async () => {
    const { url, logged } = await refusing(new Error('the secret reason'));
    const socket = await rawSocket(url);
    socket.write(init);
    expect(await socket.closed()).toEqual({ code: 4500, reason: 'Internal server error' });
    expect(logged).toMatchObject([{ err: { message: 'the secret reason' } }]);
  });

  it('is found by what it says in connection_init, which holds for all its operations', async () => {
    const { url } = await serve({
      contextFor: (_request, params) => contextOf(String(params?.token)),
    });
    const socket = await rawSocket(url);
    socket.write(message({ type: 'connection_init', payload: { token: 'ada' } }));
    await eventually(() => socket.messages.length === 1);
    socket.write(subscribe('1', '{ actor }'));
    await eventually(() => socket.messages.length === 3);
    expect(socket.messages[1]).toEqual(next('1', { actor: 'ada' }));
  });

  it('is closed with its next operation when that changes', async () => {
    let allowed = true;
    const { url } = await serve({
      contextFor() {
        if (!allowed) throw new TidemarkError('UNAUTHENTICATED', 'The token has expired.');
        return contextOf('ada');
      },
    });
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
    allowed = false;
    socket.write(subscribe('1', '{ actor }'));
    expect(await socket.closed()).toEqual({ code: 4403, reason: 'The token has expired.' });
  });
});

describe('another subprotocol', () => {
  it.each([null, 'graphql-ws', 'mqtt', 'graphql-transport-ws2'])('(%s) is not acceptable', async (protocol) => {
    const { url } = await serve();
    const socket = await rawSocket(url, { protocol });
    expect(socket.head).toMatch(/^HTTP\/1.1 101 /);
    expect(socket.head).not.toMatch(/Sec-WebSocket-Protocol/i);
    socket.write(init);
    expect(await socket.closed()).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
    expect(socket.messages).toEqual([]);
  });

  it('beside the right one does no harm', async () => {
    const { url } = await serve();
    const socket = await rawSocket(url, { protocol: 'graphql-ws, graphql-transport-ws' });
    expect(socket.head).toMatch(/^Sec-WebSocket-Protocol: graphql-transport-ws$/m);
    socket.write(init);
    await eventually(() => socket.messages.length === 1);
  });
});
