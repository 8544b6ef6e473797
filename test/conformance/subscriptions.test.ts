import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AnyClient,
  eventStreamClient,
  type Subscribed,
  subscribeTo,
  webSocketClient,
} from '../support/clients.ts';
import {
  type EventFilter,
  EventsDocument,
  WatchEventsDocument,
  type WatchEventsSubscription,
  WatchUserDocument,
} from '../support/operations.ts';
import { type Settings, serverForTest, type TestServer } from '../support/server.ts';
import { accepted, type Commands, commandsOf, userOf } from './support/users.ts';

type Connect = (server: TestServer) => AnyClient;

/** The feeds are the same, whichever way they come. */
const ways: [string, Connect][] = [
  ['WebSocket', ({ webSocketUrl }) => webSocketClient(webSocketUrl)],
  ['server-sent events', ({ url }) => eventStreamClient(url)],
];

async function start(connect: Connect, settings: Settings = {}) {
  const server = await serverForTest(settings);
  const client = connect(server);
  onTestFinished(async () => {
    await client.dispose();
  });
  return {
    server,
    commands: commandsOf(server),
    watchUser: (id: string) => subscribeTo(client, WatchUserDocument, { id }),
    watchEvents: (variables: { after?: string; filter?: EventFilter }) =>
      subscribeTo(client, WatchEventsDocument, variables),
  };
}

const registerMany = (commands: Commands, count: number, from = 0) =>
  Promise.all(Array.from({ length: count }, (_, n) => commands.register({ email: `user${from + n}@example.org` })));

