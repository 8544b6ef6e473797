import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../e2e/support/project.ts';
import { prepareForServers, removeBundle, startServerProcess } from '../projections/support/servers.ts';
import { asServer } from '../support/database.ts';
import { silenceableProxy } from '../support/proxy.ts';
import { serverForTest } from '../support/server.ts';
import { following } from './support/following.ts';
import { logOf, start, writerTo } from './support/users.ts';

afterAll(removeBundle);

const ROUNDS = 6;

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe('a client', () => {
  it('gets the whole log once and in order from a server that is killed again and again', async () => {
    const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    // Another process writes all the time; the one that the client knows is killed.
    const writing = await serverForTest({ MASTER_KEY });
    await prepareForServers(writing.databaseUrl);
    const { register, keepRegistering } = writerTo(writing);
    const PORT = String(await freePort());
    const startVictim = () => startServerProcess(writing.databaseUrl, { PORT, MASTER_KEY });

    for (let n = 0; n < 15; n++) await register(100);
    const stopRegistering = keepRegistering();
    let victim = await startVictim();
    const client = following({ url: victim.url, after: '0' });
    for (let round = 0; round < ROUNDS; round++) {
      // While it is up to date; and while it connects, or reads what it has missed.
      if (round % 2 === 0) await client.reached((await writing.written()).head);
      await sleep(randomInt(0, 200));
      await victim.kill();
      victim = await startVictim();
    }
    await stopRegistering();
    const log = await logOf(writing);
    await client.reached(log.length);
    expect(client.batches.flatMap(({ events }) => events.map(({ position, id }) => ({ position, id })))).toEqual(log);
    expect(client.statuses.filter(({ state }) => state === 'waiting').length).toBeGreaterThanOrEqual(ROUNDS);
  });

  it('goes on where it was when its connection is cut, at whatever moment', async () => {
    const { server, url, register, keepRegistering } = await start();
    const proxy = await silenceableProxy(url);
    await register(20);
    const stopRegistering = keepRegistering();
    const client = following({ url: proxy.url, after: '0' });
    for (let round = 0; round < 50; round++) {
      await sleep(randomInt(0, 30));
      proxy.cut();
    }
    await stopRegistering();
    const { length } = await logOf(server);
    await client.reached(length);
    expect(client.positions()).toEqual(upTo(length));
  });

  it('notices that a connection has fallen silent without being closed, and makes another', async () => {
    const { url, register } = await start();
    const proxy = await silenceableProxy(url);
    await register(3);
    const client = following({ url: proxy.url, after: '0', keepAliveMs: 100 });
    await client.reached(3);
    proxy.silence();
    await register(3);
    await client.failed(({ code }) => code === 'CONNECTION_FAILED');
    proxy.cut();
    await client.reached(6);
    expect(client.positions()).toEqual(upTo(6));
  });

  it('gives up an attempt that gets no answer, and makes another', async () => {
    const { url, register } = await start();
    const proxy = await silenceableProxy(url);
    await register(3);
    proxy.silence();
    const client = following({ url: proxy.url, after: '0', keepAliveMs: 50 });
    await client.failed(({ code, message }) => code === 'CONNECTION_FAILED' && message.includes('said nothing'));
    proxy.cut();
    await client.reached(3);
  });

  it('waits for a server that is not there yet', async () => {
    const port = await freePort();
    const client = following({ url: `ws://127.0.0.1:${port}/graphql`, after: '0' });
    await client.failed(({ code }) => code === 'CONNECTION_FAILED');
    const { register } = await start({ PORT: String(port) });
    await register(3);
    await client.reached(3);
  });

  it('goes on at another server when its own stops', async () => {
    const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    const first = await start({ MASTER_KEY });
    const second = await serverForTest({ MASTER_KEY, DATABASE_URL: asServer(first.server.databaseUrl) });
    await first.register(3);
    let url = first.url;
    const client = following({ url: async () => url, after: '0' });
    await client.reached(3);
    url = second.webSocketUrl;
    await first.server.stop();
    await client.failed(({ temporary }) => temporary);
    await writerTo(second).register(2);
    await client.reached(5);
    expect(client.positions()).toEqual(upTo(5));
  });

  it('keeps what a filter lets through, over any number of connections', async () => {
    const { url, register, commands } = await start({ HEARTBEAT_MS: '50' });
    const proxy = await silenceableProxy(url);
    const client = following({ url: proxy.url, after: '0', filter: { types: ['UserDeactivated'] } });
    for (let round = 1; round <= 5; round++) {
      const [id = ''] = await register(3);
      await commands.deactivate({ id });
      proxy.cut();
    }
    await client.reached(20);
    expect(client.positions()).toEqual([4, 8, 12, 16, 20]);
  });

  it('starts from now when it is not told where, and misses nothing from its first batch on', async () => {
    const { url, register } = await start();
    await register(3);
    const proxy = await silenceableProxy(url);
    const client = following({ url: proxy.url });
    await client.reached(3);
    expect(client.batches).toEqual([{ events: [], cursor: '3', caughtUp: true }]);
    proxy.cut();
    await register(3);
    await client.reached(6);
    expect(client.positions()).toEqual(upTo(3, 4));
  });
});
