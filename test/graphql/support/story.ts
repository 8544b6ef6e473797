import fc from 'fast-check';
import type { Lists, Message } from './resuming.ts';

/** How a place is set up: how much it keeps in memory, and whether it hears of others by notifications or by polling. */
export interface Setup {
  readonly tailEvents: number;
  readonly listen: boolean;
}

/** A connection of a client. */
export interface Connection {
  /** Takes no more messages until it reads on. */
  stall(): void;
  readOn(): void;
  /** Ends it, whatever is on its way. */
  cut(): Promise<void>;
}

/** Where stories happen: places that share a log, at which things are written, and to which clients connect. */
export interface World<Place, Write> {
  /** Starts what is at a place, for the first time or again. */
  start(place: number, setup: Setup): Promise<Place>;
  /** Stops it, and with it the connections to it. */
  stop(place: Place): Promise<void>;
  write(place: Place, write: Write): Promise<unknown>;
  connect(place: Place, from: { after: number; filter: Lists }, onMessage: (message: Message) => void): Connection;
  head(): Promise<number>;
  /** What a client must have that began after a position, by the log itself. */
  expected(after: number, filter: Lists): Promise<number[]>;
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const listOf = <T>(item: fc.Arbitrary<T>, most: number, least = 1) =>
  fc.array(item, { minLength: least, maxLength: most, size: 'max' });
const does = <Name extends string>(name: Name) => ({ does: fc.constant(name) });

export interface StoryOptions<Write> {
  readonly places: number;
  readonly readers: number;
  /** Steps at most. */
  readonly steps: number;
  readonly filters: fc.Arbitrary<Lists>;
  readonly write: fc.Arbitrary<Write>;
}

/** What happens, as data. */
export function storyOf<Write>({ places, readers, steps, filters, write }: StoryOptions<Write>) {
  const place = fc.nat(places - 1);
  const reader = fc.nat(readers - 1);
  const setup: fc.Arbitrary<Setup> = fc.record({ tailEvents: oneOf(1, 5, 20, 200), listen: fc.boolean() });
  const writes = fc.oneof(listOf(write, 1), listOf(write, 5));
  return fc.record({
    setups: listOf(setup, places, places),
    /** Readers with equal filters share what is made for them. */
    filters: listOf(filters, readers),
    /** How far behind the head each reader begins, and where. */
    beginnings: listOf(fc.record({ back: oneOf(0, 1, 10, 1_000), place }), readers, readers),
    steps: listOf(
      fc.oneof(
        { weight: 6, arbitrary: fc.record({ ...does('write'), place, writes, waits: fc.boolean() }) },
        { weight: 3, arbitrary: fc.record({ ...does('wait'), turns: oneOf(1, 5, 50) }) },
        { weight: 3, arbitrary: fc.record({ ...does('move'), reader, place }) },
        { weight: 1, arbitrary: fc.record({ ...does('drop'), reader }) },
        { weight: 3, arbitrary: fc.record({ ...does('stall'), reader }) },
        { weight: 3, arbitrary: fc.record({ ...does('read on'), reader }) },
        { weight: 1, arbitrary: fc.record({ ...does('restart'), place, setup }) },
        { weight: 2, arbitrary: fc.record({ ...does('settle') }) },
      ),
      steps,
      10,
    ),
  });
}

export type Story<Write> = ReturnType<typeof storyOf<Write>> extends fc.Arbitrary<infer T> ? T : never;
