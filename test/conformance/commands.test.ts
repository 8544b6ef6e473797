import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UserDocument, UsersDocument } from '../support/operations.ts';
import { serverForTest, type TestServer } from '../support/server.ts';
import { accepted, type Commands, commandsOf, userOf } from './support/users.ts';

async function start() {
  const server = await serverForTest();
  return { server, commands: commandsOf(server) };
}

/** A user with one event, active. */
const ada = async (commands: Commands) =>
  userOf(await commands.register({ email: 'ada@example.org', displayName: 'Ada' })).id;

describe('a dry run', () => {
  /** Shows that nothing at all was written, not even a claim or a record of the attempt. */
  async function writingNothing<T>(server: TestServer, work: () => Promise<T>): Promise<T> {
    const everything = () =>
      server.sql(`SELECT (SELECT json_agg(e ORDER BY position) FROM events e) AS events, (SELECT json_agg(c ORDER BY key) FROM claims c) AS claims,
        (SELECT json_agg(c ORDER BY id) FROM commands c) AS commands, (SELECT position FROM head) AS head`);
    const before = await everything();
    const result = await work();
    expect(await everything()).toEqual(before);
    return result;
  }

  const mutations: [
    name: string,
    dryRun: (commands: Commands, id: string) => Promise<never>,
    events: object[],
    user: object,
  ][] = [
    [
      'registerUser',
      (commands) =>
        commands.register({
          id: '0198c0de-7a11-7000-8000-00000000002a',
          email: 'grace@example.org',
          dryRun: true,
        }) as never,
      [{ __typename: 'UserRegistered', version: 1, data: { email: 'grace@example.org', displayName: null } }],
      { id: '0198c0de-7a11-7000-8000-00000000002a', email: 'grace@example.org', version: 1 },
    ],
    [
      'changeUserEmail',
      (commands, id) => commands.changeEmail({ id, email: 'ada@lovelace.org', dryRun: true }) as never,
      [{ __typename: 'UserEmailChanged', version: 2, data: { email: 'ada@lovelace.org' } }],
      { email: 'ada@lovelace.org', displayName: 'Ada', version: 2 },
    ],
    [
      'updateUserProfile',
      (commands, id) => commands.updateProfile({ id, displayName: 'Countess', dryRun: true }) as never,
      [{ __typename: 'UserProfileUpdated', version: 2, data: { displayName: 'Countess' } }],
      { email: 'ada@example.org', displayName: 'Countess', version: 2 },
    ],
    [
      'deactivateUser',
      (commands, id) => commands.deactivate({ id, reason: 'left', dryRun: true }) as never,
      [{ __typename: 'UserDeactivated', version: 2, data: { reason: 'left' } }],
      { status: 'DEACTIVATED', version: 2 },
    ],
    [
      'a change of nothing',
      (commands, id) => commands.changeEmail({ id, email: 'ada@example.org', dryRun: true }) as never,
      [],
      { email: 'ada@example.org', version: 1 },
    ],
  ];
  it.each(mutations)('of %s shows what would happen, and writes nothing', async (_name, dryRun, events, user) => {
    const { server, commands } = await start();
    const id = await ada(commands);
    const result = accepted(await writingNothing(server, () => dryRun(commands, id)));
    expect(result.commit).toMatchObject({ position: '1', dryRun: true, replayed: false });
    expect(result.commit.version).toBe(result.user?.version);
    expect(result.commit.events).toMatchObject(events);
    expect(result.commit.events).toHaveLength(events.length);
    if (events.length > 0) expect(result.commit.events[0]?.position).toBe('2');
    expect(result.user).toMatchObject(user);
  });

  it('of reactivateUser shows what would happen, and writes nothing', async () => {
    const { server, commands } = await start();
    const id = await ada(commands);
    await commands.deactivate({ id });
    const result = accepted(await writingNothing(server, () => commands.reactivate({ id, dryRun: true })));
    expect(result.commit.events).toMatchObject([{ __typename: 'UserReactivated', version: 3, position: '3' }]);
    expect(result.user).toMatchObject({ status: 'ACTIVE', version: 3 });
  });

  it('is refused as the command would be: by a rule, for an address that is taken, for a version that has passed', async () => {
    const { server, commands } = await start();
    const id = await ada(commands);
    await writingNothing(server, async () => {
      const dryRun = true;
      const rejected = (code: string) => ({
        __typename: 'CommandRejected',
        code,
        message: expect.stringMatching(/\w+/),
      });
      expect(await commands.register({ email: 'ADA@example.org', dryRun })).toMatchObject(rejected('EMAIL_TAKEN'));
      expect(await commands.register({ id, email: 'b@example.org', dryRun })).toMatchObject(
        rejected('USER_ALREADY_EXISTS'),
      );
      expect(await commands.reactivate({ id, dryRun })).toMatchObject(rejected('USER_NOT_DEACTIVATED'));
      expect(await commands.deactivate({ id: randomUUID(), dryRun })).toMatchObject(rejected('USER_NOT_FOUND'));
      expect(await commands.deactivate({ id, dryRun, expectedVersion: 7 })).toMatchObject({
        __typename: 'VersionConflict',
        actualVersion: 1,
      });
    });
  });

  it('leaves its commandId for the command itself', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const commandId = randomUUID();
    const preview = accepted(await commands.changeEmail({ id, email: 'ada@lovelace.org', commandId, dryRun: true }));
    const real = accepted(await commands.changeEmail({ id, email: 'ada@lovelace.org', commandId }));
    expect(real.commit).toMatchObject({ commandId, replayed: false, dryRun: false, position: '2' });
    expect(preview.commit.commandId).toBe(commandId);
    expect(real.user).toMatchObject({ email: 'ada@lovelace.org', version: 2 });
  });

  it('changes nothing that a later command or query sees', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.deactivate({ id, dryRun: true });
    expect(accepted(await commands.updateProfile({ id, displayName: 'Countess' })).user).toMatchObject({
      status: 'ACTIVE',
      version: 2,
    });
    await commands.register({ email: 'grace@example.org', dryRun: true });
    accepted(await commands.register({ email: 'grace@example.org' }));
    expect((await commands.run(UsersDocument, { minPosition: '3' })).users.totalCount).toBe(2);
  });
});

