import { describe, expect, it } from 'vitest';
import type { AnyProjection } from '../../src/eventsourcing/projection.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { moved, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import {
  allEvents,
  type CounterRow,
  counters,
  createCountersTable,
  createTalliesTable,
  foldOf,
  openProjections,
  operatorFor,
  rowsIn,
  tallies,
} from '../support/projections.ts';

const POISON = 13;

/** The counters, by a fold that cannot take one distance. */
const poisoned: AnyProjection = {
  ...counters,
  on: {
    ...counters.on,
    CounterMoved: (row, event, key) => {
      if (event.data.by === POISON) throw new Error('unlucky');
      return counters.on.CounterMoved?.(row, event, key) ?? null;
    },
  },
};

type Move = [counter: string, change: number | string];

/** The same, where not even the row that is touched can be told. */
const keyless: AnyProjection = {
  ...counters,
  key: (event) => {
    if (event.data.by === POISON) throw new Error('no key');
    return event.streamId;
  },
};

async function open() {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  await createTalliesTable(url);
  const log = await openLog(url);
  const versions = new Map<string, number>();
  return {
    ...log,
    /** Moves counters by these distances, or gives them these names, in this order. */
    move: (...moves: Move[]) =>
      Promise.all(
        moves.map(([counter, change]) => {
          const streamId = `counter-${counter}`;
          const version = versions.get(streamId) ?? 0;
          versions.set(streamId, version + 1);
          const event =
            typeof change === 'number'
              ? moved(streamId, version + 1, { by: change })
              : { ...moved(streamId, version + 1, { name: change }), type: 'CounterNamed' };
          return log.writer.append(unit(streamId, version, { events: [event] }));
        }),
      ),
  };
}
type Log = Awaited<ReturnType<typeof open>>;

const statusOf = async (log: Log, name = 'counters') => {
  const status = (await operatorFor(log, [counters, tallies]).status()).find((each) => each.name === name);
  if (!status) throw new Error(`no projection ${name}`);
  return status;
};
const stoppedAt = async (log: Log, position: bigint) => {
  await eventually(async () => (await statusOf(log)).failure?.position === position.toString());
  return statusOf(log);
};

/** What the table must hold without the events at these positions. */
const without = async (log: Log, ...positions: bigint[]) =>
  foldOf(
    counters,
    (await allEvents(log)).filter(({ position }) => !positions.includes(position)),
  );

