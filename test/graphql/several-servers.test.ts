import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accepted, commandsOf, userOf } from '../conformance/support/users.ts';
import { ownCluster } from '../log/trouble/support/cluster.ts';
import { expectNothingAstray } from '../log/trouble/support/whole.ts';
import { cutConnections } from '../projections/support/users.ts';
import {
  type AnyClient,
  eventStreamClient,
  type Subscribed,
  subscribeTo,
  webSocketClient,
} from '../support/clients.ts';
import { asServer } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { WatchEventsDocument, type WatchEventsSubscription, WatchUserDocument } from '../support/operations.ts';
import { silenceableProxy } from '../support/proxy.ts';
import { type Settings, serverForTest, type TestServer } from '../support/server.ts';

/** Polling that a test does not live to see. */
const NEVER = '3600000';
const SOON = '50';

type Place = Pick<TestServer, 'url' | 'webSocketUrl'>;

const upTo = (last: number, after = 0) => Array.from({ length: last - after }, (_, index) => after + index + 1);
const positionsOf = ({ received }: Subscribed<WatchEventsSubscription>) =>
  received.flatMap(({ events }) => events.events.map(({ position }) => Number(position)));

let transports = 0;
/** A client of one transport or the other, by turns. */
function connect({ url, webSocketUrl }: Place): AnyClient {
  const client = transports++ % 2 ? eventStreamClient(url) : webSocketClient(webSocketUrl);
  onTestFinished(async () => {
    await client.dispose();
  });
  return client;
}

const watchEvents = (place: Place, after?: number) =>
  subscribeTo(connect(place), WatchEventsDocument, after === undefined ? {} : { after: String(after) });
const reached = (watched: Subscribed<WatchEventsSubscription>, position: number) =>
  watched.until(({ events }) => Number(events.cursor) >= position);

let registered = 0;
/** So many events, written by a server. */
async function register(place: Place, count: number): Promise<void> {
  const { register } = commandsOf(place);
  await Promise.all(
    upTo(count).map(async () => accepted(await register({ email: `user${++registered}@example.org` }))),
  );
}

/** An address at which nobody listens. */
async function refusing(databaseUrl: string): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  await new Promise((resolve) => server.close(resolve));
  return url.href;
}

describe('an event that one server has committed', () => {
  /** Three servers, each of which writes while subscribers of all of them listen. */
  async function expectDelivered(settings: Settings): Promise<void> {
    const first = await serverForTest(settings);
    const servers = [first, await first.beside(), await first.beside()];
    const watched = servers.flatMap((server) => [watchEvents(server, 0), watchEvents(server, 0)]);
    await Promise.all(watched.map((each) => each.message(0)));
    await Promise.all(servers.map((server) => register(server, 30)));
    for (const each of watched) {
      await reached(each, 90);
      expect(positionsOf(each)).toEqual(upTo(90));
    }
  }

  it('reaches the subscribers of the others by a notification, with no poll', () =>
    expectDelivered({ POLL_MS: NEVER }));
  it('reaches them by the poll alone', () => expectDelivered({ POLL_MS: SOON, DATABASE_LISTEN_URL: 'off' }));

  it('reaches them by the poll while the listening connection is half-open', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    const proxy = await silenceableProxy(asServer(first.databaseUrl));
    const second = await first.beside({ DATABASE_LISTEN_URL: proxy.url, POLL_MS: SOON });
    const watched = watchEvents(second, 0);
    await register(first, 5);
    await reached(watched, 5);
    proxy.silence();
    await register(first, 5);
    await reached(watched, 10);
    expect(positionsOf(watched)).toEqual(upTo(10));
  });

  it('reaches them by the poll when the listening connection is refused', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    const listenUrl = await refusing(first.databaseUrl);
    const second = await first.beside({ DATABASE_LISTEN_URL: listenUrl, POLL_MS: SOON });
    const watched = watchEvents(second, 0);
    for (let round = 1; round <= 3; round++) {
      await register(first, 5);
      await reached(watched, 5 * round);
    }
    expect(positionsOf(watched)).toEqual(upTo(15));
  });

  it('reaches them when the listening connection is there again, if it was written meanwhile, with no poll', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    const proxy = await silenceableProxy(asServer(first.databaseUrl));
    const second = await first.beside({ DATABASE_LISTEN_URL: proxy.url });
    const watched = watchEvents(second, 0);
    for (let round = 1; round <= 5; round++) {
      proxy.cut();
      await register(first, 5);
      await reached(watched, 5 * round);
    }
    expect(positionsOf(watched)).toEqual(upTo(25));
  });
});