describe('expectedVersion', () => {
  it('lets a command through while the user is at that version', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    expect(userOf(await commands.updateProfile({ id, displayName: 'Countess', expectedVersion: 1 }))).toMatchObject({
      version: 2,
    });
    expect(userOf(await commands.deactivate({ id, expectedVersion: 2 }))).toMatchObject({ version: 3 });
    expect(userOf(await commands.reactivate({ id, expectedVersion: 3 }))).toMatchObject({ version: 4 });
    expect(userOf(await commands.changeEmail({ id, email: 'x@example.org', expectedVersion: 4 }))).toMatchObject({
      version: 5,
    });
  });

  it('that has passed shows what happened since', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const changes = [
      ...accepted(await commands.updateProfile({ id, displayName: 'Countess' })).commit.events,
      ...accepted(await commands.deactivate({ id })).commit.events,
    ];
    const commandId = randomUUID();
    expect(await commands.changeEmail({ id, email: 'x@example.org', expectedVersion: 1, commandId })).toEqual({
      __typename: 'VersionConflict',
      expectedVersion: 1,
      actualVersion: 3,
      eventsSince: changes,
      commandId,
    });
  });

  it('is looked at before the rules', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.deactivate({ id });
    expect(await commands.deactivate({ id, expectedVersion: 1 })).toMatchObject({ __typename: 'VersionConflict' });
    expect(await commands.deactivate({ id, expectedVersion: 2 })).toMatchObject({ code: 'USER_DEACTIVATED' });
  });

  it('that is still to come, or of a user who does not exist, is a conflict without events', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const conflict = { __typename: 'VersionConflict', expectedVersion: 2, eventsSince: [] };
    expect(await commands.deactivate({ id, expectedVersion: 2 })).toMatchObject({ ...conflict, actualVersion: 1 });
    expect(await commands.deactivate({ id: randomUUID(), expectedVersion: 2 })).toMatchObject({
      ...conflict,
      actualVersion: 0,
    });
  });

  it('of 0 means that there is no such user', async () => {
    const { commands } = await start();
    expect(await commands.deactivate({ id: randomUUID(), expectedVersion: 0 })).toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    expect(await commands.deactivate({ id: await ada(commands), expectedVersion: 0 })).toMatchObject({
      actualVersion: 1,
      eventsSince: [{ type: 'UserRegistered' }],
    });
  });

  it('holds also for a command that changes nothing', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.changeEmail({ id, email: 'countess@example.org' });
    expect(await commands.changeEmail({ id, email: 'countess@example.org', expectedVersion: 1 })).toMatchObject({
      __typename: 'VersionConflict',
    });
  });

  it('that was passed by what does not disturb the command is resolved, and the answer says what came since', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.updateProfile({ id, displayName: 'Countess' });
    const input = { id, email: 'ada@lovelace.org', expectedVersion: 1, commandId: randomUUID() };
    const first = accepted(await commands.changeEmail(input));
    expect(first).toMatchObject({
      user: { email: 'ada@lovelace.org', displayName: 'Countess', version: 3 },
      commit: { version: 3, eventsSince: [{ type: 'UserProfileUpdated', version: 2 }] },
    });
    await commands.updateProfile({ id, displayName: 'Lady' });
    expect(accepted(await commands.changeEmail(input))).toEqual({
      ...first,
      commit: { ...first.commit, replayed: true },
    });
  });

  it('that was passed by something that disturbs as well is a conflict with all that came since', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.updateProfile({ id, displayName: 'Countess' });
    await commands.changeEmail({ id, email: 'countess@example.org' });
    expect(await commands.changeEmail({ id, email: 'ada@lovelace.org', expectedVersion: 1 })).toMatchObject({
      __typename: 'VersionConflict',
      actualVersion: 3,
      eventsSince: [{ type: 'UserProfileUpdated' }, { type: 'UserEmailChanged' }],
    });
  });

  it('far behind shows the first hundred events', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    for (let n = 0; n < 120; n++) await commands.updateProfile({ id, displayName: `Ada ${n}` });
    const conflict = await commands.deactivate({ id, expectedVersion: 1 });
    expect(conflict).toMatchObject({ actualVersion: 121 });
    const versions = 'eventsSince' in conflict ? conflict.eventsSince.map(({ version }) => version) : [];
    expect(versions).toEqual(Array.from({ length: 100 }, (_, index) => index + 2));
  });
});

