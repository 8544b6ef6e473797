import type { Database } from '../database/client.ts';
import { faultOf, sqlStateOf } from '../database/errors.ts';
import { type AnyProjection, versionOf } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import { type Checkpoint, readCheckpoint, recordFailure } from './checkpoints.ts';
import { limitExchange, SWAP_WAIT_MS } from './exchange.ts';
import { pause } from './pause.ts';
import { readAhead } from './read-ahead.ts';
import { requestRebuild, TRANSACTION } from './request.ts';
import { type Place, step } from './step.ts';
import { describeTable, type Table } from './table.ts';

export interface RebuildOptions {
  /** Its statements may take long: an index of a big table is one of them. */
  readonly database: Database;
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  readonly signal: AbortSignal;
  /** Events folded in one step. */
  readonly batchEvents?: number | undefined;
  /** Called as it goes on, with how far it has got and where the log ends. */
  onProgress?(position: bigint, target: bigint): void;
  onError(error: unknown): void;
  /** Runs the work when nothing else does; at once if not given. Its turn is over while it waits to try again. */
  inTurn?<T>(work: () => Promise<T>): Promise<T>;
}

/** Events folded in one step, if not given. */
const BATCH_EVENTS = 5_000;
/** Events that may be left to fold while readers wait for the exchange. */
const LAST_EVENTS = 500;
const RETRY_MS = [100, 10_000] as const;

/**
 * Does the work of a rebuild that was asked for by {@link requestRebuild}, until the tables are exchanged, or the signal
 * fires. It goes on where it was interrupted, and several processes may be at it: they take turns.
 */
export async function rebuild(options: RebuildOptions): Promise<void> {
  const { database, projection, signal, inTurn = (work) => work() } = options;
  let delay: number = RETRY_MS[0];
  let next: Checkpoint | null = null;
  while (!signal.aborted) {
    try {
      const found = await readCheckpoint(database, projection.name, 'next');
      // Servers of two versions must not take the table from each other: the one who asked last has it.
      if (found?.version !== versionOf(projection)) return;
      next = found;
      await inTurn(async () => {
        const table = await usable(options);
        await (table ? fill(options, table, found) : requestRebuild(database, projection, found.generation));
      });
      delay = RETRY_MS[0];
    } catch (error) {
      if (await overtaken(options, next, error)) continue;
      await pause(delay, signal);
      delay = Math.min(delay * 2, RETRY_MS[1]);
    }
  }
}

/**
 * Whether another process has exchanged the tables meanwhile, or a rollback has given the next one up: whatever has failed,
 * there was nothing left to work on. Otherwise the error is noted.
 */
async function overtaken(
  { database, projection, onError }: RebuildOptions,
  next: Checkpoint | null,
  error: unknown,
): Promise<boolean> {
  try {
    const now = await readCheckpoint(database, projection.name, 'next');
    if (next && now?.generation !== next.generation) return true;
    onError(error);
    if (now) await recordFailure(database, now, error);
  } catch (trouble) {
    // What else is wrong will show again.
    onError(trouble);
  }
  return false;
}

/** The next table, if it is one for this fold: a migration may have changed the live table meanwhile. */
async function usable({ database, projection }: RebuildOptions): Promise<Table | null> {
  const [live, beside] = await Promise.all([
    describeTable(database, projection),
    describeTable(database, projection, 'next').catch((error) => {
      if (faultOf(error) === 'unreachable') throw error;
      return null;
    }),
  ]);
  return live.shape === beside?.shape ? beside : null;
}

/** From where the next table is to the exchange. Returns early when another process is at it. */
async function fill(options: RebuildOptions, table: Table, next: Checkpoint): Promise<void> {
  const { database, projection, signal } = options;
  let place: Checkpoint | null = next;
  for (let indexed = false; place && !signal.aborted; ) {
    place = await catchUp(options, table, place);
    if (!place || signal.aborted) break;
    if (!indexed) {
      // An index of a full table is made much faster than it is kept up row by row. Meanwhile the log goes on.
      indexed = !(await makeIndex(database, projection));
    } else if (await swap(options, place)) return;
    else await pause(SWAP_WAIT_MS * (0.5 + Math.random()), signal);
  }
  // Whoever was quicker is left alone for a while.
  await pause(250, signal);
}

