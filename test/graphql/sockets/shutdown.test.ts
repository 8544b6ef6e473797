import { describe, expect, it } from 'vitest';
import { subscribeTo, webSocketClient } from '../../support/clients.ts';
import { eventually } from '../../support/eventually.ts';
import { WatchEventsDocument } from '../../support/operations.ts';
import { openServer } from '../../support/server.ts';
import { gone, type RawSocket, rawSocket } from './support/raw.ts';
import { completed, init, next, subscribe } from './support/requirement.ts';
import { serve } from './support/serve.ts';

const RESTART = { code: 1012, reason: 'Service restart' };

async function initialised(url: string, closes = true): Promise<RawSocket> {
  const socket = await rawSocket(url, { closes });
  socket.write(init);
  await eventually(() => socket.messages.length === 1);
  socket.messages.splice(0);
  return socket;
}

/** What keeps this process alive, but for output. */
const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter((type) => !/TTY|Pipe/.test(type))
    .join();

describe('a server that stops', () => {
  it('closes sockets and subscriptions so that their clients come back, and leaves nothing', async () => {
    const server = await serve();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => initialised(server.url)));
    for (const socket of sockets) socket.write(subscribe('1', 'subscription { silence }'));
    const fresh = await rawSocket(server.url);
    await eventually(() => server.fields.feeds === 20);
    await server.sockets.close();
    for (const socket of [...sockets, fresh]) expect(await socket.closed()).toEqual(RESTART);
    expect([server.fields.feeds, server.sockets.subscriptions, server.admission.size]).toEqual([0, 0, 0]);
    await Promise.all([...sockets, fresh].map(gone));
    // The server that listens is the test's own.
    await eventually(() => resources() === 'TCPServerWrap');
    expect(server.logged).toEqual([]);
  });

  it('answers the operations under way first, and takes no others', async () => {
    const server = await serve({ answerMs: 3_600_000 });
    const [busy, idle] = [await initialised(server.url), await initialised(server.url)];
    busy.write(subscribe('1', 'mutation { held }'), subscribe('2', 'subscription { silence }'));
    await eventually(() => server.fields.holding === 1 && server.fields.feeds === 1);
    const closing = server.sockets.close();
    // Those that wait for nothing go at once.
    expect(await idle.closed()).toEqual(RESTART);
    busy.write(subscribe('3', '{ hello }'));
    await eventually(() => busy.messages.length === 1);
    expect(busy.messages.splice(0)).toMatchObject([
      { id: '3', type: 'error', payload: [{ extensions: { code: 'UNAVAILABLE' } }] },
    ]);
    server.fields.release();
    expect(await busy.closed()).toEqual(RESTART);
    expect(busy.messages).toEqual([next('1', { held: 1 }), completed('1')]);
    await closing;
  });

  it('answers new handshakes with 503', async () => {
    const server = await serve({ answerMs: 3_600_000 });
    const busy = await initialised(server.url);
    busy.write(subscribe('1', 'mutation { held }'));
    await eventually(() => server.fields.holding === 1);
    const closing = server.sockets.close();
    const refused = async () => expect((await rawSocket(server.url)).head).toMatch(/^HTTP\/1.1 503 /);
    await refused();
    server.fields.release();
    await closing;
    await refused();
  });

  it('waits for answers so long and no longer', async () => {
    const server = await serve({ answerMs: 50 });
    const busy = await initialised(server.url);
    busy.write(subscribe('1', 'mutation { held }'));
    await eventually(() => server.fields.holding === 1);
    await server.sockets.close();
    expect(await busy.closed()).toEqual(RESTART);
    expect(busy.messages).toEqual([]);
  });

  it('cuts off whoever does not close its side', async () => {
    const server = await serve({ closeMs: 50 });
    const socket = await initialised(server.url, false);
    await server.sockets.close();
    expect(await socket.closed()).toEqual(RESTART);
    await gone(socket);
    expect(server.admission.size).toBe(0);
  });
});

describe('a whole server that stops', () => {
  it('tells the client of graphql-ws to connect again, and leaves nothing', async () => {
    const server = await openServer();
    const codes: unknown[] = [];
    const client = webSocketClient(server.webSocketUrl, {
      on: { closed: (event) => codes.push((event as { code: number }).code) },
    });
    const watched = [1, 2, 3].map(() => subscribeTo(client, WatchEventsDocument, { after: '0' }));
    await Promise.all(watched.map((subscribed) => subscribed.message(0)));
    await server.close();
    for (const { ended } of watched) await expect(ended).rejects.toThrow();
    expect(codes).toEqual([1012]);
    await eventually(() => resources() === '');
    expect(server.logged).toEqual([]);
  });
});
