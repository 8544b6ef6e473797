import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openServer } from '../../support/server.ts';
import { closeFrame, gone, message, openRawSocket, type RawSocket } from './support/raw.ts';
import { init, subscribe } from './support/requirement.ts';
import { serve } from './support/serve.ts';

const CYCLES = 1_000;
const AT_ONCE = 25;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Bytes in use, of what is still needed. */
async function heap(): Promise<number> {
  // What was freed may have held something that takes another turn to go.
  for (let n = 0; n < 5; n++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The ways in which clients go. */
const drops: readonly ((socket: RawSocket) => void)[] = [
  ({ write }) => write(closeFrame(1000)),
  ({ tcp }) => tcp.destroy(),
  ({ tcp }) => tcp.resetAndDestroy(),
  // Half open: nothing more comes from it, not even the answer to a ping.
  () => undefined,
];

async function cycle(url: string, query: string, index: number): Promise<void> {
  const socket = await openRawSocket(url);
  socket.write(init);
  await eventually(() => socket.messages.length === 1);
  socket.write(subscribe('1', query), subscribe('2', query));
  // Some go while their subscriptions are being opened.
  if (index % 3 > 0) {
    socket.write(message({ type: 'ping' }));
    await eventually(() => socket.messages.some(({ type }) => type === 'pong'));
  }
  drops[index % drops.length]?.(socket);
  await gone(socket);
}

async function cycles(count: number, url: string, query: string): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await cycle(url, query, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What keeps this process alive, but for output. */
const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter((type) => !/TTY|Pipe/.test(type))
    .join();

describe(`${CYCLES} clients that come, subscribe and go in all ways`, () => {
  it.each(['subscription { silence }', 'subscription { texts(length: 10000) }'])(
    '(%s) leave nothing',
    async (query) => {
      const { url, fields, sockets, admission, logged } = await serve({ keepAliveMs: 100 });
      const settled = () => fields.feeds === 0 && sockets.subscriptions === 0 && admission.size === 0;
      await cycles(CYCLES / 4, url, query);
      await eventually(() => settled() && resources() === 'TCPServerWrap,Timeout');
      const before = await heap();
      await cycles(CYCLES, url, query);
      await eventually(() => settled() && resources() === 'TCPServerWrap,Timeout');
      // A socket that stays has more than 10 kB.
      expect((await heap()) - before).toBeLessThan(CYCLES * 2_000);
      expect(logged).toEqual([]);
    },
  );

  it('leave nothing in a whole server either', async () => {
    const server = await openServer({ KEEP_ALIVE_MS: '100', SOCKETS_PER_ADDRESS: '10000' });
    try {
      const query = 'subscription { events(after: "0") { events { type } cursor } }';
      const settled = async () => {
        const metrics = await (await fetch(new URL('/metrics', server.url))).text();
        return /^tidemark_sockets 0$/m.test(metrics) && /^tidemark_subscriptions 0$/m.test(metrics);
      };
      await cycles(CYCLES / 4, server.webSocketUrl, query);
      await eventually(settled);
      const before = await heap();
      await cycles(CYCLES, server.webSocketUrl, query);
      await eventually(settled);
      expect((await heap()) - before).toBeLessThan(CYCLES * 2_000);
      expect(server.logged).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