describe('an event that cannot be folded', () => {
  it('stops that projection there, with all before it folded, and no other', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', 2], ['c', POISON], ['a', 3]);
    const projections = await openProjections(log, [poisoned, tallies]);
    const status = await stoppedAt(log, 3n);
    expect(status).toMatchObject({
      position: 2n,
      lag: 2,
      failure: { position: '3', eventType: 'CounterMoved', error: 'unlucky', since: expect.any(String) },
    });
    expect(await rowsIn(log, counters)).toMatchObject([
      { id: 'counter-a', value: 1 },
      { id: 'counter-b', value: 2 },
    ]);
    await log.move(['d', 1]);
    await projections.readModel(tallies).reach(5n);
    expect((await statusOf(log, 'tallies')).failure).toBeNull();
  });

  it('is tried again and again, ever more slowly, and keeps the time when it was met first', async () => {
    const log = await open();
    let tries: number[] = [];
    const trying: AnyProjection = {
      ...counters,
      on: {
        CounterMoved: () => {
          tries.push(performance.now());
          throw new Error('never');
        },
      },
    };
    await log.move(['a', 1]);
    await openProjections(log, [trying]);
    const first = await stoppedAt(log, 1n);
    tries = [];
    await eventually(() => tries.length >= 3);
    const [one = 0, two = 0, three = 0] = tries;
    expect(three - two).toBeGreaterThan(1.3 * (two - one));
    expect((await statusOf(log)).failure?.since).toBe(first.failure?.since);
  });

  it('is folded by itself once a process comes that can', async () => {
    const log = await open();
    await log.move(['a', 1], ['a', POISON], ['a', 3]);
    const old = await openProjections(log, [poisoned]);
    await stoppedAt(log, 2n);
    const corrected = await openProjections(await openLog(log.url), [counters]);
    await corrected.readModel(counters).reach(3n);
    expect(await statusOf(log)).toMatchObject({ position: 3n, failure: null });
    expect(await rowsIn(log, counters)).toEqual(await without(log));
    await old.readModel(poisoned).reach(3n);
  });

  it.each<[string, string, Move, RegExp]>([
    ['NOT NULL', 'ALTER "movedAt" SET NOT NULL', ['c', 'Carl'], /violates not-null constraint/],
    ['CHECK', 'ADD CHECK (value < 100)', ['c', 100], /violates check constraint/],
    ['UNIQUE', 'ADD UNIQUE (value)', ['c', 2], /duplicate key value/],
    ['too small a type', 'ALTER value TYPE smallint', ['c', 40_000], /out of range/],
  ])('is also one whose row the table refuses: %s', async (_, alteration, refused, message) => {
    const log = await open();
    await execute(log.url, `ALTER TABLE counters ${alteration}`);
    await log.move(['a', 1], ['b', 2], refused, ['a', 3], ['d', 7]);
    await openProjections(log, [counters, tallies]);
    expect((await stoppedAt(log, 3n)).failure).toMatchObject({ error: expect.stringMatching(message) });
    expect(await rowsIn(log, counters)).toMatchObject([
      { id: 'counter-a', value: 1 },
      { id: 'counter-b', value: 2 },
    ]);
    await operatorFor(log, [counters]).skip('counters', 3n, 'ada');
    await eventually(async () => (await statusOf(log)).position === 5n);
    expect(await rowsIn(log, counters)).toEqual(await without(log, 3n));
  });

  it('is none that the table refuses only in company: a unique value passes from row to row', async () => {
    const log = await open();
    await execute(log.url, 'ALTER TABLE counters ADD UNIQUE (value)');
    await log.move(['a', 1], ['b', 2], ['c', 3]);
    await log.move(['a', -1], ['b', -1], ['c', -1], ['a', 3], ['c', 2], ['b', 1]);
    const projections = await openProjections(log, [counters]);
    await projections.readModel(counters).reach(9n);
    expect(await rowsIn(log, counters)).toEqual(await without(log));
    await operatorFor(log, [counters]).rebuild('counters', { signal: AbortSignal.timeout(60_000) });
    expect(await rowsIn(log, counters)).toEqual(await without(log));
  });

  it('is also one whose key the table refuses', async () => {
    const log = await open();
    const byDay: AnyProjection = {
      name: 'days',
      table: 'days',
      keyColumn: 'day',
      key: (event) => (event.data.by === POISON ? 'never' : event.recordedAt.slice(0, 10)),
      on: { CounterMoved: (row, event, day) => ({ day, moved: (row?.moved ?? 0) + event.data.by }) },
    };
    await execute(log.url, 'CREATE TABLE days (day date PRIMARY KEY, moved int NOT NULL)');
    await log.move(['a', 1], ['b', 2], ['c', POISON], ['a', 3]);
    await openProjections(log, [byDay]);
    const status = async () => (await operatorFor(log, [byDay]).status())[0];
    await eventually(async () => (await status())?.failure?.position === '3');
    expect(await status()).toMatchObject({ position: 2n, failure: { error: expect.stringMatching(/invalid input/) } });
    expect((await execute(log.url, 'SELECT sum(moved)::int FROM days')).rows).toEqual([{ sum: 3 }]);
  });

  it('is not what stops a projection whose table cannot be written at all', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', 2]);
    const errors: unknown[] = [];
    await execute(log.url, 'REVOKE ALL ON counters FROM tidemark_server');
    await openProjections(log, [counters], {}, (error) => errors.push(error));
    await eventually(() => errors.length >= 2);
    expect((await statusOf(log)).failure).toBeNull();
    await execute(log.url, 'GRANT SELECT, INSERT, UPDATE, DELETE ON counters TO tidemark_server');
    await eventually(async () => (await statusOf(log)).position === 2n);
  });
});

