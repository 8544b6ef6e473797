import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperationFailed } from '../support/clients.ts';
import {
  CommandDocument,
  EventDocument,
  type EventFilter,
  EventsDocument,
  HeadDocument,
  UserByEmailDocument,
  UserDocument,
  UsersDocument,
} from '../support/operations.ts';
import { serverForTest } from '../support/server.ts';
import { accepted, type Commands, commandsOf, userOf } from './support/users.ts';

const failure = (promise: Promise<unknown>): Promise<OperationFailed> =>
  promise.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(OperationFailed);
      return error as OperationFailed;
    },
  );

describe('user', () => {
  it('is null for an id that nobody has', async () => {
    const { run } = commandsOf(await serverForTest());
    expect(await run(UserDocument, { id: randomUUID() })).toEqual({ user: null });
  });

  it('shows what the last command left', async () => {
    const { run, register, updateProfile } = commandsOf(await serverForTest());
    const { id } = userOf(await register({ email: 'Ada@Example.org', displayName: 'Ada' }));
    const { user, commit } = accepted(await updateProfile({ id, displayName: null }));
    expect(user).toMatchObject({ id, email: 'Ada@Example.org', displayName: null, status: 'ACTIVE', version: 2 });
    expect(user?.registeredAt.localeCompare(user.updatedAt)).toBe(-1);
    expect(await run(UserDocument, { id, minPosition: commit.position })).toEqual({ user });
  });
});

describe('userByEmail', () => {
  it('takes any case', async () => {
    const { run, register } = commandsOf(await serverForTest());
    const { user, commit } = accepted(await register({ email: 'Ada@Example.org' }));
    for (const email of ['Ada@Example.org', 'ada@example.org', 'ADA@EXAMPLE.ORG']) {
      expect(await run(UserByEmailDocument, { email, minPosition: commit.position })).toEqual({ userByEmail: user });
    }
  });

  it('follows a change of the address', async () => {
    const { run, register, changeEmail } = commandsOf(await serverForTest());
    const { id } = userOf(await register({ email: 'ada@example.org' }));
    const { user, commit } = accepted(await changeEmail({ id, email: 'ada@lovelace.org' }));
    const minPosition = commit.position;
    expect(await run(UserByEmailDocument, { email: 'ada@lovelace.org', minPosition })).toEqual({ userByEmail: user });
    expect(await run(UserByEmailDocument, { email: 'ada@example.org', minPosition })).toEqual({ userByEmail: null });
  });
});

describe('minPosition', () => {
  const reads = (minPosition: string) =>
    [
      ['user', (commands: Commands) => commands.run(UserDocument, { id: randomUUID(), minPosition })],
      ['userByEmail', (commands: Commands) => commands.run(UserByEmailDocument, { email: 'a@b.org', minPosition })],
      ['users', (commands: Commands) => commands.run(UsersDocument, { minPosition })],
    ] as const;

  it.each(reads('3'))(
    'of %s ends in PROJECTION_STALE when the read table stays behind, and says how far it is',
    async (_name, read) => {
      const server = await serverForTest({ PROJECTION_WAIT_MS: '300' });
      const commands = commandsOf(server);
      const first = accepted(await commands.register({ email: 'ada@example.org' }));
      await commands.run(UsersDocument, { minPosition: first.commit.position });
      await server.holdProjection('users');
      await commands.register({ email: 'grace@example.org' });
      await commands.register({ email: 'alan@example.org' });
      const stale = await failure(read(commands));
      expect(stale.code).toBe('PROJECTION_STALE');
      expect(stale.errors[0]?.extensions).toMatchObject({ position: '1' });
      expect(stale.message).toContain('minPosition');
    },
  );

  it('waits for the read table, and no longer', async () => {
    const server = await serverForTest({ PROJECTION_WAIT_MS: '60000' });
    const commands = commandsOf(server);
    const release = await server.holdProjection('users');
    const { user, commit } = accepted(await commands.register({ email: 'ada@example.org' }));
    let answered = false;
    const waiting = commands.run(UserByEmailDocument, { email: 'ada@example.org', minPosition: commit.position });
    void waiting.then(() => {
      answered = true;
    });
    // Without minPosition it is what it is.
    expect(await commands.run(UserByEmailDocument, { email: 'ada@example.org' })).toEqual({ userByEmail: null });
    expect(answered).toBe(false);
    await release();
    expect(await waiting).toEqual({ userByEmail: user });
  });

  it('of 0 never waits', async () => {
    const server = await serverForTest();
    await server.holdProjection('users');
    expect(await commandsOf(server).run(UsersDocument, { minPosition: '0' })).toMatchObject({
      users: { totalCount: 0 },
    });
  });
});

