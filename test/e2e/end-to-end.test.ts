import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { buildSchema, isAbstractType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { relocatedFrom, temporaryFolder } from '../database/support/folders.ts';
import { processesWith } from '../database/support/processes.ts';
import { type Subscribed, subscribeTo, webSocketClient } from '../support/clients.ts';
import { freshDatabase } from '../support/database.ts';
import {
  EventsDocument,
  HeadDocument,
  RegisterUserDocument,
  type RegisterUserInput,
  type ResultFragment,
  UpdateUserProfileDocument,
  type UpdateUserProfileInput,
  UserDocument,
  UsersDocument,
  WatchEventsDocument,
  type WatchEventsSubscription,
} from '../support/operations.ts';
import { checkOut, descendant, freePort, isFree, type Running, run } from './support/project.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let checkout: { folder: string; remove(): Promise<void> };
beforeAll(async () => {
  checkout = await checkOut();
});
afterAll(() => checkout?.remove());

/** A place for one installation: its data, its database and its port, which outlive the server. */
async function install() {
  const folder = await temporaryFolder();
  const dataDir = join(folder, 'data');
  const embedded = !process.env.TEST_DATABASE_URL;
  const port = await freePort();
  return {
    dataDir,
    port,
    embedded,
    url: `http://localhost:${port}/graphql`,
    settings: {
      PORT: String(port),
      DATA_DIR: dataDir,
      ...(!embedded && { DATABASE_URL: (await freshDatabase()).url }),
    },
    postgresProcesses: async () =>
      [folder, ...(await relocatedFrom(folder))].flatMap((place) => processesWith(`${place}/`)),
  };
}

/** The environment of a shell in which nothing of ours is set. */
const environment = (settings: Record<string, string>): NodeJS.ProcessEnv => {
  const { TEST_DATABASE_URL, DATABASE_URL, NODE_ENV, VITEST, ...rest } = process.env;
  return { ...Object.fromEntries(Object.entries(rest).filter(([name]) => !/^(npm|VITEST)_/i.test(name))), ...settings };
};

/** The command of the README. */
const npmStart = (settings: Record<string, string>): Running => {
  expect(readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')).toContain('npm start');
  return run(['npm', 'start'], { cwd: checkout.folder, env: environment(settings) });
};

type Installation = Awaited<ReturnType<typeof install>>;

async function startServer(installation: Installation) {
  const running = npmStart(installation.settings);
  await running.printed(/Ctrl-C stops it\.\n/);
  return {
    ...installation,
    running,
    /** The server itself, not the npm around it. */
    pid: () => descendant(running.pid, 'dist/main.js'),
  };
}

const start = async () => startServer(await install());

/** Which types an interface or a union may be: Apollo Client has to be told. */
const possibleTypes = (() => {
  const schema = buildSchema(readFileSync(resolve(import.meta.dirname, '../../schema.graphql'), 'utf8'));
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  return Object.fromEntries(abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]));
})();

/** What an application uses; each has a connection of its own while it waits for an answer. */
function apollo(url: string) {
  const client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache({ possibleTypes }) });
  const fetchPolicy = 'no-cache' as const;
  return {
    register: async (input: RegisterUserInput): Promise<ResultFragment> =>
      given((await client.mutate({ mutation: RegisterUserDocument, variables: { input }, fetchPolicy })).data)
        .registerUser,
    updateProfile: async (input: UpdateUserProfileInput): Promise<ResultFragment> =>
      given((await client.mutate({ mutation: UpdateUserProfileDocument, variables: { input }, fetchPolicy })).data)
        .updateUserProfile,
    user: async (id: string, minPosition: string) =>
      given((await client.query({ query: UserDocument, variables: { id, minPosition }, fetchPolicy })).data).user,
    countUsers: async (minPosition: string) =>
      given((await client.query({ query: UsersDocument, variables: { first: 0, minPosition }, fetchPolicy })).data)
        .users.totalCount,
    head: async () => given((await client.query({ query: HeadDocument, fetchPolicy })).data).head,
    async events() {
      const all = [];
      for (let after = '0', caughtUp = false; !caughtUp; ) {
        const variables = { after, first: 1_000 };
        const { events } = given((await client.query({ query: EventsDocument, variables, fetchPolicy })).data);
        all.push(...events.events);
        ({ cursor: after, caughtUp } = events);
      }
      return all;
    },
  };
}