describe('a commandId that is sent again', () => {
  it('gets the first answer, marked as replayed, and writes nothing', async () => {
    const { server, commands } = await start();
    const input = { email: 'ada@example.org', displayName: 'Ada', commandId: randomUUID() };
    const first = accepted(await commands.register(input));
    const before = await server.written();
    const again = accepted(await commands.register(input));
    expect(again).toEqual({ ...first, commit: { ...first.commit, replayed: true } });
    expect(first.commit.replayed).toBe(false);
    expect(await server.written()).toEqual(before);
  });

  it('gets the first answer also when the user has changed since, with the user as it was then', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const input = { id, displayName: 'Countess', commandId: randomUUID() };
    const first = accepted(await commands.updateProfile(input));
    await commands.changeEmail({ id, email: 'ada@lovelace.org' });
    const last = accepted(await commands.deactivate({ id }));
    await commands.run(UserDocument, { id, minPosition: last.commit.position });
    expect(accepted(await commands.updateProfile(input))).toEqual({
      ...first,
      commit: { ...first.commit, replayed: true },
    });
    expect(first.user).toMatchObject({
      displayName: 'Countess',
      email: 'ada@example.org',
      status: 'ACTIVE',
      version: 2,
    });
  });

  it('of a change of nothing, too', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const input = { id, email: 'ada@example.org', commandId: randomUUID() };
    const first = accepted(await commands.changeEmail(input));
    const last = accepted(await commands.changeEmail({ id, email: 'ada@lovelace.org' }));
    await commands.run(UserDocument, { id, minPosition: last.commit.position });
    expect(accepted(await commands.changeEmail(input))).toEqual({
      ...first,
      commit: { ...first.commit, replayed: true },
    });
    expect(first.commit).toMatchObject({ events: [], version: 1, replayed: false });
  });

  it('gets the first refusal, although the rule would let it through now', async () => {
    const { server, commands } = await start();
    const id = await ada(commands);
    const input = { email: 'ada@example.org', commandId: randomUUID() };
    const first = await commands.register(input);
    expect(first).toMatchObject({ code: 'EMAIL_TAKEN' });
    await commands.changeEmail({ id, email: 'ada@lovelace.org' });
    const before = await server.written();
    expect(await commands.register(input)).toEqual(first);
    expect(await server.written()).toEqual(before);
    accepted(await commands.register({ ...input, commandId: randomUUID() }));
  });

  it('gets the first conflict, although more has happened since', async () => {
    const { server, commands } = await start();
    const id = await ada(commands);
    await commands.changeEmail({ id, email: 'countess@example.org' });
    const input = { id, email: 'ada@lovelace.org', expectedVersion: 1, commandId: randomUUID() };
    const first = await commands.changeEmail(input);
    expect(first).toMatchObject({ __typename: 'VersionConflict', actualVersion: 2 });
    await commands.updateProfile({ id, displayName: 'Lady' });
    const before = await server.written();
    expect(await commands.changeEmail(input)).toEqual(first);
    expect(await server.written()).toEqual(before);
  });

  it('gets the first answer although its expectedVersion has passed through its own doing', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const input = { id, email: 'ada@lovelace.org', expectedVersion: 1, commandId: randomUUID() };
    const first = accepted(await commands.changeEmail(input));
    expect(accepted(await commands.changeEmail(input))).toEqual({
      ...first,
      commit: { ...first.commit, replayed: true },
    });
  });

  it('is the same in capitals, and with an id in capitals', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const commandId = randomUUID();
    accepted(await commands.deactivate({ id, commandId }));
    const again = accepted(await commands.deactivate({ id: id.toUpperCase(), commandId: commandId.toUpperCase() }));
    expect(again.commit).toMatchObject({ replayed: true, commandId });
  });

  it('twenty times at once is carried out once', async () => {
    const { server, commands } = await start();
    const input = { email: 'ada@example.org', commandId: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => commands.register(input)));
    expect(answers.filter((answer) => !accepted(answer).commit.replayed)).toHaveLength(1);
    expect(
      new Set(
        answers.map((answer) =>
          JSON.stringify({ ...accepted(answer), commit: { ...accepted(answer).commit, replayed: null } }),
        ),
      ).size,
    ).toBe(1);
    expect(await server.written()).toEqual({ head: 1n, commands: 1 });
  });
});