/** Ten users, each with some changes. */
async function history(commands: Commands) {
  for (let n = 0; n < 10; n++) {
    const { id } = userOf(await commands.register({ email: `user${n}@example.org` }));
    await commands.updateProfile({ id, displayName: `Person ${n}` });
    if (n % 2) await commands.changeEmail({ id, email: `person${n}@example.org` });
    if (n % 3 === 0) await commands.deactivate({ id, reason: 'left' });
    if (n % 6 === 0) await commands.reactivate({ id });
  }
  const { events, head } = {
    ...(await commands.run(EventsDocument, { first: 1_000 })),
    ...(await commands.run(HeadDocument, {})),
  };
  expect(events.events).toHaveLength(Number(head));
  return { all: events.events, head };
}

describe('events', () => {
  it('are all there, in order and without gaps', async () => {
    const { all, head } = await history(commandsOf(await serverForTest()));
    expect(all.map(({ position }) => Number(position))).toEqual(
      Array.from({ length: Number(head) }, (_, index) => index + 1),
    );
    expect(all.map(({ recordedAt }) => recordedAt)).toEqual(all.map(({ recordedAt }) => recordedAt).toSorted());
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const streamId of new Set(all.map((event) => event.streamId))) {
      const versions = all.filter((event) => event.streamId === streamId).map(({ version }) => version);
      expect(versions).toEqual(versions.map((_, index) => index + 1));
    }
    for (const { __typename, type } of all) expect(__typename).toBe(type);
  });

  it.each([1, 7, 36, 1_000])('come in pages of %i', async (first) => {
    const commands = commandsOf(await serverForTest());
    const { all, head } = await history(commands);
    const seen = [];
    let after = '0';
    for (let caughtUp = false; !caughtUp; ) {
      const { events } = await commands.run(EventsDocument, { after, first });
      seen.push(...events.events);
      expect(events.caughtUp).toBe(events.cursor === head);
      ({ cursor: after, caughtUp } = events);
    }
    expect(seen).toEqual(all);
  });

  it('pass a filter when every list of it names them', async () => {
    const commands = commandsOf(await serverForTest());
    const { all } = await history(commands);
    const [one = '', two = ''] = [all[0]?.streamId, all[2]?.streamId];
    const filters: [EventFilter, (event: (typeof all)[number]) => boolean][] = [
      [{}, () => true],
      [{ types: null, categories: null, streamIds: null, actors: null }, () => true],
      [{ types: ['UserRegistered'] }, ({ type }) => type === 'UserRegistered'],
      [{ types: ['UserDeactivated', 'UserReactivated'] }, ({ type }) => /Deac|Reac/.test(type)],
      [{ categories: ['user'] }, () => true],
      [{ streamIds: [one, two, 'user-of-another-server'] }, ({ streamId }) => [one, two].includes(streamId)],
      [
        { streamIds: [one], types: ['UserProfileUpdated'] },
        ({ streamId, type }) => streamId === one && type === 'UserProfileUpdated',
      ],
      [{ types: [] }, () => false],
      [{ categories: [] }, () => false],
      [{ streamIds: [] }, () => false],
      [{ actors: [] }, () => false],
      [{ actors: ['nobody'] }, () => false],
      [{ categories: ['user'], types: ['UserEmailChanged'], actors: null }, ({ type }) => type === 'UserEmailChanged'],
    ];
    for (const [filter, matches] of filters) {
      const seen = [];
      let after = '0';
      for (let caughtUp = false; !caughtUp; ) {
        const { events } = await commands.run(EventsDocument, { after, first: 2, filter });
        seen.push(...events.events);
        ({ cursor: after, caughtUp } = events);
      }
      expect(seen, JSON.stringify(filter)).toEqual(all.filter(matches));
    }
  });

  it('are none after the head', async () => {
    const commands = commandsOf(await serverForTest());
    const { head } = await history(commands);
    expect(await commands.run(EventsDocument, { after: head })).toEqual({
      events: { events: [], cursor: head, caughtUp: true },
    });
  });

  it('are none in an empty log', async () => {
    const { run } = commandsOf(await serverForTest());
    expect(await run(EventsDocument, {})).toEqual({ events: { events: [], cursor: '0', caughtUp: true } });
    expect(await run(HeadDocument, {})).toEqual({ head: '0' });
  });

  it('take null for every argument as its default', async () => {
    const commands = commandsOf(await serverForTest());
    const { all } = await history(commands);
    const { events } = await commands.run(EventsDocument, { after: null, first: null, filter: null });
    expect(events.events).toEqual(all.slice(0, 100));
  });

  it('are found by id, one by one', async () => {
    const commands = commandsOf(await serverForTest());
    const { all } = await history(commands);
    for (const event of all.slice(0, 10))
      expect(await commands.run(EventDocument, { id: event.id })).toEqual({ event });
    expect(await commands.run(EventDocument, { id: randomUUID() })).toEqual({ event: null });
  });
});