function given<T>(data: T | null | undefined): T {
  expect(data).toBeTruthy();
  return data as T;
}

type Accepted = Extract<ResultFragment, { __typename: 'UserCommandAccepted' }>;

function accepted(result: ResultFragment): Accepted {
  expect(result).toMatchObject({ __typename: 'UserCommandAccepted' });
  return result as Accepted;
}

function watchEvents(url: string, after?: string): Subscribed<WatchEventsSubscription> {
  const client = webSocketClient(url.replace(/^http/, 'ws'));
  onTestFinished(async () => {
    await client.dispose();
  });
  return subscribeTo(client, WatchEventsDocument, after === undefined ? {} : { after });
}

/** Apollo Client asks for the type of every object, graphql-ws only for what the document says. */
const eventsOf = ({ received }: Subscribed<WatchEventsSubscription>) =>
  received
    .flatMap(({ events }) => events.events)
    .map((event) => ({ ...event, metadata: { __typename: 'EventMetadata', ...event.metadata } }));

/** Equal numbers of things with the same text. */
const tally = (things: readonly string[]) => {
  const counts: Record<string, number> = {};
  for (const thing of things) counts[thing] = (counts[thing] ?? 0) + 1;
  return counts;
};

describe('a server under load', () => {
  const USERS = 1_000;
  const CONNECTIONS = 50;

  it(`registers ${USERS} users from ${CONNECTIONS} connections, and subscribers get every event once and in order`, async () => {
    const { url } = await start();
    const fromStart = watchEvents(url, '0');
    const fromNow = watchEvents(url);
    await Promise.all([fromStart.message(0), fromNow.message(0)]);

    const commits = await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, connection) => {
        const client = apollo(url);
        const own: Accepted['commit'][] = [];
        for (let n = 0; n < USERS / CONNECTIONS; n++) {
          const email = `user${n}of${connection}@example.org`;
          const { user, commit } = accepted(await client.register({ email, displayName: `${n}` }));
          // Whoever wrote it sees it.
          expect(await client.user(user?.id ?? '', commit.position)).toEqual(user);
          own.push(commit);
        }
        return own;
      }),
    );

    const committed = commits.flat().flatMap(({ events }) => events);
    const inOrder = committed.toSorted((a, b) => Number(a.position) - Number(b.position));
    expect(inOrder.map(({ position }) => Number(position))).toEqual(
      Array.from({ length: USERS }, (_, index) => index + 1),
    );
    for (const watched of [fromStart, fromNow]) {
      await watched.until(({ events }) => events.cursor === String(USERS));
      expect(eventsOf(watched)).toEqual(inOrder);
    }
    expect(await apollo(url).countUsers(String(USERS))).toBe(USERS);
  });

  it('gives an address to exactly one of 40 who race for it', async () => {
    const { url } = await start();
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        apollo(url).register({ email: n % 2 ? 'ada@example.org' : 'ADA@Example.org' }),
      ),
    );
    expect(tally(results.map((result) => ('code' in result ? result.code : result.__typename)))).toEqual({
      UserCommandAccepted: 1,
      EMAIL_TAKEN: 39,
    });
    expect(await apollo(url).events()).toHaveLength(1);
  });

  it('lets through one of 40 changes of the same version, and shows the others what came first', async () => {
    const { url } = await start();
    const { user } = accepted(await apollo(url).register({ email: 'ada@example.org' }));
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        apollo(url).updateProfile({ id: user?.id ?? '', displayName: `Ada ${n}`, expectedVersion: 1 }),
      ),
    );
    expect(tally(results.map(({ __typename }) => __typename))).toEqual({ UserCommandAccepted: 1, VersionConflict: 39 });
    const winner = accepted(results.find(({ __typename }) => __typename === 'UserCommandAccepted') as ResultFragment);
    for (const result of results) {
      if (result.__typename === 'VersionConflict') {
        expect(result).toMatchObject({ expectedVersion: 1, actualVersion: 2, eventsSince: winner.commit.events });
      }
    }
    expect(await apollo(url).events()).toHaveLength(2);
  });

  it('carries out once what is sent 20 times at once with one commandId', async () => {
    const { url } = await start();
    const input = { email: 'ada@example.org', displayName: 'Ada', commandId: randomUUID() };
    const results = await Promise.all(Array.from({ length: 20 }, () => apollo(url).register(input)));
    expect(tally(results.map((result) => String(accepted(result).commit.replayed)))).toEqual({ true: 19, false: 1 });
    const answers = results.map(accepted).map(({ commit: { replayed, ...commit }, user }) => ({ user, commit }));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await apollo(url).events()).toEqual(answers[0]?.commit.events);
  });
});

