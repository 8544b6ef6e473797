import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EventStream, type EventStreamOptions, openEventStream } from '../../../src/graphql/sse/stream.ts';
import { eventually } from '../../support/eventually.ts';

/** A stream to a peer that speaks plain TCP, so that it can also read nothing. */
async function open(options: Partial<EventStreamOptions> = {}) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    peer.destroy();
    server.close();
  });
  peer.on('error', () => undefined);
  peer.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const stream = openEventStream(response, { headers: {}, keepAliveMs: 3_600_000, blockedMs: 3_600_000, ...options });
  return { peer, response, stream };
}

/** Everything that a peer reads from now on, as text. */
function reading(peer: Socket): { text: string } {
  const read = { text: '' };
  peer.setEncoding('utf8').on('data', (text) => {
    read.text += text;
  });
  return read;
}

const FILLER = 'x'.repeat(2 ** 16);
/** Far more than what the kernel takes for a peer that does not read. */
const EVENTS = 1_000;

/** Sends one event after the other, as a feed does, until all are sent or the stream is over. */
function sending(stream: EventStream) {
  const state = { sent: 0, over: Promise.resolve() };
  const send = async () => {
    while (state.sent < EVENTS) await stream.send(`data: ${state.sent++} ${FILLER}\n\n`);
  };
  state.over = send();
  return state;
}

/** Resolves when nothing has been sent for a while. */
async function standstill(state: { sent: number }): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 10; last = state.sent) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    quiet = state.sent === last ? quiet + 1 : 0;
  }
}

describe('an event stream', () => {
  it('takes the next event when its reader has taken the last, so that there is never more than one in memory', async () => {
    const { peer, response, stream } = await open();
    const feed = sending(stream);
    await standstill(feed);
    expect(feed.sent).toBeLessThan(EVENTS);
    expect(response.socket?.writableLength).toBeLessThan(2 * FILLER.length);
    const read = reading(peer);
    await feed.over;
    stream.end();
    await stream.closed;
    await once(peer, 'end');
    const numbers = [...read.text.matchAll(/data: (\d+) /g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: EVENTS }, (_, index) => index));
  });

  it('is cut off when its reader takes nothing for too long', async () => {
    const { peer, stream } = await open({ blockedMs: 200 });
    const feed = sending(stream);
    await stream.closed;
    await feed.over;
    const read = reading(peer);
    await once(peer, 'close');
    expect(read.text).not.toMatch(/0\r\n\r\n$/);
  });

  it('is not cut off while there is nothing to take', async () => {
    const { peer, stream } = await open({ blockedMs: 50, keepAliveMs: 200 });
    const read = reading(peer);
    await eventually(() => read.text.split(':\n\n').length > 4);
    await stream.send('data: still there\n\n');
    await eventually(() => read.text.includes('still there'));
  });

  it('begins with a comment and sends others now and then, but none to a reader that is behind', async () => {
    const { peer, stream } = await open({ keepAliveMs: 5 });
    const read = reading(peer);
    await eventually(() => read.text.split(':\n\n').length > 3);
    peer.pause();
    const feed = sending(stream);
    await standstill(feed);
    peer.resume();
    await feed.over;
    await eventually(() => read.text.includes(`data: ${EVENTS - 1}`));
    const [, behind = ''] = /data: 0 ([\s\S]*)data: 999 /.exec(read.text) ?? [];
    expect(behind.length).toBeGreaterThan(0);
    expect(behind).not.toContain(':\n\n');
  });

  it('ends after what was sent', async () => {
    const { peer, stream } = await open();
    const read = reading(peer);
    void stream.send('data: last\n\n');
    stream.end();
    await stream.send('data: too late\n\n');
    await Promise.all([stream.closed, once(peer, 'end')]);
    expect(read.text).toMatch(/data: last\n\n\r\n0\r\n\r\n$/);
  });

  it('ends though its reader takes nothing any more', async () => {
    const { stream } = await open();
    const feed = sending(stream);
    await standstill(feed);
    stream.end();
    await stream.closed;
    await feed.over;
  });

  it('is over when its reader has gone, and takes no more', async () => {
    const { peer, stream } = await open();
    const feed = sending(stream);
    peer.destroy();
    await stream.closed;
    await feed.over;
    stream.end();
  });
});