describe('the user in the payload', () => {
  it('is right although the read table stands still', async () => {
    const { server, commands } = await start();
    await server.holdProjection('users');
    const registered = userOf(await commands.register({ email: 'ada@example.org', displayName: 'Ada' }));
    expect(registered).toMatchObject({ email: 'ada@example.org', displayName: 'Ada', status: 'ACTIVE', version: 1 });
    const { id } = registered;
    expect(userOf(await commands.changeEmail({ id, email: 'Ada@Lovelace.org' }))).toMatchObject({
      email: 'Ada@Lovelace.org',
      displayName: 'Ada',
      version: 2,
    });
    expect(userOf(await commands.deactivate({ id }))).toMatchObject({
      email: 'Ada@Lovelace.org',
      status: 'DEACTIVATED',
      version: 3,
    });
    const { updatedAt, ...reactivated } = userOf(await commands.reactivate({ id }));
    expect(reactivated).toEqual({
      id,
      email: 'Ada@Lovelace.org',
      displayName: 'Ada',
      status: 'ACTIVE',
      version: 4,
      registeredAt: registered.registeredAt,
    });
    expect(updatedAt > registered.registeredAt).toBe(true);
    expect(await commands.run(UserDocument, { id })).toEqual({ user: null });
  });

  it('is right although the read table stopped in the middle', async () => {
    const { server, commands } = await start();
    const id = await ada(commands);
    const second = accepted(await commands.updateProfile({ id, displayName: 'Countess' }));
    await commands.run(UserDocument, { id, minPosition: second.commit.position });
    await server.holdProjection('users');
    for (let n = 0; n < 30; n++) await commands.updateProfile({ id, displayName: `Ada ${n}` });
    expect(userOf(await commands.changeEmail({ id, email: 'x@example.org' }))).toMatchObject({
      email: 'x@example.org',
      displayName: 'Ada 29',
      version: 33,
    });
    expect(userOf(await commands.changeEmail({ id, email: 'x@example.org' }))).toMatchObject({
      email: 'x@example.org',
      version: 33,
    });
  });

  it('is the same as in the read table, to the microsecond', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    const { user, commit } = accepted(await commands.changeEmail({ id, email: 'Ada@Lovelace.org' }));
    expect(await commands.run(UserDocument, { id, minPosition: commit.position })).toEqual({ user });
  });
});

describe('an address', () => {
  it('passes from one user to another', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    await commands.changeEmail({ id, email: 'ada@lovelace.org' });
    const grace = userOf(await commands.register({ email: 'ADA@EXAMPLE.ORG' }));
    expect(await commands.changeEmail({ id, email: 'ada@example.org' })).toMatchObject({ code: 'EMAIL_TAKEN' });
    await commands.changeEmail({ id: grace.id, email: 'grace@example.org' });
    expect(userOf(await commands.changeEmail({ id, email: 'ada@example.org' }))).toMatchObject({ version: 3 });
  });

  it('can change its case, for its holder alone', async () => {
    const { commands } = await start();
    const id = await ada(commands);
    expect(userOf(await commands.changeEmail({ id, email: 'ADA@example.org' }))).toMatchObject({
      email: 'ADA@example.org',
      version: 2,
    });
    expect(await commands.register({ email: 'ada@EXAMPLE.org' })).toMatchObject({ code: 'EMAIL_TAKEN' });
  });

  it('stays with a user who is deactivated', async () => {
    const { commands } = await start();
    await commands.deactivate({ id: await ada(commands) });
    expect(await commands.register({ email: 'ada@example.org' })).toMatchObject({ code: 'EMAIL_TAKEN' });
  });
});