describe('a server that is killed in the middle of writing', () => {
  it('has lost nothing that it acknowledged, and settles the rest by commandId', async () => {
    const installation = await install();
    const { url, pid, running } = await startServer(installation);
    const watched = watchEvents(url, '0');
    watched.ended.catch(() => undefined);

    interface Sent {
      readonly input: RegisterUserInput & { commandId: string };
      answer?: Accepted;
    }
    const sent: Sent[] = [];
    let acknowledged = 0;
    let enough = () => {};
    const manyAcknowledged = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const writers = Array.from({ length: 40 }, async (_, writer) => {
      const client = apollo(url);
      for (let n = 0; ; n++) {
        const command: Sent = { input: { email: `user${n}of${writer}@example.org`, commandId: randomUUID() } };
        sent.push(command);
        try {
          command.answer = accepted(await client.register(command.input));
        } catch {
          return;
        }
        acknowledged += 1;
        if (acknowledged === 400) enough();
      }
    });
    await manyAcknowledged;
    process.kill(pid(), 'SIGKILL');
    await Promise.all(writers);
    await running.exit;
    const unanswered = sent.filter(({ answer }) => !answer);
    expect(unanswered.length).toBeGreaterThan(0);

    await startServer(installation);
    const client = apollo(url);
    const before = await client.events();
    expect(before.map(({ position }) => Number(position))).toEqual(before.map((_, index) => index + 1));
    const byCommand = tally(before.map(({ metadata }) => metadata.commandId));
    for (const { input, answer } of sent) {
      if (answer) {
        expect(byCommand[input.commandId]).toBe(1);
        expect(before[Number(answer.commit.position) - 1]).toEqual(answer.commit.events[0]);
        expect(await client.user(answer.user?.id ?? '', answer.commit.position)).toEqual(answer.user);
      } else expect(byCommand[input.commandId] ?? 0).toBeLessThanOrEqual(1);
    }

    // What a client does that got no answer; and those that got one get it again.
    for (const { input, answer } of sent) {
      const again = accepted(await client.register(input));
      expect(again.commit.replayed).toBe(byCommand[input.commandId] === 1);
      if (answer) expect({ ...again, commit: { ...again.commit, replayed: false } }).toEqual(answer);
    }
    const after = await client.events();
    expect(tally(after.map(({ metadata }) => metadata.commandId))).toEqual(
      Object.fromEntries(sent.map(({ input }) => [input.commandId, 1])),
    );
    expect(await client.countUsers(String(after.length))).toBe(sent.length);

    // A subscriber that goes on from its last cursor has missed nothing.
    const resumed = watchEvents(url, watched.received.at(-1)?.events.cursor ?? '0');
    await resumed.until(({ events }) => events.cursor === String(after.length));
    expect([...eventsOf(watched), ...eventsOf(resumed)]).toEqual(after);
  });
});