/** Folds until little is left; null when somebody else has moved the checkpoint. */
async function catchUp(options: RebuildOptions, table: Table, from: Checkpoint): Promise<Checkpoint | null> {
  const { database, reader, projection, signal, onProgress, batchEvents = BATCH_EVENTS } = options;
  let place = from;
  const ahead = readAhead(reader, batchEvents);
  try {
    while (!signal.aborted) {
      const { events, head } = await ahead.page(place.position);
      onProgress?.(place.position, head);
      if (events.length === 0) return place;
      const reached = await step({ database, projection, table, slot: 'next' }, place, events);
      if (!reached) return null;
      place = { ...place, ...reached };
      if (head - place.position < LAST_EVENTS / 2) return place;
    }
    return place;
  } finally {
    await ahead.settled();
  }
}

/** Makes one index that is missing; false when none is. */
async function makeIndex(database: Database, { name, table }: AnyProjection): Promise<boolean> {
  return database.$transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT 1 FROM checkpoints WHERE name = ${name} AND slot = 'next' FOR UPDATE`;
    const [made] = await transaction.$queryRaw<{ index: string | null }[]>`SELECT index_next_table(${table}) AS index`;
    return made?.index != null;
  }, TRANSACTION);
}

/**
 * Exchanges the tables, in one transaction with the checkpoints, after folding the last few events under the lock: so the
 * table that readers find is never behind the one that they have read. False when too much is left, or a reader is in the way.
 */
async function swap({ database, reader, projection }: RebuildOptions, place: Checkpoint): Promise<boolean> {
  const { name } = projection;
  try {
    return await database.$transaction(async (transaction) => {
      await limitExchange(transaction);
      // The table first and the checkpoint then, as every step takes them: the other way round they would wait for each other.
      await transaction.$queryRaw`SELECT swap_in_next_table(${projection.table})::text`;
      const [live] = await transaction.$queryRaw<{ position: bigint; revision: number }[]>`
        SELECT position, revision FROM checkpoints WHERE name = ${name} AND slot = 'live' FOR UPDATE`;
      if (!live || live.position - place.position > LAST_EVENTS) throw new NotNow();
      // Moved already, the table has the live one's name.
      const moved = await describeTable(transaction, projection);
      for (let at: Place = place; at.position < live.position; ) {
        const { events } = await reader.page(at.position, Number(live.position - at.position));
        const reached = await step({ database: transaction, projection, table: moved, slot: 'next' }, at, events).catch(
          (error) => {
            // A refused row ends the transaction. Outside of it, smaller steps find out what is wrong, or get past it.
            throw faultOf(error) === 'unreachable' ? error : new NotNow();
          },
        );
        if (!reached || reached.position === at.position) throw new NotNow();
        at = reached;
      }
      await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'previous'`;
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'previous' WHERE name = ${name} AND slot = 'live'`;
      const exchanged = await transaction.$executeRaw`
        UPDATE checkpoints SET slot = 'live', revision = ${live.revision + 1}, updated_at = clock_timestamp()
        WHERE name = ${name} AND slot = 'next' AND generation = ${place.generation} AND position >= ${live.position}`;
      if (exchanged !== 1) throw new NotNow();
      // What was wrong with the old table is no longer read.
      await transaction.$executeRaw`DELETE FROM projection_drift WHERE name = ${name}`;
      return true;
    }, TRANSACTION);
  } catch (error) {
    if (error instanceof NotNow || sqlStateOf(error) === LOCK_TIMEOUT) return false;
    throw error;
  }
}

const LOCK_TIMEOUT = '55P03';

/** The exchange is given up, and everything is as it was. */
class NotNow extends Error {}
