import { connect } from 'node:net';
import { createClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { eventually } from '../../support/eventually.ts';
import { serverForTest } from '../../support/server.ts';
import { gone, rawSocket } from './support/raw.ts';
import { ack, init } from './support/requirement.ts';
import { contextOf, serve } from './support/serve.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': KEY,
  'sec-websocket-protocol': 'graphql-transport-ws',
};

/** The answer to a request, written by hand; the connection is over then. */
async function answerTo(url: string, line: string, headers: Readonly<Record<string, string>> = UPGRADE) {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const fields = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${line}\r\n${fields.join('')}\r\n`);
  await closed;
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body };
}

describe('an upgrade', () => {
  it.each([
    ['on another path', 'GET /graphql/else HTTP/1.1', {}, 404],
    ['by another method', 'POST /graphql HTTP/1.1', {}, 405],
    ['to another protocol', 'GET /graphql HTTP/1.1', { upgrade: 'h2c' }, 400],
    ['of another version', 'GET /graphql HTTP/1.1', { 'sec-websocket-version': '7' }, 400],
    ['without a key', 'GET /graphql HTTP/1.1', { 'sec-websocket-key': '' }, 400],
    ['with a key that is none', 'GET /graphql HTTP/1.1', { 'sec-websocket-key': 'x' }, 400],
    ['with a subprotocol that is none', 'GET /graphql HTTP/1.1', { 'sec-websocket-protocol': 'a,,b' }, 400],
    ['by a page of another origin', 'GET /graphql HTTP/1.1', { origin: 'https://evil.example' }, 403],
    ['for another host', 'GET /graphql HTTP/1.1', { host: 'evil.example' }, 403],
  ] as const)('%s is refused, and leaves nothing', async (_how, line, headers, status) => {
    const server = await serverForTest();
    expect((await answerTo(server.url, line, { ...UPGRADE, ...headers })).status).toBe(status);
    const metrics = await (await fetch(new URL('/metrics', server.url))).text();
    expect(metrics).toMatch(/^tidemark_sockets 0$/m);
    expect(server.logged).toEqual([]);
  });

  it('is possible with parameters', async () => {
    const { url } = await serve();
    const socket = new WebSocket(`${url}?a=b`, 'graphql-transport-ws');
    onTestFinished(() => socket.terminate());
    await eventually(() => socket.readyState === WebSocket.OPEN);
  });
});

describe('too many sockets', () => {
  it('in all are refused with 503, and let in when another has left', async () => {
    const { url, admission } = await serve({ admission: { total: 2 } });
    const [one] = [await rawSocket(url), await rawSocket(url)];
    const { status, head, body } = await answerTo(url, 'GET /graphql HTTP/1.1');
    expect(status).toBe(503);
    expect(head).toMatch(/^Retry-After: \d+\r?$/m);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
    expect(admission.size).toBe(2);
    one.tcp.destroy();
    await eventually(() => admission.size === 1);
    expect((await rawSocket(url)).head).toMatch(/^HTTP\/1.1 101 /);
  });

  it('from one address are refused with 429', async () => {
    const { url } = await serve({ admission: { perAddress: 1 } });
    await rawSocket(url);
    const { status, head, body } = await answerTo(url, 'GET /graphql HTTP/1.1');
    expect(status).toBe(429);
    expect(head).toMatch(/^Retry-After: \d+\r?$/m);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
  });

  it('are counted by the addresses that a trusted proxy tells', async () => {
    const { url } = await serve({ admission: { perAddress: 1 }, trustedProxies: ['loopback'] });
    const from = (address: string) => rawSocket(url, { headers: [`X-Forwarded-For: ${address}`] });
    expect((await from('203.0.113.1')).head).toMatch(/ 101 /);
    expect((await from('203.0.113.2')).head).toMatch(/ 101 /);
    expect((await from('203.0.113.1')).head).toMatch(/ 429 /);
    // What its client made up comes before what the proxy has seen.
    expect((await from('203.0.113.9, 203.0.113.2')).head).toMatch(/ 429 /);
  });

  it('are not counted by what anybody says', async () => {
    const { url } = await serve({ admission: { perAddress: 1 }, trustedProxies: ['10.0.0.0/8'] });
    const from = (address: string) => rawSocket(url, { headers: [`X-Forwarded-For: ${address}`] });
    expect((await from('203.0.113.1')).head).toMatch(/ 101 /);
    expect((await from('203.0.113.2')).head).toMatch(/ 429 /);
  });

  it('of one actor are closed so that their clients come back', async () => {
    const { url, admission } = await serve({ admission: { perActor: 1 }, contextFor: () => contextOf('ada') });
    const [one, other] = [await rawSocket(url), await rawSocket(url)];
    one.write(init);
    await eventually(() => one.messages.length === 1);
    other.write(init);
    expect(await other.closed()).toMatchObject({ code: 1013 });
    await eventually(() => admission.size === 1);
    one.tcp.destroy();
    await eventually(() => admission.size === 0);
    const third = await rawSocket(url);
    third.write(init);
    await eventually(() => third.messages.length === 1);
    expect(third.messages).toEqual([ack]);
  });

  it('do not discourage a client of graphql-ws that tries again after errors, too', async () => {
    const { url } = await serve({ admission: { total: 1 } });
    const first = await rawSocket(url);
    let refused = 0;
    const client = createClient({
      ...{ url, webSocketImpl: WebSocket, retryAttempts: Number.POSITIVE_INFINITY },
      retryWait: () => new Promise((resolve) => setImmediate(resolve)),
      shouldRetry: () => true,
      on: { error: () => refused++ },
    });
    onTestFinished(async () => {
      await client.dispose();
    });
    const answer = client.iterate({ query: '{ hello }' }).next();
    await eventually(() => refused > 2);
    first.tcp.destroy();
    expect((await answer).value).toEqual({ data: { hello: 'world' } });
  });
});

describe('a handshake that does not come to its end', () => {
  it('is given up', async () => {
    const server = await serverForTest();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write(`GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: webso`);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  it('leaves nothing when its client goes away', async () => {
    const { url, admission } = await serve();
    const socket = await rawSocket(url);
    socket.tcp.resetAndDestroy();
    await gone(socket);
    await eventually(() => admission.size === 0);
  });
});
