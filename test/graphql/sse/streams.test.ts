import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { asPost, inUrl, openStream } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, type Served, serve } from './support/serve.ts';

const TEXTS = 'subscription { texts(length: 60000) }';
const SILENCE = { query: 'subscription { silence }' };
const HELLO = { query: '{ hello }' };

/** Resolves once the server makes nothing more for those who do not read. */
async function stalled({ fields }: Served): Promise<number> {
  await eventually(() => fields.pulled > 0);
  for (let before = 0; before !== fields.pulled; await sleep(100)) before = fields.pulled;
  return fields.pulled;
}

const nothingLeft = ({ fields, admission }: Served) =>
  eventually(() => fields.feeds === 0 && fields.holding === 0 && admission.size === 0);

describe('a stream', () => {
  it('asks its feed for the next result when its reader has taken the last', async () => {
    const served = await serve();
    const peer = await ask(served.url, TEXTS);
    const pulled = await stalled(served);
    peer.resume();
    await eventually(() => served.fields.pulled > pulled + 1_000);
    peer.pause();
    const later = await stalled(served);
    expect(served.fields.pulled).toBe(later);
    peer.destroy();
    await nothingLeft(served);
    expect(served.logged).toEqual([]);
  });

  it('of a reader that takes nothing for too long is cut off, and leaves nothing', async () => {
    const served = await serve({ blockedMs: 200 });
    const peer = await ask(served.url, TEXTS);
    await eventually(() => served.fields.pulled > 0);
    await nothingLeft(served);
    peer.resume();
    await eventually(() => peer.closed);
  });

  it('leaves everything else its turn while its feed has something ready and the network takes it', async () => {
    const served = await serve();
    const peer = await ask(served.url, 'subscription { count(to: 20000) }');
    peer.resume();
    let most = 0;
    for (let before = 0; before < 20_000; ) {
      await nextTurn();
      most = Math.max(most, served.fields.pulled - before);
      before = served.fields.pulled;
    }
    expect(most).toBeLessThan(100);
  });

  it('comes to its end with complete, also after an error', async () => {
    const served = await serve();
    const counting = await openStream(served.url, asPost({ query: 'subscription { count(to: 3) }' }));
    expect(await counting.ended).toBeNull();
    expect(counting.results()).toEqual([1, 2, 3].map((count) => ({ data: { count } })));
    expect(counting.events.at(-1)).toEqual({ type: 'complete', data: '', id: '' });
    const failing = await openStream(served.url, asPost({ query: 'subscription { failing }' }));
    expect(await failing.ended).toBeNull();
    expect(failing.events.map(({ type }) => type)).toEqual(['next', 'next', 'complete']);
    expect(failing.results()[1].errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(failing.events)).not.toContain('secret');
    await nothingLeft(served);
  });

  it('that is dropped at any moment leaves nothing, a thousand times', async () => {
    const served = await serve();
    const before = process.getActiveResourcesInfo().length;
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const peer = await ask(served.url, n % 2 ? TEXTS : SILENCE.query);
          if (n % 3) await eventually(() => peer.bytesRead > 0 || served.fields.feeds > 0);
          if (n % 5) peer.destroy();
          else peer.resume().end();
        }),
      );
    }
    await nothingLeft(served);
    await eventually(() => process.getActiveResourcesInfo().length <= before);
    expect(served.logged).toEqual([]);
  });

  it('whose client has gone while the answer was made gives its place back', async () => {
    const served = await serve({ admission: { total: 1 } });
    const peer = await ask(served.url, '{ held }');
    await eventually(() => served.fields.holding === 1);
    peer.destroy();
    served.fields.release();
    await nothingLeft(served);
    const next = await openStream(inUrl(served.url, HELLO));
    expect(next.response.status).toBe(200);
  });

  it('is not begun behind another answer on the same connection', async () => {
    const served = await serve();
    const peer = await ask(served.url, SILENCE.query, 3);
    let read = '';
    peer.on('data', (bytes) => {
      read += bytes;
    });
    await eventually(() => read.includes('HTTP/1.1 200 OK'));
    expect(served.admission.size).toBe(1);
    peer.destroy();
    await nothingLeft(served);
    expect(served.logged).toEqual([]);
  });
});

describe('more streams than the limits allow', () => {
  it.each([
    ['in all', 503, { admission: { total: 2 } }],
    ['from one address', 429, { admission: { perAddress: 2 } }],
    ['of one actor', 429, { admission: { perActor: 2 }, actor: 'ada' }],
  ] as const)('%s are refused with %i, and taken when others have ended', async (_, status, options) => {
    const served = await serve(options);
    const open = [await openStream(inUrl(served.url, SILENCE)), await openStream(inUrl(served.url, SILENCE))];
    const refused = await fetch(inUrl(served.url, HELLO), { headers: { accept: 'text/event-stream' } });
    expect(refused.status).toBe(status);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
    open[0]?.close();
    await eventually(() => served.admission.size === 1);
    const taken = await openStream(inUrl(served.url, HELLO));
    expect(await taken.ended).toBeNull();
    expect(taken.results()).toEqual([{ data: { hello: 'world' } }]);
    expect(served.admission.size).toBe(1);
  });
});

describe('when the server stops', () => {
  it('streams end without complete, so that clients come back, and leave nothing', async () => {
    const served = await serve();
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(inUrl(served.url, SILENCE))));
    await eventually(() => served.fields.feeds === 20);
    await served.close();
    for (const stream of streams) {
      expect(await stream.ended).toBeNull();
      expect(stream.events).toEqual([]);
    }
    await nothingLeft(served);
  });

  it('a reader that takes nothing does not hold it up', async () => {
    const served = await serve();
    await ask(served.url, TEXTS);
    await stalled(served);
    await served.close();
    await nothingLeft(served);
  });

  it('what is asked for is refused with 503, and what is under way is answered', async () => {
    const served = await serve();
    const answered = openStream(served.url, asPost({ query: 'mutation { held }' }));
    await eventually(() => served.fields.holding === 1);
    await served.close();
    const refused = await fetch(inUrl(served.url, HELLO), { headers: { accept: 'text/event-stream' } });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    served.fields.release();
    const stream = await answered;
    expect(await stream.ended).toBeNull();
    expect(stream.events.map(({ type }) => type)).toEqual(['next', 'complete']);
    expect(stream.results()).toEqual([{ data: { held: 1 } }]);
  });
});