describe('an event that is skipped', () => {
  it('must be the one at which the projection has stopped', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', POISON], ['a', 3]);
    const projections = await openProjections(log, [poisoned]);
    await stoppedAt(log, 2n);
    for (const position of [0n, 1n, 3n, 99n]) {
      await expect(projections.skip('counters', position, null)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect((await execute(log.url, 'SELECT * FROM projection_skips')).rows).toEqual([]);
  });

  it.each([
    ['fold', poisoned],
    ['key', keyless],
  ])('whose %s fails is left out by all who fold, and by nobody else, and it is recorded', async (_, projection) => {
    const log = await open();
    await log.move(['a', 1], ['b', 2]);
    const projections = await openProjections(log, [projection]);
    await projections.readModel(projection).reach(2n);
    // Rows that are there already are changed by what comes behind the event, in the same batch.
    await log.move(['b', POISON], ['a', 3], ['b', 4], ['c', 5]);
    await stoppedAt(log, 3n);
    await projections.skip('counters', 3n, 'ada');
    await projections.readModel(projection).reach(6n);
    const expected = await without(log, 3n);
    expect(await rowsIn(log, counters)).toEqual(expected);
    expect((await execute(log.url, 'SELECT name, position, actor, failure FROM projection_skips')).rows).toMatchObject([
      { name: 'counters', position: '3', actor: 'ada', failure: { position: '3', error: expect.any(String) } },
    ]);
    expect(await projections.verify('counters', { repair: true })).toMatchObject({ checked: 3, drifted: 0 });
    expect(await projections.verify('counters', { sample: 100 })).toMatchObject({ drifted: 0 });
    const { past } = projections.readModel(projection);
    expect(await past.row('counter-b', 3)).toEqual(expected.find(({ id }) => id === 'counter-b'));
  });

  it('is met anew by a rebuild, which can be told so, too', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', POISON], ['a', 3]);
    const projections = await openProjections(log, [poisoned]);
    await stoppedAt(log, 2n);
    await projections.skip('counters', 2n, null);
    await projections.readModel(poisoned).reach(3n);
    await projections.requestRebuild('counters');
    await eventually(async () => (await statusOf(log)).rebuilding?.failure?.position === '2');
    expect(await statusOf(log)).toMatchObject({ position: 3n, failure: null });
    await projections.skip('counters', 2n, null);
    await eventually(async () => (await statusOf(log)).rebuilding === null);
    expect(await rowsIn(log, counters)).toEqual(await without(log, 2n));
    expect((await execute(log.url, 'SELECT generation FROM projection_skips ORDER BY 1')).rowCount).toBe(2);
  });

  it('is left out of both tables when both have stopped there', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', POISON], ['a', 3]);
    const projections = await openProjections(log, [poisoned]);
    await stoppedAt(log, 2n);
    await projections.requestRebuild('counters');
    await eventually(async () => (await statusOf(log)).rebuilding?.failure?.position === '2');
    await projections.skip('counters', 2n, null);
    await eventually(async () => {
      const { rebuilding, position } = await statusOf(log);
      return rebuilding === null && position === 3n;
    });
    expect(await rowsIn(log, counters)).toEqual(await without(log, 2n));
  });

  it('is folded by time travel again after a rebuild that could fold it', async () => {
    const log = await open();
    await execute(log.url, 'ALTER TABLE counters ADD CONSTRAINT small CHECK (value < 1000)');
    // Rows of long streams are kept in memory now and then; none of those may outlive the rebuild.
    await log.move(...Array.from({ length: 400 }, (): Move => ['a', 1]), ['a', 5000]);
    const projections = await openProjections(log, [counters]);
    await stoppedAt(log, 401n);
    await projections.skip('counters', 401n, null);
    await log.move(...Array.from({ length: 201 }, (): Move => ['a', 1]));
    await eventually(async () => (await statusOf(log)).position === 602n);
    const { past } = projections.readModel<CounterRow>(counters);
    expect(await past.row('counter-a', 602)).toMatchObject({ value: 601 });
    await execute(log.url, 'ALTER TABLE counters DROP CONSTRAINT small');
    await operatorFor(log, [counters]).rebuild('counters', { signal: AbortSignal.timeout(60_000) });
    await log.move(['a', 1]);
    await projections.readModel(counters).reach(603n);
    expect(await past.row('counter-a', 603)).toMatchObject({ value: 5602 });
    expect(await rowsIn(log, counters)).toMatchObject([{ value: 5602 }]);
  });
});

describe('an event that cannot be read', () => {
  it('stops a projection there, with all before it folded, and cannot be skipped', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', 2]);
    await log.writer.append(unit('counter-c', 0, { events: [{ ...moved('counter-c', 1), schemaVersion: 9 }] }));
    await log.move(['a', 3]);
    const projections = await openProjections(await openLog(log.url), [counters]);
    expect((await stoppedAt(log, 3n)).failure).toMatchObject({ eventType: 'CounterMoved', unreadable: true });
    expect(await rowsIn(log, counters)).toMatchObject([
      { id: 'counter-a', value: 1 },
      { id: 'counter-b', value: 2 },
    ]);
    await expect(projections.skip('counters', 3n, null)).rejects.toThrow(/cannot read/);
    expect(await projections.verify('counters', {})).toMatchObject({ checked: 2, drifted: 0 });
  });
});

describe('servers of two versions', () => {
  it('do not take the rebuild from each other: the one that asks last gets its table, which the other leaves alone', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', POISON]);
    const old = await openProjections(log, [poisoned]);
    await stoppedAt(log, 2n);
    // A rebuild by the old fold that is under way, for it cannot go on.
    await old.requestRebuild('counters');
    await eventually(async () => (await statusOf(log)).rebuilding?.failure?.position === '2');
    const doubled: AnyProjection = {
      ...counters,
      version: 2,
      on: {
        CounterMoved: (row, event, key) =>
          counters.on.CounterMoved?.(row, { ...event, data: { by: 2 * event.data.by } }, key) ?? null,
      },
    };
    await openProjections(await openLog(log.url, { listen: true }), [doubled]);
    await eventually(async () => (await statusOf(log)).version === 2);
    await log.move(['a', 3], ['c', 4]);
    await eventually(async () => (await statusOf(log)).position === 4n);
    await old.readModel(poisoned).reach(4n);
    expect(await rowsIn(log, counters)).toEqual(foldOf(doubled, await allEvents(log)));
    expect(await statusOf(log)).toMatchObject({ version: 2, rebuilding: null, failure: null });
  });
});

describe('a rebuild that cannot go on', () => {
  it('does not hold up the rebuilds of others', async () => {
    const log = await open();
    await log.move(['a', 1], ['b', POISON]);
    const projections = await openProjections(log, [counters, tallies]);
    await projections.readModel(tallies).reach(2n);
    await projections.close();
    await openProjections(log, [
      { ...poisoned, version: 2 },
      { ...tallies, version: 2 },
    ]);
    await eventually(async () => (await statusOf(log)).rebuilding?.failure?.position === '2');
    await eventually(async () => (await statusOf(log, 'tallies')).version === 2);
  });
});