const eventsOf = ({ received }: Subscribed<WatchEventsSubscription>) => received.flatMap(({ events }) => events.events);
const positionsOf = (subscribed: Subscribed<WatchEventsSubscription>) =>
  eventsOf(subscribed).map(({ position }) => Number(position));
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe.each(ways)('the subscription user over %s', (_, connect) => {
  it('sends the user as it is, then again each time it changes', async () => {
    const { commands, watchUser } = await start(connect);
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    const watched = watchUser(id);
    expect((await watched.message(0)).user.user).toMatchObject({ email: 'ada@example.org', version: 1 });
    await commands.updateProfile({ id, displayName: 'Ada' });
    expect((await watched.message(1)).user.user).toMatchObject({ displayName: 'Ada', version: 2 });
    await commands.deactivate({ id });
    expect((await watched.message(2)).user.user).toMatchObject({ status: 'DEACTIVATED', version: 3 });
    await commands.reactivate({ id });
    const last = await watched.message(3);
    expect(last.user.user).toMatchObject({ status: 'ACTIVE', version: 4 });
    expect(Number(last.user.position)).toBeGreaterThanOrEqual(4);
  });

  it('is null before the registration, then the user', async () => {
    const { commands, watchUser } = await start(connect);
    const id = randomUUID();
    const watched = watchUser(id);
    expect((await watched.message(0)).user).toEqual({ user: null, position: '0' });
    const { user } = accepted(await commands.register({ id, email: 'ada@example.org' }));
    expect((await watched.message(1)).user.user).toEqual(user);
  });

  it('says nothing when others change, and nothing twice', async () => {
    const { commands, watchUser } = await start(connect);
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    const watched = watchUser(id);
    await watched.message(0);
    await registerMany(commands, 50);
    await commands.changeEmail({ id, email: 'ada@example.org' });
    await commands.updateProfile({ id, displayName: 'Ada' });
    await watched.until(({ user }) => user.user?.version === 2);
    expect(watched.received.map(({ user }) => user.user?.version)).toEqual([1, 2]);
  });

  it('takes an id in capitals', async () => {
    const { commands, watchUser } = await start(connect);
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    expect((await watchUser(id.toUpperCase()).message(0)).user.user).toMatchObject({ id });
  });

  it('never goes back, and ends with the last state, however fast the changes are', async () => {
    const { commands, watchUser } = await start(connect);
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    const watched = watchUser(id);
    await watched.message(0);
    await Promise.all(Array.from({ length: 100 }, (_, n) => commands.updateProfile({ id, displayName: `Ada ${n}` })));
    await watched.until(({ user }) => user.user?.version === 101);
    const versions = watched.received.map(({ user }) => user.user?.version ?? 0);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(versions.length);
    const positions = watched.received.map(({ user }) => Number(user.position));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  it('waits for the read table', async () => {
    const { server, commands, watchUser } = await start(connect);
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    const watched = watchUser(id);
    await watched.message(0);
    const release = await server.holdProjection('users');
    await commands.updateProfile({ id, displayName: 'Ada' });
    await release();
    expect((await watched.message(1)).user.user).toMatchObject({ displayName: 'Ada' });
  });
});

describe.each(ways)('the subscription events over %s', (_, connect) => {
  it('sends everything after a position, first from the log and then live, each event once and in order', async () => {
    const { commands, watchEvents } = await start(connect);
    await registerMany(commands, 100);
    const [all, later] = [watchEvents({ after: '0' }), watchEvents({ after: '60' })];
    const writing = registerMany(commands, 100, 100);
    await all.until(({ events }) => events.cursor === '200');
    await later.until(({ events }) => events.cursor === '200');
    await writing;
    expect(positionsOf(all)).toEqual(upTo(200));
    expect(positionsOf(later)).toEqual(upTo(140, 61));
  });

  it('starts from now when no position is given, and says where that is', async () => {
    const { commands, watchEvents } = await start(connect);
    await registerMany(commands, 5);
    const watched = watchEvents({});
    expect((await watched.message(0)).events).toEqual({
      events: [],
      cursor: '5',
      caughtUp: true,
    });
    await registerMany(commands, 5, 5);
    await watched.until(({ events }) => events.cursor === '10');
    expect(positionsOf(watched)).toEqual(upTo(5, 6));
  });

  it('goes on from a cursor without loss or repetition', async () => {
    const { commands, watchEvents } = await start(connect);
    await registerMany(commands, 30);
    let after = '0';
    const seen: number[] = [];
    for (let round = 0; round < 5; round++) {
      const watched = watchEvents({ after });
      const writing = registerMany(commands, 20, 100 * (round + 1));
      await watched.until(({ events }) => Number(events.cursor) > Number(after));
      watched.stop();
      seen.push(...positionsOf(watched));
      after = watched.received.at(-1)?.events.cursor ?? '';
      await writing;
    }
    const rest = watchEvents({ after });
    await rest.until(({ events }) => events.cursor === '130');
    expect([...seen, ...positionsOf(rest)]).toEqual(upTo(130));
  });

  it('reads what is no longer in memory from the log, and meets the live events there', async () => {
    const { commands, watchEvents } = await start(connect, { TAIL_EVENTS: '10' });
    await registerMany(commands, 700);
    const watched = watchEvents({ after: '0' });
    const writing = registerMany(commands, 100, 1_000);
    await watched.until(({ events }) => events.cursor === '800');
    await writing;
    expect(positionsOf(watched)).toEqual(upTo(800));
    expect(watched.received[0]?.events.caughtUp).toBe(false);
    expect(watched.received.at(-1)?.events.caughtUp).toBe(true);
  });

  it('sends what the filter lets through, and moves its cursor past the rest by heartbeats', async () => {
    const { commands, watchEvents } = await start(connect, { HEARTBEAT_MS: '50' });
    const watched = watchEvents({ after: '0', filter: { types: ['UserDeactivated'] } });
    expect((await watched.message(0)).events).toMatchObject({ events: [], cursor: '0' });
    const [first] = await registerMany(commands, 40);
    const heartbeat = await watched.until(({ events }) => events.cursor === '40');
    expect(heartbeat.events).toMatchObject({ events: [], caughtUp: true });
    const { id } = userOf(first as never);
    await commands.deactivate({ id, reason: 'left' });
    const news = await watched.until(({ events }) => events.events.length > 0);
    expect(news.events).toMatchObject({ events: [{ __typename: 'UserDeactivated', position: '41' }], cursor: '41' });
    await registerMany(commands, 3, 100);
    await watched.until(({ events }) => events.cursor === '44');
    expect(eventsOf(watched)).toHaveLength(1);
  });

  it('sends no heartbeat when nothing has moved', async () => {
    const { commands, watchEvents } = await start(connect, { HEARTBEAT_MS: '10' });
    await registerMany(commands, 1);
    const [watched, other] = [watchEvents({ after: '1' }), watchEvents({ after: '1', filter: { types: [] } })];
    await watched.message(0);
    // Many heartbeats long, as the filtered feed beside it shows.
    for (let n = 1; n <= 5; n++) {
      await registerMany(commands, 1, n);
      await other.until(({ events }) => events.cursor === String(n + 1));
    }
    await watched.until(({ events }) => events.cursor === '6');
    const cursors = watched.received.map(({ events }) => events.cursor);
    expect(cursors).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('sends the same events as the query, whichever the filter', async () => {
    const { server, commands, watchEvents } = await start(connect, { HEARTBEAT_MS: '50' });
    const users = await registerMany(commands, 10);
    for (const user of users.slice(0, 4)) await commands.deactivate({ id: userOf(user).id });
    const { head } = await server.written();
    const streamId = `user-${userOf(users[0] as never).id}`;
    for (const filter of [
      { streamIds: [streamId] },
      { categories: ['user'] },
      { actors: ['x'] },
      { types: ['UserRegistered'], streamIds: [streamId] },
    ]) {
      const watched = watchEvents({ after: '0', filter });
      await watched.until(({ events }) => events.cursor === String(head));
      const { events } = await commands.run(EventsDocument, { filter });
      expect(eventsOf(watched)).toEqual(events.events);
      watched.stop();
    }
  });

  it('ends when its client stops, and leaves the others alone', async () => {
    const { commands, watchEvents } = await start(connect);
    const [one, other] = [watchEvents({}), watchEvents({})];
    await Promise.all([one.message(0), other.message(0)]);
    one.stop();
    await one.ended;
    await registerMany(commands, 3);
    await other.until(({ events }) => events.cursor === '3');
    expect(one.received).toHaveLength(1);
  });

  it('is cut off when the server stops, so that clients connect again', async () => {
    const { server, watchEvents } = await start(connect);
    const watched = watchEvents({});
    await watched.message(0);
    await server.stop();
    await expect(watched.ended).rejects.toThrow();
  });

  it('reaches a hundred subscribers of one client', async () => {
    const { commands, watchEvents } = await start(connect);
    const all = Array.from({ length: 100 }, () => watchEvents({ after: '0' }));
    await registerMany(commands, 20);
    await Promise.all(all.map((watched) => watched.until(({ events }) => events.cursor === '20')));
    for (const watched of all) expect(positionsOf(watched)).toEqual(upTo(20));
  });
});
