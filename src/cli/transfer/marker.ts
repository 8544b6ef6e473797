import { z } from 'zod';
import type { Queryable } from '../../database/client.ts';
import { Failure } from '../failure.ts';

/** How far an import has got, kept beside what it wrote, so that one that was killed can be taken up again. */
export interface Marker {
  /** Lines, and the hash of their text, that are in the database. */
  readonly lines: number;
  readonly sha256: string;
  /** Where that left the head, as a decimal string. */
  readonly head: string;
}

const NAME = 'import';
const shape = z.strictObject({ lines: z.int(), sha256: z.string(), head: z.string() });
const textOf = ({ lines, sha256, head }: Marker): string => JSON.stringify({ lines, sha256, head });

export const unbegun: Marker = { lines: 0, sha256: '', head: '0' };

/** The marker of an import that has not come to its end, if there is one. */
export async function readMarker(database: Queryable): Promise<Marker | null> {
  const [row] = await database.$queryRaw<{ value: string }[]>`SELECT value FROM settings WHERE name = ${NAME}`;
  return row ? shape.parse(JSON.parse(row.value)) : null;
}

export const writeMarker = (database: Queryable, marker: Marker): Promise<number> =>
  database.$executeRaw`INSERT INTO settings (name, value) VALUES (${NAME}, ${textOf(marker)})`;

/**
 * Moves the marker, or removes it.
 * @throws {Failure} when it is not where this import left it: another one is under way
 */
export async function moveMarker(database: Queryable, from: Marker, to: Marker | null): Promise<void> {
  const moved = to
    ? await database.$executeRaw`
        UPDATE settings SET value = ${textOf(to)} WHERE name = ${NAME} AND value = ${textOf(from)}`
    : await database.$executeRaw`DELETE FROM settings WHERE name = ${NAME} AND value = ${textOf(from)}`;
  if (moved !== 1) throw new Failure('Another import into this database is under way: let it finish.');
}

/** Takes the lock that every append takes, for the rest of the transaction. Resolves with the head. */
export async function lockHead(database: Queryable): Promise<bigint> {
  const [row] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head WHERE id = 1 FOR UPDATE`;
  if (!row) throw new Error('the table head has no row');
  return row.position;
}
