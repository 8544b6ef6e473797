import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Collected, collect, type Lists } from './resuming.ts';
import type { Connection, Setup, Story, World } from './story.ts';

/** A client that goes on from its last cursor, wherever it connects. */
interface Reader {
  readonly collected: Collected;
  readonly began: number;
  readonly filter: Lists;
  at: number | null;
  stalled: boolean;
  connection: Connection | null;
  /** What it was sent that it must not be sent. */
  failure: unknown;
}

const newReader = (began: number, filter: Lists): Reader => ({
  ...{ began, filter, collected: collect(began) },
  ...{ at: null, stalled: false, connection: null, failure: null },
});

/** Lets a story happen, and looks at what its readers have in the end. */
export async function happen<Place, Write>(world: World<Place, Write>, story: Story<Write>): Promise<void> {
  const places = await Promise.all(story.setups.map((setup, place) => world.start(place, setup)));
  const begun = await world.head();
  const readers = story.beginnings.map(({ back }, n) =>
    newReader(Math.max(0, begun - back), story.filters[n % story.filters.length] as Lists),
  );
  const writing: Promise<unknown>[] = [];
  const written = () => Promise.all(writing.splice(0));

  async function drop(reader: Reader): Promise<void> {
    const { connection } = reader;
    [reader.connection, reader.at] = [null, null];
    await connection?.cut();
  }

  async function connect(reader: Reader, place: number): Promise<void> {
    await drop(reader);
    const { collected, filter } = reader;
    const connection = world.connect(places[place] as Place, { after: collected.cursor, filter }, (message) => {
      // What is on its way when the connection breaks never arrives.
      if (reader.connection !== connection) return;
      try {
        collected.add(message);
      } catch (error) {
        reader.failure ??= error;
      }
    });
    if (reader.stalled) connection.stall();
    [reader.connection, reader.at] = [connection, place];
  }

  function setStalled(reader: Reader, stalled: boolean): void {
    reader.stalled = stalled;
    if (stalled) reader.connection?.stall();
    else reader.connection?.readOn();
  }

  async function restart(place: number, setup: Setup): Promise<void> {
    await written();
    await world.stop(places[place] as Place);
    places[place] = await world.start(place, setup);
    await Promise.all(readers.filter(({ at }) => at === place).map((reader) => connect(reader, place)));
  }

  /** Waits until every reader that reads has everything. */
  async function settle(): Promise<void> {
    await written();
    const head = await world.head();
    const isDone = ({ at, stalled, failure, collected }: Reader) =>
      at === null || stalled || failure || (collected.cursor >= head && collected.caughtUp);
    await eventually(() => readers.every(isDone));
  }

  async function take(step: Story<Write>['steps'][number]): Promise<void> {
    const reader = 'reader' in step ? (readers[step.reader] as Reader) : null;
    switch (step.does) {
      case 'write':
        for (const write of step.writes) writing.push(world.write(places[step.place] as Place, write));
        if (step.waits) await written();
        return;
      case 'wait':
        for (let turn = 0; turn < step.turns; turn++) await nextTurn();
        return;
      case 'move':
        return connect(reader as Reader, step.place);
      case 'drop':
        return drop(reader as Reader);
      case 'stall':
        return setStalled(reader as Reader, true);
      case 'read on':
        return setStalled(reader as Reader, false);
      case 'restart':
        return restart(step.place, step.setup);
      case 'settle':
        return settle();
    }
  }

  try {
    await Promise.all(readers.map((reader, n) => connect(reader, story.beginnings[n]?.place as number)));
    for (const step of story.steps) await take(step);
    for (const reader of readers) {
      if (reader.at === null) await connect(reader, 0);
      setStalled(reader, false);
    }
    await settle();
    for (const { began, filter, collected, failure } of readers) {
      if (failure) throw failure;
      expect(collected.positions).toEqual(await world.expected(began, filter));
      expect(collected.cursor).toBe(await world.head());
    }
  } finally {
    await Promise.all(readers.map(drop));
    await Promise.all(places.map((place) => world.stop(place)));
  }
}
