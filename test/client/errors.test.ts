import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SubscriptionError, subscribe } from '../../src/client/index.ts';
import { following, quick } from './support/following.ts';
import { type Asked, peer } from './support/peer.ts';
import { start } from './support/users.ts';

const anError = (code: string) => ({ message: `It is ${code}.`, extensions: { code } });

/** Fails in some way the first time, and then goes on. */
const failingOnce = (fail: (asked: Asked) => void) => (asked: Asked, number: number) => {
  if (number === 0) fail(asked);
  else asked.batch([1, 2]);
};

describe('a failure that may go away', () => {
  for (const code of ['UNAVAILABLE', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR']) {
    it(`is tried again: ${code} instead of a stream`, async () => {
      const { url } = await peer(failingOnce(({ send }) => send('error', [anError(code)])));
      const client = following({ url });
      await client.reached(2);
      expect(client.statuses).toMatchObject([
        { state: 'subscribing', after: null },
        { state: 'waiting', error: { code, message: `It is ${code}.`, temporary: true } },
        { state: 'subscribing', after: null },
        { state: 'subscribed' },
      ]);
    });

    it(`is tried again: ${code} as the last result`, async () => {
      const { url, asked } = await peer(({ batch, send }, number) => {
        batch([number + 1]);
        if (number > 0) return;
        send('next', { data: null, errors: [anError(code)] });
        send('complete');
      });
      const client = following({ url });
      await client.failed((error) => error.code === code);
      await client.reached(2);
      expect(asked).toEqual([{ after: null }, { after: '1' }]);
    });
  }

  for (const code of [1000, 1001, 1005, 1012, 1013, 1014, 4408, 4499, 4504, 3000]) {
    it(`is tried again: a close with ${code}`, async () => {
      const { url } = await peer(failingOnce(({ close }) => (code === 1005 ? close(undefined as never) : close(code))));
      const client = following({ url });
      await client.failed(({ closeCode }) => closeCode === code);
      await client.reached(2);
    });
  }

  it('is tried again: a subscription that the server ends', async () => {
    const { url } = await peer(failingOnce(({ send }) => send('complete')));
    const client = following({ url });
    await client.failed(({ code }) => code === 'COMPLETED');
    await client.reached(2);
  });

  it('is tried again: a token that has run out while it was served, with a new one', async () => {
    let tokens = 0;
    const { url, inits } = await peer((asked, number) => {
      asked.batch([number + 1]);
      if (number === 0) asked.close(4403, 'Forbidden');
    });
    const client = following({ url, connectionParams: async () => ({ token: ++tokens }) });
    await client.reached(2);
    expect(inits).toEqual([{ token: 1 }, { token: 2 }]);
  });

  it('is tried again: a token or an address that could not be had', async () => {
    const { url } = await peer(({ batch }) => batch([1]));
    let [addresses, tokens] = [0, 0];
    const client = following({
      url() {
        if (++addresses < 3) throw new Error('no address');
        return url;
      },
      async connectionParams() {
        if (++tokens < 5) throw new Error('no token');
        return {};
      },
    });
    await client.reached(1);
    await client.failed(({ message }) => message.includes('no address'));
    await client.failed(({ message }) => message.includes('no token'));
  });

  it('is waited for longer each time, up to a limit, until a batch has come', async () => {
    const { url } = await peer(({ batch, close }, number) => {
      if (number === 8) batch([1]);
      close(1013);
    });
    const client = following({ url, backoff: { minMs: 1, maxMs: 16 } });
    await client.reached(1);
    await client.failed(() => client.statuses.filter(({ state }) => state === 'waiting').length > 8);
    const delays = client.statuses.flatMap((status) => (status.state === 'waiting' ? [status.delayMs] : []));
    for (const [index, whole] of [1, 2, 4, 8, 16, 16, 16, 16, 1].entries()) {
      expect(delays[index]).toBeGreaterThanOrEqual(whole / 2);
      expect(delays[index]).toBeLessThanOrEqual(whole);
    }
  });
});

describe('a failure that lasts', () => {
  const batches = (url: string) => subscribe({ url, ...quick });

  for (const code of ['BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'OPERATION_TOO_COMPLEX']) {
    it(`ends the iteration: ${code}`, async () => {
      const { url, asked } = await peer(({ send }) => send('error', [anError('UNAVAILABLE'), anError(code)]));
      const failure = await batches(url)
        .next()
        .catch((error) => error);
      expect(failure).toBeInstanceOf(SubscriptionError);
      expect(failure).toMatchObject({ code, message: `It is ${code}.`, temporary: false });
      expect(asked).toHaveLength(1);
    });
  }

  for (const code of [1002, 1003, 1007, 1008, 1009, 1011, 4004, 4400, 4401, 4403, 4406, 4409, 4429, 4500]) {
    it(`ends the iteration: a close with ${code}`, async () => {
      const { url } = await peer(({ close }) => close(code, 'because'));
      const ended = batches(url).next();
      await expect(ended).rejects.toMatchObject({ code: 'CONNECTION_CLOSED', closeCode: code, temporary: false });
      await expect(ended).rejects.toThrow('because');
    });
  }

  it('ends the iteration: an answer that is not of the protocol', async () => {
    const { url } = await peer(({ send }) => send('what' as 'next', 1));
    await expect(batches(url).next()).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('comes after the batches that have arrived before it', async () => {
    const { url } = await peer(({ batch, send }) => {
      for (const position of [1, 2, 3]) batch([position]);
      send('error', [anError('FORBIDDEN')]);
    });
    const client = following({ url });
    await expect(client.ended).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(client.positions()).toEqual([1, 2, 3]);
  });

  it('is a cursor beyond the log: a server that was set back to a backup', async () => {
    const { url, register } = await start();
    await register(1);
    const ended = subscribe({ url, ...quick, after: '5' }).next();
    await expect(ended).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(ended).rejects.toThrow('after: it is beyond the head of the log.');
  });

  it('is a cursor or a filter that the server does not know', async () => {
    const { url } = await start();
    for (const options of [{ after: 'x' }, { after: '-1' }, { filter: { types: ['UserExploded'] } }]) {
      await expect(subscribe({ url, ...quick, ...options }).next()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  it('is a server that goes back', async () => {
    const goingBack: [what: string, script: (asked: Asked) => void][] = [
      ['the event at 2', ({ batch }) => batch([1, 3, 2], 3)],
      ['the event at 3', ({ batch }) => batch([1, 3, 3])],
      ['the cursor 2', ({ batch }) => batch([3], 2)],
      ['the event at 3', ({ batch }) => [batch([3]), batch([3, 4])]],
      ['the cursor 2', ({ batch }) => [batch([3]), batch([], 2)]],
    ];
    for (const [what, script] of goingBack) {
      const client = following({ url: (await peer(script)).url });
      await expect(client.ended).rejects.toMatchObject({ code: 'OUT_OF_ORDER', temporary: false });
      await expect(client.ended).rejects.toThrow(what);
    }
  });

  it('is one of the options, at once', () => {
    expect(() => subscribe({ url: 'not a url', webSocketImpl: WebSocket })).toThrow(TypeError);
  });
});