describe('a subscriber that goes on from any earlier cursor', () => {
  const EVENTS = 40;

  /** Goes on from every cursor at once. */
  async function expectResumed(place: Place, write: () => Promise<void>): Promise<void> {
    const client = connect(place);
    const cursors = upTo(EVENTS, -1);
    const watched = cursors.map((after) => subscribeTo(client, WatchEventsDocument, { after: String(after) }));
    await Promise.all(watched.map((each) => each.message(0)));
    await write();
    for (const [index, each] of watched.entries()) {
      await reached(each, 2 * EVENTS);
      expect(positionsOf(each)).toEqual(upTo(2 * EVENTS, cursors[index]));
      expect((each.received.at(-1) as WatchEventsSubscription).events.caughtUp).toBe(true);
    }
  }

  it('gets the rest after the server was started again', async () => {
    const first = await serverForTest();
    await register(first, EVENTS);
    await first.stop();
    const again = await first.beside();
    await expectResumed(again, () => register(again, EVENTS));
  });

  it('gets the rest though all connections to the database are cut, before and meanwhile', async () => {
    expectNothingAstray();
    const server = await serverForTest({ TAIL_EVENTS: '10' });
    await register(server, EVENTS);
    await cutConnections(server.databaseUrl);
    await expectResumed(server, async () => {
      await cutConnections(server.databaseUrl);
      await register(server, EVENTS);
    });
  });

  it('gets the rest after PostgreSQL has crashed and come back, on servers that went on and on others', async () => {
    expectNothingAstray();
    const cluster = await ownCluster();
    const first = await serverForTest({ DATABASE_URL: asServer(cluster.url), TAIL_EVENTS: '10' });
    await register(first, EVENTS);
    await cluster.end('SIGKILL');
    await expectResumed(first, () => eventually(() => register(first, EVENTS).then(() => true)).then(() => undefined));
    const second = await first.beside();
    const watched = watchEvents(second, 7);
    await reached(watched, 2 * EVENTS);
    expect(positionsOf(watched)).toEqual(upTo(2 * EVENTS, 7));
  });

  it('gets the rest from another server, which has heard of none of it yet', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    // Nobody tells this one anything.
    const behind = await first.beside({ DATABASE_LISTEN_URL: 'off' });
    await register(first, EVENTS);
    // The cursor itself says that there is more.
    const watched = upTo(EVENTS).map((after) => watchEvents(behind, after));
    for (const [index, each] of watched.entries()) {
      await reached(each, EVENTS);
      expect(positionsOf(each)).toEqual(upTo(EVENTS, index + 1));
    }
    // Its own events meet those of the other without a gap.
    const all = watchEvents(behind, 0);
    await register(first, EVENTS);
    await register(behind, 1);
    await reached(all, 2 * EVENTS + 1);
    expect(positionsOf(all)).toEqual(upTo(2 * EVENTS + 1));
    for (const [index, each] of watched.entries()) {
      await reached(each, 2 * EVENTS + 1);
      expect(positionsOf(each)).toEqual(upTo(2 * EVENTS + 1, index + 1));
    }
  });
});

describe('the subscription user', () => {
  const versionsOf = ({ received }: Subscribed<{ user: { user?: { version: number } | null } }>) =>
    received.map(({ user }) => user.user?.version ?? 0);

  it('tells the state and each change in order on every server, whichever made it, and the last always arrives', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    const servers = [first, await first.beside(), await first.beside()];
    const { id } = userOf(await commandsOf(first).register({ email: 'ada@example.org' }));
    const watched = servers.flatMap((server) =>
      [1, 2].map(() => subscribeTo(connect(server), WatchUserDocument, { id })),
    );
    await Promise.all(watched.map((each) => each.message(0)));
    await Promise.all(
      servers.flatMap((server, place) =>
        upTo(20).map((n) => commandsOf(server).updateProfile({ id, displayName: `Ada ${place} ${n}` })),
      ),
    );
    for (const each of watched) {
      const last = await each.until(({ user }) => user.user?.version === 61);
      const versions = versionsOf(each);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      const positions = each.received.map(({ user }) => Number(user.position));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(last).toEqual((await watched[0]?.until(({ user }) => user.user?.version === 61)) ?? null);
    }
  });

  it('tells each change when there is time for it', async () => {
    const first = await serverForTest({ POLL_MS: NEVER });
    const other = await first.beside();
    const { id } = userOf(await commandsOf(first).register({ email: 'ada@example.org' }));
    const watched = subscribeTo(connect(other), WatchUserDocument, { id });
    for (let version = 1; version <= 10; version++) {
      await watched.until(({ user }) => user.user?.version === version);
      await commandsOf(first).updateProfile({ id, displayName: `Ada ${version}` });
    }
    await watched.until(({ user }) => user.user?.version === 11);
    expect(versionsOf(watched)).toEqual(upTo(11));
  });

  it('never goes back for a client that moves from server to server', async () => {
    const first = await serverForTest({ POLL_MS: SOON });
    const servers = [first, await first.beside(), await first.beside({ DATABASE_LISTEN_URL: 'off' })];
    const { id } = userOf(await commandsOf(first).register({ email: 'ada@example.org' }));
    const changing = (async () => {
      for (let n = 1; n <= 60; n++)
        await commandsOf(servers[n % 3] as Place).updateProfile({ id, displayName: `Ada ${n}` });
    })();
    const seen: number[] = [];
    for (let round = 0; seen.at(-1) !== 61; round++) {
      const watched = subscribeTo(connect(servers[round % 3] as Place), WatchUserDocument, { id });
      await watched.until(({ user }, index) => index === 1 || user.user?.version === 61);
      watched.stop();
      seen.push(...versionsOf(watched));
    }
    await changing;
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});
