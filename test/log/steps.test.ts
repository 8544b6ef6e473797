import { describe, expect, it } from 'vitest';
import type { Step, StepsOptions } from '../../src/log/commands.ts';
import { freshDatabase } from '../support/database.ts';
import { type CounterCommand, cause, counter, openLog, uuid } from '../support/log.ts';

const step = (id: string | null, command: CounterCommand, expectedVersion?: number): Step => ({
  ...{ decider: counter, id, command },
  ...(expectedVersion !== undefined && { expectedVersion }),
});
const move = (id: string | null, by: number, atMost?: number, expectedVersion?: number): Step =>
  step(id, { type: 'MoveCounter', data: { by, ...(atMost !== undefined && { atMost }) } }, expectedVersion);
const name = (id: string, value: string): Step => step(id, { type: 'NameCounter', data: { name: value } });

async function openProcess(url: string, options?: Parameters<typeof openLog>[1]) {
  const log = await openLog(url, options);
  const send = (steps: [Step, ...Step[]], asked: StepsOptions = {}) => log.dispatchAll(steps, asked, cause);
  return { ...log, send };
}

describe('several commands together', () => {
  it('are carried out as one: side by side in the log, under one command id', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const outcome = await send([move('a', -3), move('b', 3)]);
    expect(outcome).toMatchObject({ kind: 'accepted', streamId: 'counter-a', version: 1, position: 2n });
    const { events } = await reader.page(0n, 10);
    expect(events).toMatchObject([
      { streamId: 'counter-a', data: { by: -3 } },
      { streamId: 'counter-b', data: { by: 3 } },
    ]);
    expect(new Set(events.map((event) => event.metadata.commandId)).size).toBe(1);
  });

  it('are decided each on what those before it leave', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    expect(await send([move('a', 4), move('a', 1, 5)])).toMatchObject({ kind: 'accepted', version: 2 });
    expect(await send([move('a', 1), move('a', -6, 0)])).toMatchObject({ kind: 'accepted', version: 4 });
  });

  it('leave nothing when one of them is refused, and the refusal is kept under the type of the first', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const commandId = uuid();
    const refused = { kind: 'rejected', code: 'TOO_FAR', commandId };
    expect(await send([name('a', 'x'), move('b', 9, 5)], { commandId })).toEqual(refused);
    expect(await send([name('a', 'x'), move('b', 9, 5)], { commandId })).toEqual(refused);
    expect(await reader.head()).toBe(0n);
    expect(await reader.command(commandId)).toMatchObject({ type: 'NameCounter', rejectionCode: 'TOO_FAR' });
  });

  it('get the first answer when they are sent again, also from another process', async () => {
    const { url } = await freshDatabase();
    const [one, other] = [await openProcess(url), await openProcess(url)];
    const commandId = uuid();
    const first = await one.send([move('a', -3), move('b', 3)], { commandId });
    await one.send([move('a', 1)]);
    expect(await other.send([move('a', -3), move('b', 3)], { commandId })).toEqual({ ...first, replayed: true });
    await expect(other.send([move('a', -3), move('b', 4)], { commandId })).rejects.toMatchObject({
      code: 'COMMAND_ID_REUSED',
    });
  });

  it('pass a claim from one stream to the other', async () => {
    const { send, database } = await openProcess((await freshDatabase()).url);
    await send([name('a', 'x')]);
    expect(await send([name('a', 'y'), name('b', 'x')])).toMatchObject({ kind: 'accepted' });
    const holders = (await database.claim.findMany()).map((claim) => claim.streamId);
    expect(holders.sort()).toEqual(['counter-a', 'counter-b']);
  });

  it('may not both want the same claim', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    expect(await send([name('a', 'x'), name('b', 'x')])).toMatchObject({ kind: 'rejected', code: 'NAME_TAKEN' });
    expect(await reader.head()).toBe(0n);
  });

  it('never lose or make anything, from several processes on the same few streams at once', async () => {
    const { url } = await freshDatabase();
    const processes = await Promise.all([openProcess(url), openProcess(url, { listen: true })]);
    const ids = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all(
      Array.from({ length: 80 }, (_, i) =>
        processes[i % 2]?.send([move(ids[i % 4] ?? '', -1), move(ids[(i + 1 + (i % 3)) % 4] ?? '', 1)]),
      ),
    );
    expect(outcomes.every((outcome) => outcome?.kind === 'accepted')).toBe(true);
    const { events } = await processes[0].reader.page(0n, 1_000);
    expect(events).toHaveLength(160);
    for (let i = 0; i < events.length; i += 2) {
      expect(events[i]?.metadata.commandId).toBe(events[i + 1]?.metadata.commandId);
    }
  });

  it('may make a stream each, whose ids the server makes', async () => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    await send([move(null, 1), move(null, 2)]);
    const { events } = await reader.page(0n, 10);
    expect(new Set(events.map((event) => event.streamId)).size).toBe(2);
  });
});

