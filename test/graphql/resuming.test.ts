import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnitOfWork } from '../../src/log/unit.ts';
import { clientFor, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { moved, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { createReader, openProcess, type Process } from './support/processes.ts';
import { expectedOf, filtersOf, type Lists, tellOnFailure } from './support/resuming.ts';

const RUNS = Number(globalThis.process.env.RESUMING_RUNS ?? 60);
const PROCESSES = 3;
const READERS = 3;
const CATEGORIES = ['counter', 'clock'];
const TYPES = ['CounterMoved', 'CounterNamed'];
const ACTORS = ['ada', 'bob'];

/** Each process writes to streams of its own, so that it alone knows their versions. */
const streamsOf = (process: number) =>
  CATEGORIES.flatMap((category) => [`${category}-${process}.1`, `${category}-${process}.2`]);
const STREAMS = Array.from({ length: PROCESSES }, (_, process) => streamsOf(process)).flat();

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const process = fc.nat(PROCESSES - 1);
const reader = fc.nat(READERS - 1);
const listOf = <T>(item: fc.Arbitrary<T>, most: number, least = 1) =>
  fc.array(item, { minLength: least, maxLength: most });

/** How much a process keeps in memory, and whether it hears of the others by notifications alone, or by polling alone. */
const setup = fc.record({ tailEvents: oneOf(1, 5, 20, 200), listen: fc.boolean() });

const writing = fc.record({
  stream: fc.nat(3),
  events: oneOf(1, 1, 2, 10, 60, 300),
  /** Of its events, over and over. */
  types: listOf(oneOf(...TYPES), 3),
  actor: oneOf(...ACTORS, null),
});
type Writing = typeof writing extends fc.Arbitrary<infer T> ? T : never;

const does = <Name extends string>(name: Name) => ({ does: fc.constant(name) });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ...does('append'), process, units: listOf(writing, 5), waits: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ ...does('wait'), turns: oneOf(1, 5, 50) }) },
  { weight: 3, arbitrary: fc.record({ ...does('move'), reader, process }) },
  { weight: 1, arbitrary: fc.record({ ...does('drop'), reader }) },
  { weight: 3, arbitrary: fc.record({ ...does('stall'), reader }) },
  { weight: 3, arbitrary: fc.record({ ...does('read on'), reader }) },
  { weight: 1, arbitrary: fc.record({ ...does('restart'), process, setup }) },
  { weight: 2, arbitrary: fc.record({ ...does('settle') }) },
);

const story = fc.record({
  setups: listOf(setup, PROCESSES, PROCESSES),
  /** Readers with equal filters share what is made for them. */
  filters: listOf(filtersOf({ types: TYPES, categories: CATEGORIES, streamIds: STREAMS, actors: ACTORS }), READERS),
  /** How far behind the head each reader begins, and where. */
  beginnings: listOf(fc.record({ back: oneOf(0, 1, 10, 1_000), process }), READERS, READERS),
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
});

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

async function open() {
  const { url } = await freshDatabase();
  const database = clientFor(url, 10);
  const connections = Array.from({ length: PROCESSES }, () => ({ database, appending: clientFor(url, 1) }));
  const versions = new Map<string, number>();

  /** A unit of work, on top of those that came before it on the same stream. */
  function unitOf(process: number, { stream, events: count, types, actor }: Writing): UnitOfWork {
    const streamId = streamsOf(process)[stream] as string;
    const found = versions.get(streamId) ?? 0;
    versions.set(streamId, found + count);
    const events = Array.from({ length: count }, (_, n) => ({
      ...moved(streamId, found + n + 1, { by: 1, name: 'x' }),
      type: types[n % types.length] as string,
    }));
    return unit(streamId, found, { actor, events, version: found + count });
  }
  const headOf = async () => Number((await execute(url, 'SELECT position FROM head')).rows[0].position);

  async function run({ setups, filters, beginnings, steps }: Story): Promise<void> {
    const processes = await Promise.all(setups.map((each, n) => openProcess(url, connections[n] as never, each)));
    const begun = await headOf();
    const readers = beginnings.map(({ back }, n) =>
      createReader(Math.max(0, begun - back), filters[n % filters.length] as Lists),
    );
    const after = readers.map(({ collected }) => collected.cursor);
    const appending: Promise<unknown>[] = [];
    const connect = (reader: number, process: number) => readers[reader]?.connect(processes[process] as Process);

    async function settled(): Promise<void> {
      await Promise.all(appending.splice(0));
      const head = await headOf();
      await eventually(() =>
        readers.every(
          ({ at, stalled, failure, collected }) =>
            !at || stalled || failure || (collected.cursor >= head && collected.caughtUp),
        ),
      );
    }

    async function take(step: Story['steps'][number]): Promise<void> {
      switch (step.does) {
        case 'append':
          for (const each of step.units) {
            appending.push((processes[step.process] as Process).writer.append(unitOf(step.process, each)));
          }
          if (step.waits) await Promise.all(appending.splice(0));
          return;
        case 'wait':
          for (let turn = 0; turn < step.turns; turn++) await nextTurn();
          return;
        case 'move':
          return connect(step.reader, step.process);
        case 'drop':
          return readers[step.reader]?.drop();
        case 'stall':
          return readers[step.reader]?.stall();
        case 'read on':
          return readers[step.reader]?.readOn();
        case 'restart': {
          const old = processes[step.process] as Process;
          const cutOff = readers.filter(({ at }) => at === old);
          await Promise.all(cutOff.map((each) => each.drop()));
          await old.close();
          const again = await openProcess(url, connections[step.process] as never, step.setup);
          processes[step.process] = again;
          await Promise.all(cutOff.map((each) => each.connect(again)));
          return;
        }
        case 'settle':
          return settled();
      }
    }

    try {
      await Promise.all(beginnings.map(({ process }, reader) => connect(reader, process)));
      for (const step of steps) await take(step);
      for (const each of readers) {
        if (!each.at) await each.connect(processes[0] as Process);
        each.readOn();
      }
      await settled();
      for (const [n, { collected, filter, failure }] of readers.entries()) {
        if (failure) throw failure;
        expect(collected.positions).toEqual(await expectedOf(url, after[n] as number, filter));
        expect(collected.cursor).toBe(await headOf());
      }
    } finally {
      await Promise.all(readers.map((each) => each.drop()));
      await Promise.all(processes.map((each) => each.close()));
    }
  }
  return { run };
}

describe('a client that goes on from its last cursor', () => {
  it('has collected exactly the filtered log, in order, whatever happens in between', async () => {
    const { run } = await open();
    const tell = tellOnFailure();
    const property = fc.asyncProperty(story, (told) => {
      tell(told);
      return run(told);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
