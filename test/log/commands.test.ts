import { describe, expect, it } from 'vitest';
import type { CommandOptions } from '../../src/log/commands.ts';
import { freshDatabase } from '../support/database.ts';
import { type CounterCommand, cause, counter, openLog, uuid } from '../support/log.ts';
import { silenceableProxy } from '../support/proxy.ts';

const move = (by = 1, atMost?: number): CounterCommand => ({
  type: 'MoveCounter',
  data: { by, ...(atMost !== undefined && { atMost }) },
});
const name = (value: string): CounterCommand => ({ type: 'NameCounter', data: { name: value } });

/** One process on a database, and a short way to send commands to it. */
async function openProcess(url: string, options?: Parameters<typeof openLog>[1]) {
  const log = await openLog(url, options);
  const send = (id: string | null, command: CounterCommand, input: CommandOptions = {}, actor: string | null = null) =>
    log.dispatch(counter, id, command, input, { ...cause, actor });
  return { ...log, send };
}

describe('a command', () => {
  it('adds what the decider makes of the state', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    await send('a', move(2));
    expect(await send('a', move(3))).toMatchObject({ kind: 'accepted', version: 2, position: 2n, replayed: false });
    expect(await reader.stream('counter-a', 0, 10)).toMatchObject([{ data: { by: 2 } }, { data: { by: 3 } }]);
  });

  it('adds nothing when nothing changes, and says where the log is', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    await send('a', move());
    expect(await send('a', move(0))).toMatchObject({ kind: 'accepted', events: [], version: 1, position: 1n });
  });

  it('is refused by a rule, for ever under its id, also when the rule would let it pass by now', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const commandId = uuid();
    await send('a', move(5));
    const refused = { kind: 'rejected', code: 'TOO_FAR', commandId };
    expect(await send('a', move(1, 5), { commandId })).toEqual(refused);
    await send('a', move(-5));
    expect(await send('a', move(1, 5), { commandId })).toEqual(refused);
    expect(await reader.command(commandId)).toMatchObject({ type: 'MoveCounter', rejectionCode: 'TOO_FAR' });
  });

  it('loses a race for a claim, and wins it once the holder lets go', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    expect(await send('a', name('x'))).toMatchObject({ kind: 'accepted' });
    expect(await send('b', name('x'))).toMatchObject({ kind: 'rejected', code: 'NAME_TAKEN' });
    expect(await send('a', name('y'))).toMatchObject({ kind: 'accepted' });
    expect(await send('b', name('x'))).toMatchObject({ kind: 'accepted' });
  });

  it('is refused when a payload is beyond the limit', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    await expect(send('a', name('x'.repeat(70_000)))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await reader.head()).toBe(0n);
  });
});

describe('commands on one stream', () => {
  it('that wait for each other while the database is silent all give up at their own time', async () => {
    const proxy = await silenceableProxy((await freshDatabase()).url);
    const { send } = await openProcess(proxy.url, { timeoutMs: 2_000 });
    await send('a', move());
    proxy.silence();
    const started = Date.now();
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => send('a', move())));
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    // One after the other they would need 20 times the limit.
    expect(Date.now() - started).toBeLessThan(15 * 2_000);
  });
});

describe('a retry', () => {
  it('gets the first answer after a restart, and from another process', async () => {
    const { url } = await freshDatabase();
    const before = await openProcess(url);
    const commandId = uuid();
    const first = await before.send('a', move(7), { commandId });
    await before.send('a', move(1));
    const after = await openProcess(url);
    expect(await after.send('a', move(7), { commandId })).toEqual({ ...first, replayed: true });
    expect(await after.reader.head()).toBe(2n);
  });

  it('gets the first answer when the server made the id of the aggregate', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const commandId = uuid();
    const first = await send(null, move(7), { commandId });
    expect(await send(null, move(7), { commandId })).toEqual({ ...first, replayed: true });
    expect(await reader.head()).toBe(1n);
  });

  it('sent many times at once makes one event and as many equal answers, all but one of them replayed', async () => {
    const { url } = await freshDatabase();
    const processes = await Promise.all([openProcess(url), openProcess(url)]);
    const commandId = uuid();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => processes[i % 2]?.send('a', move(), { commandId })),
    );
    expect(answers.filter((answer) => answer?.kind === 'accepted' && answer.replayed)).toHaveLength(19);
    for (const answer of answers) expect({ ...answer, replayed: null }).toEqual({ ...answers[0], replayed: null });
    expect(await processes[0].reader.head()).toBe(1n);
  });

  it.each([
    ['another input', 'a', move(2), {}, null],
    ['another type', 'a', name('x'), {}, null],
    ['another aggregate', 'b', move(1), {}, null],
    ['another expectedVersion', 'a', move(1), { expectedVersion: 1 }, null],
    ['another actor', 'a', move(1), {}, 'mallory'],
  ] as const)('with %s is refused as COMMAND_ID_REUSED', async (_, id, command, options, actor) => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const commandId = uuid();
    await send('a', move(1), { commandId });
    await expect(send(id, command, { ...options, commandId }, actor)).rejects.toMatchObject({
      code: 'COMMAND_ID_REUSED',
    });
    expect(await reader.head()).toBe(1n);
  });
});