describe('what the sender expects', () => {
  it('of any of the streams is checked, and the conflict says which is not as expected', async () => {
    const { send } = await openProcess((await freshDatabase()).url);
    await send([move('b', 1)]);
    const commandId = uuid();
    const conflict = await send([move('a', 1, undefined, 0), move('b', 1, undefined, 0)], { commandId });
    expect(conflict).toMatchObject({
      ...{ kind: 'conflict', streamId: 'counter-b', expectedVersion: 0, actualVersion: 1 },
      eventsSince: [{ streamId: 'counter-b', version: 1 }],
    });
    await send([move('b', 1)]);
    expect(await send([move('a', 1, undefined, 0), move('b', 1, undefined, 0)], { commandId })).toEqual(conflict);
  });

  it.each([
    ['exists', 'exists' as const, 1],
    ['does not exist', 0, 0],
    ['is at a version', 1, 1],
  ])('of a stream that is only read: that it %s', async (_, version, movesBefore) => {
    const { send, reader } = await openProcess((await freshDatabase()).url);
    const reads = [{ decider: counter, id: 'read', version }];
    for (let i = 0; i < movesBefore; i++) await send([move('read', 1)]);
    expect(await send([move('a', 1)], { reads })).toMatchObject({ kind: 'accepted' });
    expect(await send([move('b', 1)], { reads: [{ decider: counter, id: 'other', version: 'exists' }] })).toMatchObject(
      {
        ...{ kind: 'conflict', streamId: 'counter-other', expectedVersion: 1, actualVersion: 0 },
      },
    );
    await send([move('read', 1)]);
    expect((await send([move('a', 1)], { reads })).kind).toBe(version === 'exists' ? 'accepted' : 'conflict');
    expect((await reader.stream('counter-b', 0, 10)).length).toBe(0);
  });

  it('of a stream that is only read holds against a race with another process', async () => {
    const { url } = await freshDatabase();
    const [one, other] = [await openProcess(url), await openProcess(url)];
    for (let round = 0; round < 20; round++) {
      const read = `r${round}`;
      const [opened] = await Promise.all([
        one.send([move(`x${round}`, 1)], { reads: [{ decider: counter, id: read, version: 0 }] }),
        other.send([move(read, 1)]),
      ]);
      const [first] = await one.reader.stream(`counter-${read}`, 0, 1);
      if (opened.kind === 'accepted') expect(opened.position).toBeLessThan(first?.position ?? 0n);
      else expect(opened).toMatchObject({ kind: 'conflict', streamId: `counter-${read}` });
    }
  });

  it('is kept whole when several conditions are about one stream that is only read', async () => {
    const { url } = await freshDatabase();
    const [one, other] = [await openProcess(url), await openProcess(url)];
    await one.send([move('read', 1)]);
    await other.send([move('read', 1)]);
    // What this process remembers of the stream is out of date.
    const reads = [
      { decider: counter, id: 'read', version: 'exists' as const },
      { decider: counter, id: 'read', version: 1 },
    ];
    expect(await one.send([move('a', 1)], { reads })).toMatchObject({ kind: 'conflict', streamId: 'counter-read' });
  });

  it('and what came since without disturbing is told again by a replay, whichever step expected it', async () => {
    const { send, dispatchAll } = await openProcess((await freshDatabase()).url);
    for (let i = 0; i < 3; i++) await send([move('a', 1)]);
    const undisturbed = { ...counter, undisturbedBy: { MoveCounter: ['CounterMoved'] } } as typeof counter;
    const steps: [Step, Step] = [name('a', 'x'), { ...move('a', 1, undefined, 1), decider: undisturbed }];
    const commandId = uuid();
    const first = await dispatchAll(steps, { commandId }, cause);
    expect(first).toMatchObject({ kind: 'accepted', eventsSince: [{ version: 2 }, { version: 3 }] });
    expect(await dispatchAll(steps, { commandId }, cause)).toEqual({ ...first, replayed: true });
  });
});
