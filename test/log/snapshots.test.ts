import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Decider } from '../../src/eventsourcing/decider.ts';
import { createSnapshots } from '../../src/log/snapshots.ts';
import { createStates } from '../../src/log/states.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type CounterCommand, type CounterEvent, cause, counter, moved, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';

type Counter = Decider<{ name: string | null; value: number }, CounterCommand, CounterEvent>;
const kept: Counter = { ...counter, stateVersion: 1 };

/** States as a process has them that has just been started, with a count of the events it had to fold. */
async function freshStates(url: string, everyEvents = 10) {
  const { database, reader, tail } = await openLog(url);
  const errors: unknown[] = [];
  const snapshots = createSnapshots({ database, reader, everyEvents, onError: (error) => errors.push(error) });
  let folded = 0;
  const watched: Counter = {
    ...kept,
    evolve(state, event) {
      folded++;
      return kept.evolve(state, event);
    },
  };
  return {
    states: createStates({ reader, tail, snapshots, capacity: 100 }),
    snapshots,
    errors,
    watched,
    folded: () => folded,
  };
}

/** A database with one counter that was moved so often, by dispatch. */
async function movedBy(count: number, decider: Counter = kept) {
  const { url } = await freshDatabase();
  const log = await openLog(url, { snapshotEvents: 10 });
  for (let i = 0; i < count; i++) {
    await log.dispatch(decider, 'a', { type: 'MoveCounter', data: { by: 1 } }, {}, cause);
  }
  return { ...log, url };
}

const snapshotsIn = async (url: string) =>
  (await execute(url, 'SELECT stream_id, version, state FROM snapshots')).rows as { version: number; state: unknown }[];

describe('a long stream', () => {
  it('is kept as a snapshot each time it passes the interval, and loaded from the last one on', async () => {
    const { url } = await movedBy(35);
    await eventually(async () => (await snapshotsIn(url))[0]?.version === 30);
    const { states, watched, folded } = await freshStates(url);
    expect(await states.load(watched, 'counter-a')).toEqual({ state: { name: null, value: 35 }, version: 35 });
    expect(folded()).toBe(5);
  });

  it('that was never kept is, once somebody has folded it', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    for (let i = 0; i < 25; i++) await writer.append(unit('counter-a', i));
    const first = await freshStates(url);
    await first.states.load(first.watched, 'counter-a');
    expect(first.folded()).toBe(25);
    await first.snapshots.close();
    const second = await freshStates(url);
    expect(await second.states.load(second.watched, 'counter-a')).toMatchObject({ version: 25 });
    expect(second.folded()).toBe(0);
  });

  it('is folded from its start by a decider with another stateVersion, or with other schema versions', async () => {
    const { url, ...log } = await movedBy(20);
    await log.close();
    await execute(url, `UPDATE snapshots SET state = '{"name": null, "value": 666}'`);
    const { states, watched, folded } = await freshStates(url);
    const newer: Counter = { ...watched, stateVersion: 2 };
    expect(await states.load(newer, 'counter-a')).toEqual({ state: { name: null, value: 20 }, version: 20 });
    expect(folded()).toBe(20);
    // The snapshot was of use to the other one, wrong as it is.
    const other = await freshStates(url);
    await eventually(async () => isDeepStrictEqual((await snapshotsIn(url))[0]?.state, { name: null, value: 20 }));
    await other.states.load(other.watched, 'counter-a');
    expect(other.folded()).toBe(20);
  });

  it('is never kept for a decider that does not opt in', async () => {
    const { url, ...log } = await movedBy(25, counter);
    await log.close();
    expect(await snapshotsIn(url)).toEqual([]);
  });

  it('is not kept when its state is not plain JSON, and the error says whose', async () => {
    const { url } = await freshDatabase();
    const { snapshots, errors } = await freshStates(url);
    snapshots.offer({ ...kept, category: 'odd' }, 'odd-1', 5, { state: { at: new Date() }, version: 10 });
    await snapshots.close();
    expect(errors).toMatchObject([{ message: expect.stringContaining('state of odd is not plain JSON') }]);
    expect(await snapshotsIn(url)).toEqual([]);
  });

  it('is decided on rightly by several processes, with a cache of one and snapshots all the time', async () => {
    const { url } = await freshDatabase();
    const options = { stateCache: 1, snapshotEvents: 10 };
    const processes = await Promise.all([openLog(url, options), openLog(url, { ...options, listen: true })]);
    const command = { type: 'MoveCounter', data: { by: 1, atMost: 60 } } as const;
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) => processes[i % 2]?.dispatch(kept, 'a', command, {}, cause)),
    );
    expect(outcomes.filter((outcome) => outcome?.kind === 'accepted')).toHaveLength(60);
    expect(outcomes.filter((outcome) => outcome?.kind === 'rejected')).toHaveLength(40);
  });
});

describe('the cache of states', () => {
  it('follows what other processes do, and forgets what the log contradicts', async () => {
    const { url } = await freshDatabase();
    const [mine, other] = [await openLog(url, { listen: true }), await openLog(url)];
    const states = createStates({
      ...{ reader: mine.reader, tail: mine.tail, capacity: 10 },
      snapshots: createSnapshots({ database: mine.database, reader: mine.reader, everyEvents: 10, onError: () => {} }),
    });
    await mine.writer.append(unit('counter-a', 0));
    expect(await states.load(counter, 'counter-a')).toMatchObject({ version: 1 });
    await other.writer.append(unit('counter-a', 1, { events: [moved('counter-a', 2, { by: 5 })] }));
    await mine.tail.past(1n, AbortSignal.timeout(60_000));
    expect(await states.load(counter, 'counter-a')).toMatchObject({ state: { value: 6 }, version: 2 });
    states.keep(counter, 'counter-a', { state: { name: null, value: 99 }, version: 9 });
    await states.evict('counter-a');
    expect(await states.load(counter, 'counter-a')).toMatchObject({ version: 2 });
  });

  it('that is ahead of a log which was set back is corrected by the first conflict, and so is the snapshot', async () => {
    const { url } = await freshDatabase();
    const { dispatch } = await openLog(url, { snapshotEvents: 2 });
    const move = { type: 'MoveCounter', data: { by: 1 } } as const;
    await dispatch(kept, 'a', move, {}, cause);
    await dispatch(kept, 'a', move, {}, cause);
    await eventually(async () => (await snapshotsIn(url)).length === 1);
    // As a backup restored under a running server would leave it.
    await execute(
      url,
      `ALTER TABLE events DISABLE TRIGGER ALL; DELETE FROM events WHERE position = 2; ALTER TABLE events ENABLE TRIGGER ALL;
       UPDATE head SET position = 1`,
    );
    expect(await dispatch(kept, 'a', move, {}, cause)).toMatchObject({ kind: 'accepted', version: 2 });
  });
});
