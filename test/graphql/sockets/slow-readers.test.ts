import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { CLOSE, frame, handshake, message, PING, type RawSocket, rawSocket } from './support/raw.ts';
import { complete, init, subscribe } from './support/requirement.ts';
import { type Served, serve } from './support/serve.ts';

const KB = 2 ** 10;

/** A client that has subscribed to texts without end, and reads nothing of it. */
async function subscribed({ url }: Served, count = 1): Promise<RawSocket> {
  const socket = await rawSocket(url);
  socket.write(init);
  await eventually(() => socket.messages.length === 1);
  socket.tcp.pause();
  const texts = `subscription { texts(length: ${60 * KB}) }`;
  socket.write(...Array.from({ length: count }, (_, n) => subscribe(String(n), texts)));
  return socket;
}

/** Resolves once the server makes nothing more for those who do not read. */
async function stalled({ fields }: Served): Promise<number> {
  await eventually(() => fields.pulled > 0);
  for (let before = 0; before !== fields.pulled; await sleep(100)) before = fields.pulled;
  return fields.pulled;
}

describe('a client that stops reading', () => {
  it('makes the server stop pulling its feeds, however many they are, and goes on when it reads on', async () => {
    const served = await serve();
    const socket = await subscribed(served, 100);
    const pulled = await stalled(served);
    socket.tcp.resume();
    await eventually(() => served.fields.pulled > pulled + 1_000);
    // None of them starves.
    await eventually(() => new Set(socket.messages.map(({ id }) => id)).size === 101);
    expect(served.sockets.subscriptions).toBe(100);
  });

  it('is not read from, so that no answers gather for it', async () => {
    const served = await serve();
    const socket = await subscribed(served);
    await stalled(served);
    // Far more than what the system takes on the way.
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame('x'.repeat(125), { opcode: PING })));
    for (let n = 0; n < 8; n++) socket.tcp.write(pings);
    const unread = () => socket.tcp.writableLength;
    for (let before = -1; before !== unread(); await sleep(500)) before = unread();
    expect(unread()).toBeGreaterThan(KB);
    socket.tcp.resume();
    socket.write(complete('0'));
    await eventually(() => socket.tcp.writableLength === 0 && served.fields.feeds === 0);
  });

  it('is closed with 1013 after a while, and finds that when it reads on', async () => {
    const served = await serve({ blockedMs: 300, keepAliveMs: 100, closeMs: 3_600_000 });
    const socket = await subscribed(served, 10);
    await stalled(served);
    await eventually(() => served.sockets.subscriptions === 0);
    expect(served.fields.feeds).toBe(0);
    socket.tcp.resume();
    expect(await socket.closed()).toEqual({ code: 1013, reason: 'Reading too slowly' });
    await eventually(() => served.admission.size === 0);
  });

  it('is cut off soon after if it does not read on', async () => {
    const served = await serve({ blockedMs: 100, closeMs: 100 });
    const socket = await subscribed(served);
    await eventually(() => served.admission.size === 0);
    socket.tcp.resume();
    await eventually(() => socket.tcp.closed);
    expect(socket.frames.some(({ opcode }) => opcode === CLOSE)).toBe(false);
  });

  it('does not disturb the others', async () => {
    const served = await serve();
    await subscribed(served);
    await stalled(served);
    const other = await rawSocket(served.url);
    other.write(init);
    await eventually(() => other.messages.length === 1);
    other.write(subscribe('1', 'subscription { count(to: 1000) }'));
    await eventually(() => other.messages.length === 1_002);
  });

  it('can be left while it does not read', async () => {
    const served = await serve();
    const socket = await subscribed(served, 10);
    await stalled(served);
    socket.tcp.resetAndDestroy();
    await eventually(() => served.fields.feeds === 0 && served.admission.size === 0);
  });
});

describe('a client that reads slowly', () => {
  it('stays, as long as it takes something now and then', async () => {
    const served = await serve({ blockedMs: 2_000 });
    const socket = await subscribed(served);
    const from = performance.now();
    // Many times as long as it may stand still.
    while (performance.now() - from < 8_000) {
      socket.tcp.resume();
      await eventually(() => socket.messages.length > 10);
      socket.tcp.pause();
      socket.messages.splice(0);
      await sleep(100);
    }
    expect(socket.tcp.closed).toBe(false);
    expect(served.sockets.subscriptions).toBe(1);
    socket.tcp.resume();
    socket.write(message({ type: 'ping' }));
    await eventually(() => socket.messages.some(({ type }) => type === 'pong'));
  });
});

describe('a client that takes whatever there is at once', () => {
  it('gets a few messages in a turn of the process, which leaves the others theirs', async () => {
    const served = await serve();
    const writes = [handshake(served.url), init, subscribe('1', `subscription { texts(length: ${60 * KB}) }`)];
    const script = fileURLToPath(new URL('support/greedy-reader.mjs', import.meta.url));
    const { port } = new URL(served.url);
    const greedy = spawn(process.execPath, [
      script,
      port,
      ...writes.map((text) => Buffer.from(text).toString('base64')),
    ]);
    onTestFinished(() => void greedy.kill());
    let most = 0;
    for (let before = 0; before < 5_000; ) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, served.fields.pulled - before);
      before = served.fields.pulled;
    }
    // Sixteen in a turn, and two turns may go by between two looks.
    expect(most).toBeLessThan(50);
  });
});

describe('a hundred stalled sockets', () => {
  it('cost a fixed amount of memory', async () => {
    const served = await serve();
    await Promise.all(Array.from({ length: 100 }, () => subscribed(served)));
    const pulled = await stalled(served);
    // What the kernel took on the way is read by nobody; of what is in this process there is a message each, shared.
    expect(pulled).toBeLessThan(100 * 200);
    const unsent = process.memoryUsage().arrayBuffers;
    expect(await stalled(served)).toBe(pulled);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(unsent + 2 ** 20);
  });
});