describe('expectedVersion', () => {
  it('lets one of many through; the others get the event that came first', async () => {
    const { url } = await freshDatabase();
    const processes = await Promise.all([openProcess(url), openProcess(url)]);
    const first = await processes[0].send('a', move());
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => processes[i % 2]?.send('a', move(i + 1), { expectedVersion: 1 })),
    );
    const winners = answers.filter((answer) => answer?.kind === 'accepted');
    expect(winners).toHaveLength(1);
    const losers = answers.filter((answer) => answer?.kind === 'conflict');
    expect(losers).toHaveLength(39);
    for (const loser of losers) {
      expect(loser).toMatchObject({
        expectedVersion: 1,
        actualVersion: 2,
        eventsSince: winners[0]?.events,
      });
    }
    expect(first).toMatchObject({ version: 1 });
  });

  it('of the future is a conflict without events', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    await send('a', move());
    expect(await send('a', move(), { expectedVersion: 9 })).toMatchObject({
      kind: 'conflict',
      actualVersion: 1,
      eventsSince: [],
    });
  });

  it('that was outdated stays so under its command id, with the events of that time', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    const commandId = uuid();
    await send('a', move());
    const first = await send('a', move(2), { expectedVersion: 0, commandId });
    await send('a', move());
    expect(await send('a', move(2), { expectedVersion: 0, commandId })).toEqual(first);
    expect(first).toMatchObject({ actualVersion: 1, eventsSince: [{ version: 1 }] });
  });
});

describe('commands of several processes on one stream', () => {
  it('are all decided on the state that they change', async () => {
    const { url } = await freshDatabase();
    const processes = await Promise.all([
      openProcess(url),
      openProcess(url, { stateCache: 1 }),
      openProcess(url, { listen: true }),
    ]);
    // Each moves by one up to 50 in all: a decision on an old state would go beyond.
    const answers = await Promise.all(Array.from({ length: 90 }, (_, i) => processes[i % 3]?.send('a', move(1, 50))));
    expect(answers.filter((answer) => answer?.kind === 'accepted')).toHaveLength(50);
    expect(answers.filter((answer) => answer?.kind === 'rejected')).toHaveLength(40);
    const { events } = await processes[0].reader.page(0n, 1_000);
    expect(events.map((event) => event.version)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});

describe('a dry run', () => {
  it('shows the events and writes nothing, not even the record of the command', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    await send('a', move());
    const commandId = uuid();
    expect(await send('a', move(4), { commandId, dryRun: true })).toMatchObject({
      kind: 'accepted',
      dryRun: true,
      position: 1n,
      version: 2,
      events: [{ position: 2n, version: 2, data: { by: 4 } }],
    });
    expect(await reader.command(commandId)).toBeNull();
    expect(await send('a', move(), { expectedVersion: 1 })).toMatchObject({
      kind: 'accepted',
      version: 2,
      position: 2n,
    });
  });

  it('tells of refusals too, by rules, claims and versions', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    await send('a', name('x'));
    const dryRun = true;
    expect(await send('b', name('x'), { dryRun })).toMatchObject({ kind: 'rejected', code: 'NAME_TAKEN' });
    expect(await send('a', move(9, 5), { dryRun })).toMatchObject({ kind: 'rejected', code: 'TOO_FAR' });
    expect(await send('a', move(), { dryRun, expectedVersion: 0 })).toMatchObject({
      kind: 'conflict',
      actualVersion: 1,
    });
  });
});
