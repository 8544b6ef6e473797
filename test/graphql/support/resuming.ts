import fc from 'fast-check';
import { expect, onTestFailed } from 'vitest';
import { execute } from '../../support/postgres.ts';

/** The lists of a filter: not given, empty, or with names. */
export interface Lists {
  readonly types?: string[];
  readonly categories?: string[];
  readonly streamIds?: string[];
  readonly actors?: string[];
}

/** Filters with any of the lists, each with some of these names, or none. */
export const filtersOf = (names: Required<Lists>): fc.Arbitrary<Lists> =>
  fc.oneof(
    fc.constant({}),
    ...[1, 2, 3].map(() =>
      fc.record(
        {
          types: fc.subarray([...names.types]),
          categories: fc.subarray([...names.categories]),
          streamIds: fc.subarray([...names.streamIds]),
          actors: fc.subarray([...names.actors]),
        },
        { requiredKeys: [] },
      ),
    ),
  );

/** The position of the last event. */
export const headOf = async (databaseUrl: string): Promise<number> =>
  Number((await execute(databaseUrl, 'SELECT position FROM head')).rows[0].position);

interface Row {
  readonly position: number;
  readonly stream_id: string;
  readonly type: string;
  readonly actor: string | null;
}

/** The positions after a cursor that a filter lets through: the log read as it is stored, and looked at row by row. */
export async function expectedOf(databaseUrl: string, after: number, filter: Lists): Promise<number[]> {
  const { rows } = await execute(
    databaseUrl,
    'SELECT position::int, stream_id, type, actor FROM events WHERE position > $1 ORDER BY position',
    [after],
  );
  return (rows as Row[])
    .filter(
      ({ stream_id, type, actor }) =>
        (filter.types?.includes(type) ?? true) &&
        (filter.categories?.includes(stream_id.split('-')[0] as string) ?? true) &&
        (filter.streamIds?.includes(stream_id) ?? true) &&
        (filter.actors?.includes(actor as string) ?? true),
    )
    .map(({ position }) => position);
}

/** One message, as a client has it. */
export interface Message {
  readonly positions: readonly number[];
  readonly cursor: number;
  readonly caughtUp: boolean;
}

/** What a client has collected over all its connections. Each message is checked as it comes. */
export interface Collected {
  readonly cursor: number;
  readonly caughtUp: boolean;
  readonly positions: readonly number[];
  add(message: Message): void;
}

export function collect(after: number): Collected {
  const positions: number[] = [];
  let [cursor, caughtUp] = [after, false];
  return {
    get cursor() {
      return cursor;
    },
    get caughtUp() {
      return caughtUp;
    },
    positions,
    add(message) {
      expect(message.cursor).toBeGreaterThanOrEqual(cursor);
      for (const [index, position] of message.positions.entries()) {
        expect(position).toBeGreaterThan(message.positions[index - 1] ?? cursor);
        expect(position).toBeLessThanOrEqual(message.cursor);
      }
      positions.push(...message.positions);
      ({ cursor, caughtUp } = message);
    },
  };
}

/** Tells the last story when the test fails, also when it never came to an end. @returns what notes a story */
export function tellOnFailure(): <Story>(story: Story) => Story {
  let last: unknown;
  onTestFailed(() => console.error(`the last story: ${JSON.stringify(last)}`));
  return (story) => {
    last = story;
    return story;
  };
}
