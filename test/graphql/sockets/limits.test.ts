import { describe, expect, it } from 'vitest';
import { createAllowance } from '../../../src/graphql/sockets/allowance.ts';
import { eventually } from '../../support/eventually.ts';
import { frame, message, PING, PONG, type RawSocket, rawSocket } from './support/raw.ts';
import { ack, complete, completed, init, next, subscribe, together } from './support/requirement.ts';
import { serve } from './support/serve.ts';

const TOO_MANY = { message: expect.any(String), extensions: { code: 'TOO_MANY_REQUESTS' } };
const refused = (id: string) => ({ id, type: 'error', payload: [TOO_MANY] });

async function initialised(url: string): Promise<RawSocket> {
  const socket = await rawSocket(url);
  socket.write(init);
  await eventually(() => socket.messages.length === 1);
  expect(socket.messages.splice(0)).toEqual([ack]);
  return socket;
}

describe('operations on one socket', () => {
  const silence = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => subscribe(String(from + n), 'subscription { silence }'));

  it('are refused past the limit, and the socket goes on', async () => {
    const { url, sockets } = await serve({ operations: 3 });
    const socket = await initialised(url);
    socket.write(...silence(1, 5));
    await eventually(() => socket.messages.length === 2 && sockets.subscriptions === 3);
    expect(socket.messages.splice(0)).toEqual([refused('4'), refused('5')]);
    socket.write(together(complete('2'), subscribe('4', '{ hello }')));
    await eventually(() => socket.messages.length === 2);
    expect(socket.messages).toEqual([next('4', { hello: 'world' }), completed('4')]);
  });

  it('may all be exchanged for others in one piece', async () => {
    const { url, sockets } = await serve({ operations: 3 });
    const socket = await initialised(url);
    socket.write(...silence(1, 3));
    await eventually(() => sockets.subscriptions === 3);
    socket.write(...[1, 2, 3].map((id) => complete(String(id))), ...silence(1, 3));
    socket.write(message({ type: 'ping' }));
    await eventually(() => socket.messages.length === 1);
    expect(socket.messages).toEqual([{ type: 'pong' }]);
    await eventually(() => sockets.subscriptions === 3);
  });

  it('count until they have been carried out, also when nobody waits for them any more', async () => {
    const { url, fields } = await serve({ operations: 2 });
    const socket = await initialised(url);
    const given = (id: string) => together(subscribe(id, 'mutation { held }'), complete(id));
    socket.write(given('1'), given('2'), given('3'));
    await eventually(() => socket.messages.length === 1);
    expect(socket.messages.splice(0)).toEqual([refused('3')]);
    await eventually(() => fields.holding === 2);
    fields.release();
    await eventually(() => fields.holding === 0);
    socket.write(subscribe('3', '{ hello }'));
    await eventually(() => socket.messages.length === 2);
    expect(socket.messages).toEqual([next('3', { hello: 'world' }), completed('3')]);
  });
});

describe('messages of one socket', () => {
  it('may come at a rate, with five seconds’ worth at once, and end it past that', async () => {
    const { url } = await serve({ messagesPerSecond: 1 });
    const socket = await initialised(url);
    socket.write(...Array.from({ length: 20 }, () => message({ type: 'ping' })));
    expect(await socket.closed()).toEqual({ code: 1008, reason: 'Too many messages' });
    const answered = socket.messages.length;
    expect(answered).toBeGreaterThanOrEqual(4);
    expect(answered).toBeLessThan(20);
  });

  it.each([
    ['pings of WebSocket itself', PING],
    ['pongs that nobody asked for', PONG],
  ])('are also %s', async (_what, opcode) => {
    const { url } = await serve({ messagesPerSecond: 1 });
    const socket = await initialised(url);
    socket.write(...Array.from({ length: 20 }, () => frame('', { opcode })));
    expect(await socket.closed()).toEqual({ code: 1008, reason: 'Too many messages' });
  });

  it('are allowed again as time goes by', () => {
    const allowance = createAllowance(1_000);
    const taken = () => {
      let count = 0;
      while (count < 50_000 && allowance.take()) count++;
      return count;
    };
    const first = taken();
    expect(first).toBeGreaterThanOrEqual(5_000);
    const from = performance.now();
    while (performance.now() - from < 20) {}
    expect(taken()).toBeGreaterThanOrEqual(20);
  });
});

describe('a socket that does not send connection_init', () => {
  it('is closed with 4408', async () => {
    const { url } = await serve({ initWaitMs: 20 });
    const socket = await rawSocket(url);
    expect(await socket.closed()).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });

  it('is not what has sent it', async () => {
    const { url } = await serve({ initWaitMs: 500 });
    const socket = await rawSocket(url);
    socket.write(init);
    await eventually(() => socket.messages.length > 0 || socket.tcp.closed);
    // One that came later has waited in vain.
    const late = await rawSocket(url);
    await late.closed();
    expect(socket.messages).toEqual([ack]);
    expect(socket.tcp.closed).toBe(false);
  });

  it('is also one whose check takes too long', async () => {
    const { url, admission } = await serve({ initWaitMs: 20, contextFor: () => new Promise(() => undefined) });
    const socket = await rawSocket(url);
    socket.write(init);
    expect((await socket.closed()).code).toBe(4408);
    await eventually(() => admission.size === 0);
  });
});
