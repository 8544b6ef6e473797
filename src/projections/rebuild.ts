import type { Database } from '../database/client.ts';
import { messageOf, sqlStateOf } from '../database/errors.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { type AnyProjection, versionOf } from '../eventsourcing/projection.ts';
import type { LogReader, Page } from '../log/reader.ts';
import { type Checkpoint, readCheckpoint, recordFailure } from './checkpoints.ts';
import { pause } from './pause.ts';
import { step } from './step.ts';
import { describeTable, type Table } from './table.ts';

export interface RebuildOptions {
  /** Its statements may take long: an index of a big table is one of them. */
  readonly database: Database;
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  readonly signal: AbortSignal;
  /** Called as it goes on, with how far it has got and where the log ends. */
  onProgress?(position: bigint, target: bigint): void;
  onError(error: unknown): void;
}

/** Events folded in one step. */
const BATCH_EVENTS = 5_000;
/** Events that may be left to fold while readers wait for the exchange. */
const LAST_EVENTS = 500;
/** How long readers wait at most behind an exchange that itself waits for a reader, ms; then it is tried again. */
const SWAP_WAIT_MS = 200;
const RETRY_MS = [100, 10_000] as const;
/** For Prisma; the statements have limits of their own. */
const TRANSACTION = { maxWait: 60_000, timeout: 3_600_000 };

/**
 * Asks for a rebuild: makes the next table, empty, and its checkpoint, at 0. Whoever runs {@link rebuild} fills it. A rebuild
 * by the same fold that is under way goes on; one by another fold is given up.
 */
export async function requestRebuild(database: Database, projection: AnyProjection): Promise<void> {
  const { name, table } = projection;
  const version = versionOf(projection);
  const request = database.$transaction(async (transaction) => {
    // Two that ask at once: the second finds what the first has made.
    const [live] = await transaction.$queryRaw<{ next: number | null }[]>`
      SELECT (SELECT n.version FROM checkpoints n WHERE n.name = c.name AND n.slot = 'next') AS next
      FROM checkpoints c WHERE c.name = ${name} AND c.slot = 'live' FOR NO KEY UPDATE`;
    if (!live) throw new TidemarkError('BAD_USER_INPUT', `There is no projection ${name} in the database yet.`);
    if (live.next === version) return;
    // The table first and the checkpoint then, as every step takes them.
    await transaction.$queryRaw`SELECT make_next_table(${table})::text`;
    await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'next'`;
    await transaction.$executeRaw`
      INSERT INTO checkpoints (name, slot, version, generation, position, updated_at)
      SELECT name, 'next', ${version}, max(generation) + 1, 0, clock_timestamp()
      FROM (SELECT name, generation FROM checkpoints WHERE name = ${name}
            UNION ALL SELECT name, generation FROM projection_skips WHERE name = ${name}) g GROUP BY name`;
  }, TRANSACTION);
  await request.catch((error) => {
    // The table cannot be exchanged, and the message says why.
    if (sqlStateOf(error) === 'TM002') throw new TidemarkError('BAD_USER_INPUT', `name: ${messageOf(error)}.`);
    throw error;
  });
}

/**
 * Does the work of a rebuild that was asked for, until the tables are exchanged, or the signal fires. It goes on where it was
 * interrupted, and several processes may be at it: they take turns.
 */
export async function rebuild(options: RebuildOptions): Promise<void> {
  const { database, projection, signal, onError } = options;
  let delay: number = RETRY_MS[0];
  while (!signal.aborted) {
    try {
      const next = await readCheckpoint(database, projection.name, 'next');
      if (!next) return;
      if (await usable(options, next)) await fill(options, next);
      else await startOver(database, projection);
      delay = RETRY_MS[0];
    } catch (error) {
      onError(error);
      const at = await readCheckpoint(database, projection.name, 'next').catch(() => null);
      if (at) await recordFailure(database, at, error).catch(onError);
      await pause(delay, signal);
      delay = Math.min(delay * 2, RETRY_MS[1]);
    }
  }
}

/** Whether the next table is one for this fold: a migration may have changed the live table meanwhile. */
async function usable({ database, projection }: RebuildOptions, next: Checkpoint): Promise<boolean> {
  if (next.version !== versionOf(projection)) return false;
  const [live, beside] = await Promise.all([
    describeTable(database, projection),
    describeTable(database, projection, 'next').catch(() => null),
  ]);
  return live.shape === beside?.shape;
}

async function startOver(database: Database, projection: AnyProjection): Promise<void> {
  // The table is dropped where the new one is made.
  await database.$executeRaw`DELETE FROM checkpoints WHERE name = ${projection.name} AND slot = 'next'`;
  await requestRebuild(database, projection);
}

/** From where the next table is to the exchange. Returns early when another process is at it. */
async function fill(options: RebuildOptions, next: Checkpoint): Promise<void> {
  const { database, projection, signal } = options;
  const table = await describeTable(database, projection, 'next');
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
  const { database, reader, projection, signal, onProgress } = options;
  let place = from;
  // The next page is read while this one is folded.
  let reading = read(reader, place.position);
  try {
    while (!signal.aborted) {
      const { events, head } = await reading;
      onProgress?.(place.position, head);
      const last = events.at(-1);
      if (!last) return place;
      const next = read(reader, last.position);
      reading = next;
      const reached = await step({ database, projection, table, slot: 'next' }, place, events);
      if (!reached) return null;
      place = { ...place, ...reached };
      if (place.position !== last.position) reading = read(reader, place.position);
      if (head - place.position < LAST_EVENTS / 2) return place;
    }
    return place;
  } finally {
    await reading.catch(() => undefined);
  }
}

/** A failure is heard where the page is used. */
function read(reader: LogReader, after: bigint): Promise<Page> {
  const page = reader.page(after, BATCH_EVENTS);
  page.catch(() => undefined);
  return page;
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
      await transaction.$queryRaw`SELECT set_config('lock_timeout', ${`${SWAP_WAIT_MS}ms`}, true)`;
      // The table first and the checkpoint then, as every step takes them: the other way round they would wait for each other.
      await transaction.$queryRaw`SELECT swap_in_next_table(${projection.table})::text`;
      const [live] = await transaction.$queryRaw<{ position: bigint }[]>`
        SELECT position FROM checkpoints WHERE name = ${name} AND slot = 'live' FOR UPDATE`;
      if (!live || live.position - place.position > LAST_EVENTS) throw new NotNow();
      if (live.position > place.position) {
        const { events } = await reader.page(place.position, Number(live.position - place.position));
        // Moved already, the table has the live one's name.
        const moved = await describeTable(transaction, projection);
        const reached = await step({ database: transaction, projection, table: moved, slot: 'next' }, place, events);
        if (reached?.position !== live.position) throw new NotNow();
      }
      await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'previous'`;
      await transaction.$executeRaw`UPDATE checkpoints SET slot = 'previous' WHERE name = ${name} AND slot = 'live'`;
      const exchanged = await transaction.$executeRaw`
        UPDATE checkpoints SET slot = 'live', updated_at = clock_timestamp()
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
