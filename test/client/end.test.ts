import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type EventBatch, type SubscribeOptions, subscribe } from '../../src/client/index.ts';
import { freePort } from '../e2e/support/project.ts';
import { eventually } from '../support/eventually.ts';
import { silenceableProxy } from '../support/proxy.ts';
import { quick } from './support/following.ts';
import { peer } from './support/peer.ts';
import { start } from './support/users.ts';

const done = { done: true, value: undefined };
const nowhere = 'ws://localhost:1';

/** Says that it has begun, and comes to no end. */
function endless(begun: () => void): Promise<never> {
  begun();
  return new Promise(() => undefined);
}

/** A signal of which one can tell who listens to it. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  return { signal, abort: () => controller.abort(), listeners: () => listeners };
}

type Options = SubscribeOptions<{ events: EventBatch }>;

/** What a client may wait for: its options, and when it has come so far. */
const waiting: Record<string, (begun: () => void) => Promise<Options>> = {
  'for a batch': async (begun) => ({
    url: (await start()).url,
    onStatus: ({ state }) => void (state === 'subscribed' && begun()),
  }),
  'for a store to load': async (begun) => ({
    url: nowhere,
    store: { load: () => endless(begun), save: () => undefined },
  }),
  'for a token': async (begun) => ({ url: nowhere, connectionParams: () => endless(begun) }),
  'for an address': async (begun) => ({ url: () => endless(begun) }),
  'for a connection': async (begun) => {
    const proxy = await silenceableProxy((await start()).url);
    proxy.silence();
    class Watched extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol);
        begun();
      }
    }
    return { url: proxy.url, webSocketImpl: Watched };
  },
  'for another attempt': async (begun) => ({
    url: `ws://127.0.0.1:${await freePort()}`,
    backoff: { minMs: 1_000_000, maxMs: 1_000_000 },
    onStatus: ({ state }) => void (state === 'waiting' && begun()),
  }),
};

/** The client of one of them, when it waits. */
async function waitingClient(prepare: (begun: () => void) => Promise<Options>, signal?: AbortSignal) {
  let begun = false;
  const options = await prepare(() => {
    begun = true;
  });
  const batches = subscribe({ ...quick, ...options, signal });
  // Three, for the first batch of a server comes at once.
  const asked = [batches.next(), batches.next(), batches.next()];
  await eventually(() => begun);
  return { batches, last: asked.slice(1) };
}

describe('a client', () => {
  for (const [what, prepare] of Object.entries(waiting)) {
    it(`can be ended by return() while it waits ${what}`, async () => {
      const { batches, last } = await waitingClient(prepare);
      expect(await batches.return()).toEqual(done);
      expect(await Promise.all(last)).toEqual([done, done]);
      expect(await batches.next()).toEqual(done);
    });

    it(`can be ended by its signal while it waits ${what}, which is no error`, async () => {
      const { signal, abort, listeners } = countedSignal();
      const { batches, last } = await waitingClient(prepare, signal);
      expect(listeners()).toBe(1);
      abort();
      expect(await Promise.all(last)).toEqual([done, done]);
      expect(listeners()).toBe(0);
      expect(await batches.next()).toEqual(done);
    });
  }

  it('does nothing, not even connect, until it is asked for a batch', async () => {
    const { url, inits } = await peer(({ batch }) => batch([1]));
    const { signal, listeners } = countedSignal();
    const batches = subscribe({ url, ...quick, signal });
    expect(await batches.return()).toEqual(done);
    expect(await batches.next()).toEqual(done);
    expect(inits).toEqual([]);
    expect(listeners()).toBe(0);
  });

  it('does nothing when its signal has fired before', async () => {
    const batches = subscribe({ url: nowhere, ...quick, signal: AbortSignal.abort() });
    expect(await batches.next()).toEqual(done);
  });

  it('closes its connection when the loop is left, in whichever way', async () => {
    const { url, register } = await start();
    await register(3);
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol);
        sockets.push(this);
      }
    }
    const follow = (options: Partial<Options> = {}) =>
      subscribe({ ...quick, url, after: '0', webSocketImpl: Watched, ...options });

    for await (const _ of follow()) break;
    await expect(
      (async () => {
        for await (const _ of follow()) throw new Error('the consumer failed');
      })(),
    ).rejects.toThrow('the consumer failed');
    const stop = new AbortController();
    const ended = follow({ signal: stop.signal });
    await ended.next();
    // At once, whether or not the consumer ever asks for more.
    stop.abort();
    const thrown = follow();
    await thrown.next();
    await expect(thrown.throw(new Error('thrown in'))).rejects.toThrow('thrown in');

    expect(sockets).toHaveLength(4);
    await eventually(() => sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
  });

  it('cuts a connection whose other end does not answer when it is closed', async () => {
    const { url, register } = await start();
    await register(1);
    const proxy = await silenceableProxy(url);
    let cut = false;
    class Watched extends WebSocket {
      override terminate() {
        cut = true;
        super.terminate();
      }
    }
    for await (const _ of subscribe({ ...quick, url: proxy.url, after: '0', webSocketImpl: Watched })) {
      proxy.silence();
      break;
    }
    await eventually(() => cut);
  });

  it('answers several calls of next() one after the other', async () => {
    const { url } = await peer(({ batch }) => {
      for (const position of [1, 2, 3]) batch([position]);
    });
    const batches = subscribe({ url, ...quick });
    const results = await Promise.all([batches.next(), batches.next(), batches.next()]);
    expect(results.map(({ value }) => value?.cursor)).toEqual(['1', '2', '3']);
    await batches.return();
  });
});
