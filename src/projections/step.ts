import { Prisma, type Queryable } from '../database/client.ts';
import { refusesValues } from '../database/errors.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, FoldFailure, foldRows, keysOf, type Row, type Rows } from '../eventsourcing/projection.ts';
import type { Checkpoint } from './checkpoints.ts';
import { rowsIn, type Slot, type Table } from './table.ts';

/** Where a table is, as whoever folds the next events into it has seen. */
export type Place = Pick<Checkpoint, 'position' | 'generation' | 'revision' | 'leaveOut'>;

export interface StepOptions {
  readonly database: Queryable;
  readonly projection: AnyProjection;
  readonly slot: Slot;
  readonly table: Table;
}

/**
 * Folds events, which start right after a place, into a table: reads the rows that they touch, folds in memory, writes rows
 * and checkpoint in one statement, which is one transaction. Two statements, whatever the number of events; one, when all
 * are the first of their streams.
 *
 * Nobody holds a lock in between. The write moves the checkpoint only if it is where it was seen, so of several processes
 * that try, one succeeds, and what it has read was what there was.
 * @returns the place reached, which may be before the last event if that one cannot be folded; null when somebody else has
 *   moved the checkpoint
 * @throws {FoldFailure} when the very first event cannot be folded, or its row is refused by the table
 */
export async function step(
  options: StepOptions,
  place: Place,
  events: readonly RecordedEvent[],
): Promise<Place | null> {
  try {
    return await stepAtOnce(options, place, events);
  } catch (error) {
    const [first] = events;
    if (!first || !refusesValues(error)) throw error;
    // A key or a row is refused, or, on the way from one state to the other, two rows hold what only one may.
    if (events.length === 1) throw new FoldFailure(first, { cause: error });
    return step(options, place, events.slice(0, Math.ceil(events.length / 2)));
  }
}

async function stepAtOnce(options: StepOptions, place: Place, events: readonly RecordedEvent[]): Promise<Place | null> {
  const { projection } = options;
  const before = await load(options, place, keysToLoad(projection, events, place));
  if (!before) return null;

  let folded: readonly RecordedEvent[] = events;
  let after: Rows;
  try {
    after = foldRows(projection, before, events, place);
  } catch (error) {
    if (!(error instanceof FoldFailure)) throw error;
    // What comes before the event is as good as ever.
    const { position } = error.at;
    folded = events.filter((event) => event.position < position);
    if (folded.length === 0) throw error;
    after = foldRows(projection, before, folded, place);
  }
  const last = folded.at(-1);
  if (!last) return place;

  const saved = [...after].filter(([key, row]) => before.get(key) !== row).map(([, row]) => row);
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return (await write(options, place, last.position, saved, gone)) ? { ...place, position: last.position } : null;
}

/** The keys whose rows may be there already. */
function keysToLoad(projection: AnyProjection, events: readonly RecordedEvent[], { leaveOut }: Place): string[] {
  const isNew = new Map<string, boolean>();
  try {
    for (const event of events) {
      if (leaveOut.has(event.position)) continue;
      for (const key of keysOf(projection, event)) {
        if (!isNew.has(key)) isNew.set(key, event.version === 1 && projection.streamOf?.(key) === event.streamId);
      }
    }
  } catch {
    // It will stop the fold at this event, too.
  }
  return [...isNew].filter(([, fresh]) => !fresh).map(([key]) => key);
}

/** The rows under these keys at a place; null if the table is not there any more. */
async function load(
  { database, projection, slot, table }: StepOptions,
  place: Place,
  keys: readonly string[],
): Promise<Rows | null> {
  if (keys.length === 0) return new Map();
  const [found] = await database.$queryRaw<{ position: bigint; rows: string | null }[]>`
    SELECT c.position, ${table.rowsWhere(table.keyIn(keys))} AS rows
    FROM checkpoints c
    WHERE c.name = ${projection.name} AND c.slot = ${slot} AND c.generation = ${place.generation}
      AND c.revision = ${place.revision}`;
  if (!found || found.position !== place.position) return null;
  return rowsIn(projection, found.rows);
}

/** Moves the checkpoint from a place and writes rows with it; false, and nothing is written, if it is not there. */
async function write(
  { database, projection, slot, table }: StepOptions,
  from: Place,
  to: bigint,
  saved: readonly Row[],
  gone: readonly string[],
): Promise<boolean> {
  const { sql, empty } = Prisma;
  const moved = sql`EXISTS (SELECT FROM moved)`;
  const [done] = await database.$queryRaw<{ moved: number }[]>`
    WITH moved AS (
      UPDATE checkpoints SET position = ${to}, failure = NULL, updated_at = clock_timestamp()
      WHERE name = ${projection.name} AND slot = ${slot} AND generation = ${from.generation}
        AND revision = ${from.revision} AND position = ${from.position}
      RETURNING 1
    )
    ${saved.length > 0 ? sql`, saved AS (${table.upsert(saved, moved)})` : empty}
    ${gone.length > 0 ? sql`, gone AS (DELETE FROM ${table.name} t WHERE ${table.keyIn(gone)} AND ${moved})` : empty}
    SELECT count(*)::int AS moved FROM moved`;
  return done?.moved === 1;
}