describe('command', () => {
  const recordOf = async ({ run }: Commands, id: string) => (await run(CommandDocument, { id })).command;

  it('tells what an accepted command did', async () => {
    const commands = commandsOf(await serverForTest());
    const commandId = randomUUID();
    const { user, commit } = accepted(await commands.register({ email: 'ada@example.org', commandId }));
    expect(await recordOf(commands, commandId)).toEqual({
      id: commandId,
      type: 'RegisterUser',
      streamId: `user-${user?.id}`,
      actor: null,
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      accepted: true,
      rejectionCode: null,
      version: 1,
      position: commit.position,
    });
  });

  it('tells of one that changed nothing where the head was', async () => {
    const commands = commandsOf(await serverForTest());
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    await commands.register({ email: 'grace@example.org' });
    const commandId = randomUUID();
    const { commit } = accepted(await commands.changeEmail({ id, email: 'ada@example.org', commandId }));
    expect(commit).toMatchObject({ position: '2', version: 1, events: [] });
    expect(await recordOf(commands, commandId)).toMatchObject({ accepted: true, version: 1, position: '2' });
  });

  it('tells which rule refused one', async () => {
    const commands = commandsOf(await serverForTest());
    await commands.register({ email: 'ada@example.org' });
    const { id } = userOf(await commands.register({ email: 'grace@example.org' }));
    const [taken, active] = [randomUUID(), randomUUID()];
    await commands.changeEmail({ id, email: 'ADA@example.org', commandId: taken });
    await commands.reactivate({ id, commandId: active });
    const refused = { accepted: false, position: null, version: 1, streamId: `user-${id}` };
    expect(await recordOf(commands, taken)).toMatchObject({
      ...refused,
      type: 'ChangeUserEmail',
      rejectionCode: 'EMAIL_TAKEN',
    });
    expect(await recordOf(commands, active)).toMatchObject({
      ...refused,
      type: 'ReactivateUser',
      rejectionCode: 'USER_NOT_DEACTIVATED',
    });
  });

  it('tells of one that came too late', async () => {
    const commands = commandsOf(await serverForTest());
    const { id } = userOf(await commands.register({ email: 'ada@example.org' }));
    await commands.updateProfile({ id, displayName: 'Ada' });
    const commandId = randomUUID();
    await commands.updateProfile({ id, displayName: 'Countess', expectedVersion: 1, commandId });
    expect(await recordOf(commands, commandId)).toMatchObject({
      accepted: false,
      rejectionCode: 'VERSION_CONFLICT',
      version: 2,
      position: null,
    });
  });

  it('is null for one that nobody sent, and for a dry run', async () => {
    const commands = commandsOf(await serverForTest());
    const commandId = randomUUID();
    await commands.register({ email: 'ada@example.org', commandId, dryRun: true });
    expect(await recordOf(commands, commandId)).toBeNull();
    expect(await recordOf(commands, randomUUID())).toBeNull();
  });
});
