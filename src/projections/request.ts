import type { Database, Queryable } from '../database/client.ts';
import { messageOf, sqlStateOf } from '../database/errors.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { type AnyProjection, versionOf } from '../eventsourcing/projection.ts';
import { readCheckpoint } from './checkpoints.ts';

/** Limits of a transaction, ms, for Prisma; the statements have limits of their own. */
export const TRANSACTION = { maxWait: 60_000, timeout: 3_600_000 };

/**
 * Asks for a rebuild: makes the next table, empty, and its checkpoint, at 0. Whoever runs `rebuild` fills it. A rebuild
 * by the same fold that is under way goes on; one by another fold is given up.
 * @param insteadOf gives this generation of the next table up, whatever its fold, and does nothing if it is not there any more
 */
export async function requestRebuild(database: Database, projection: AnyProjection, insteadOf?: number): Promise<void> {
  const { name, table } = projection;
  const version = versionOf(projection);
  const request = database.$transaction(async (transaction) => {
    const locked = (await lockLive(transaction, name)) || (await lockLive(transaction, name));
    if (!locked) throw new TidemarkError('BAD_USER_INPUT', `There is no projection ${name} in the database yet.`);
    // Two that ask at once: under the lock, the second finds what the first has made.
    const next = await readCheckpoint(transaction, name, 'next');
    if (insteadOf === undefined ? next?.version === version : next?.generation !== insteadOf) return;
    // The table first and the checkpoint then, as every step takes them.
    await transaction.$queryRaw`SELECT make_next_table(${table})::text`;
    await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'next'`;
    await transaction.$executeRaw`
      INSERT INTO checkpoints (name, slot, version, generation, revision, position, updated_at)
      VALUES (${name}, 'next', ${version}, nextval('projection_generations'), 0, 0, clock_timestamp())`;
  }, TRANSACTION);
  await request.catch((error) => {
    // The table cannot be exchanged, and the message says why.
    if (sqlStateOf(error) === 'TM002') throw new TidemarkError('BAD_USER_INPUT', `name: ${messageOf(error)}.`);
    throw error;
  });
}

/**
 * Keeps the live checkpoint from being exchanged; false when there is none, or when an exchange was waited for: then another
 * row has become the live one, which only a second look finds.
 */
async function lockLive(transaction: Queryable, name: string): Promise<boolean> {
  const found = await transaction.$queryRaw<unknown[]>`
    SELECT 1 FROM checkpoints WHERE name = ${name} AND slot = 'live' FOR NO KEY UPDATE`;
  return found.length > 0;
}