describe('npm start', () => {
  it('says where it is, where its data lies, and three lines that work in a shell', async () => {
    const { running, url, dataDir, embedded } = await start();
    const printed = running.stdout();
    expect(printed).toContain(`Tidemark is at ${url}`);
    const [, place = ''] = /^Its data is (?:in|at) (.*)$/m.exec(printed) ?? [];
    if (embedded)
      expect([dataDir, ...(await relocatedFrom(resolve(dataDir, '..')))].some((each) => place.includes(each))).toBe(
        true,
      );
    else expect(place).toContain('DATABASE_URL');

    const line = (what: string) =>
      new RegExp(`^${what}: +(.+)$`, 'm').exec(printed)?.[1] ?? expect.unreachable(`no line for ${what}`);
    const paste = (what: string) => run(['/bin/sh', '-c', line(what)], { cwd: checkout.folder, env: environment({}) });

    const mutation = paste('A mutation');
    expect(await mutation.exit).toEqual({ code: 0, signal: null });
    expect(JSON.parse(mutation.stdout())).toMatchObject({
      data: { registerUser: { __typename: 'UserCommandAccepted', commit: { position: '1' } } },
    });

    await apollo(url).countUsers('1');
    const query = paste('A query');
    expect(await query.exit).toEqual({ code: 0, signal: null });
    expect(JSON.parse(query.stdout())).toMatchObject({
      data: { users: { edges: [{ node: { email: 'ada@example.org' } }] } },
    });

    const subscription = paste('A subscription');
    const [first = ''] = await subscription.printed(/^.*ada@example\.org.*\n/m);
    expect(JSON.parse(first)).toMatchObject({
      data: { events: { events: [{ type: 'UserRegistered', position: '1' }] } },
    });
    await apollo(url).register({ email: 'grace@example.org' });
    await subscription.printed(/grace@example\.org/);
    subscription.interrupt();
    await subscription.exit;

    // Pasted twice, it says why not.
    const again = paste('A mutation');
    await again.exit;
    expect(JSON.parse(again.stdout())).toMatchObject({
      data: { registerUser: { __typename: 'CommandRejected', code: 'EMAIL_TAKEN' } },
    });
  });

  it('stops cleanly at SIGINT, and finds its data when it is started again', async () => {
    const installation = await install();
    const { running, url, port, pid } = await startServer(installation);
    const { user } = accepted(await apollo(url).register({ email: 'ada@example.org' }));
    const watched = watchEvents(url, '0');
    await watched.message(0);
    if (installation.embedded) expect(await installation.postgresProcesses()).not.toEqual([]);

    process.kill(pid(), 'SIGINT');
    expect(await running.exit).toEqual({ code: 0, signal: null });
    expect(running.stdout() + running.stderr()).not.toMatch(/"level":[456]0/);
    expect(await isFree(port)).toBe(true);
    expect(await installation.postgresProcesses()).toEqual([]);
    await expect(watched.ended).rejects.toThrow();

    await startServer(installation);
    expect(await apollo(url).user(user?.id ?? '', '1')).toEqual(user);
    expect(await apollo(url).head()).toBe('1');
  });

  it('stops just so at Ctrl-C, which a terminal sends to npm, its shell and the server alike', async () => {
    const installation = await install();
    const { running, port } = await startServer(installation);
    running.interrupt();
    // The shell of npm may say that it was interrupted; the server itself has ended in its own time.
    await running.exit;
    expect(running.stdout()).toContain('"stopped"');
    expect(running.stdout() + running.stderr()).not.toMatch(/"level":[456]0/);
    expect(await isFree(port)).toBe(true);
    expect(await installation.postgresProcesses()).toEqual([]);
  });

  it('answers what is under way before it stops', async () => {
    const { running, url, pid } = await start();
    const results = Array.from({ length: 50 }, (_, n) =>
      apollo(url)
        .register({ email: `user${n}@example.org` })
        .then(accepted, () => null),
    );
    await Promise.race(results);
    process.kill(pid(), 'SIGINT');
    const answered = (await Promise.all(results)).filter((result) => result !== null);
    expect(answered.length).toBeGreaterThan(0);
    const stopped = await running.exit;
    expect(stopped, running.stdout() + running.stderr()).toEqual({ code: 0, signal: null });
  });

  it('lists everything that is wrong with its settings, and does not start', async () => {
    const running = npmStart({
      PORT: 'not-a-port-7391',
      DATABASE_URL: 'mysql://secret-7391',
      LOG_LEVEL: 'loud-7391',
      MASTER_KEY: 'short-7391',
      HEARTBEAT_MS: '-7391',
    });
    const { code } = await running.exit;
    expect(code).toBe(1);
    const said = running.stdout() + running.stderr();
    for (const name of ['PORT', 'DATABASE_URL', 'LOG_LEVEL', 'MASTER_KEY', 'HEARTBEAT_MS'])
      expect(said).toMatch(new RegExp(`^ +${name}: .+`, 'm'));
    expect(said).not.toContain('7391');
    expect(said).not.toMatch(/\bat .*\.[jt]s:\d/);
  });

  it('says so when its port is taken, and leaves nothing behind', async () => {
    const installation = await install();
    const first = await startServer(installation);
    const second = await install();
    const running = npmStart({ ...second.settings, PORT: String(first.port) });
    const { code } = await running.exit;
    expect(code).toBe(1);
    expect(running.stderr()).toMatch(new RegExp(`${first.port}`));
    expect(await second.postgresProcesses()).toEqual([]);
    expect(await apollo(first.url).head()).toBe('0');
  });
});
