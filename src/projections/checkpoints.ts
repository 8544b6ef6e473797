import { Prisma, type Queryable } from '../database/client.ts';
import { messageOf } from '../database/errors.ts';
import { type RecordedEvent, UnreadableEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, FoldFailure, versionOf } from '../eventsourcing/projection.ts';
import type { Slot } from './table.ts';

/** The event at which a table of a projection has stopped. */
export interface Failure {
  /** A position, as a decimal string. */
  readonly position: string;
  readonly eventType: string;
  readonly error: string;
  /** The event could not even be read. */
  readonly unreadable: boolean;
  /** When it was met first, ISO 8601. */
  readonly since: string;
}

/** How far a table of a projection has got. */
export interface Checkpoint {
  readonly name: string;
  readonly slot: Slot;
  /** Of the fold that fills it, as declared. */
  readonly version: number;
  /** Which table of the projection it is. */
  readonly generation: number;
  /** Counts what happens to the live table otherwise than by the fold: another one is put in its place, or rows are healed. */
  readonly revision: number;
  readonly position: bigint;
  readonly failure: Failure | null;
  readonly updatedAt: string;
  /** Events that an operator has told it to leave out. */
  readonly leaveOut: ReadonlySet<bigint>;
}

const MESSAGE_LENGTH = 500;

/** What is told of an event that could not be folded, or not even be read; null for any other trouble. */
export function failureOf(error: unknown): Omit<Failure, 'since'> | null {
  const found = (event: Pick<RecordedEvent, 'position' | 'type'>, cause: unknown, unreadable: boolean) => ({
    position: event.position.toString(),
    eventType: event.type,
    error: messageOf(cause).slice(0, MESSAGE_LENGTH),
    unreadable,
  });
  if (error instanceof FoldFailure) return found(error.at, error.cause, false);
  if (error instanceof UnreadableEvent) return found(error.at, error, true);
  return null;
}

/** The checkpoints of all projections, or of one. */
export async function readCheckpoints(database: Queryable, name?: string): Promise<Checkpoint[]> {
  const { sql } = Prisma;
  const rows = await database.$queryRaw<(Omit<Checkpoint, 'leaveOut'> & { skips: bigint[] })[]>`
    SELECT c.name, c.slot, c.version, c.generation, c.revision, c.position, c.failure,
           to_char(c.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "updatedAt",
           ARRAY(SELECT s.position FROM projection_skips s WHERE s.name = c.name AND s.generation = c.generation) AS skips
    FROM checkpoints c WHERE ${name === undefined ? sql`true` : sql`c.name = ${name}`}`;
  return rows.map(({ skips, ...row }) => ({ ...row, leaveOut: new Set(skips) }));
}

export async function readCheckpoint(database: Queryable, name: string, slot: Slot): Promise<Checkpoint | null> {
  return (await readCheckpoints(database, name)).find((checkpoint) => checkpoint.slot === slot) ?? null;
}

/** Notes the event at which a table has stopped, if that is what the error says and it has not moved on meanwhile. */
export async function recordFailure(
  database: Queryable,
  { name, slot, generation, position }: Pick<Checkpoint, 'name' | 'slot' | 'generation' | 'position'>,
  error: unknown,
): Promise<void> {
  const failure = failureOf(error);
  if (!failure) return;
  await database.$executeRaw`
    UPDATE checkpoints SET failure = ${JSON.stringify(failure)}::jsonb || jsonb_build_object('since',
      CASE WHEN failure ->> 'position' = ${failure.position} THEN failure ->> 'since'
           ELSE to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END)
    WHERE name = ${name} AND slot = ${slot} AND generation = ${generation} AND position = ${position}`;
}

/** Makes sure that a projection has a checkpoint: at 0, of a table that this version of the fold will fill. */
export async function firstCheckpoint(database: Queryable, projection: AnyProjection): Promise<void> {
  await database.$executeRaw`
    INSERT INTO checkpoints (name, slot, version, generation, revision, position, updated_at)
    VALUES (${projection.name}, 'live', ${versionOf(projection)}, 1, 0, 0, clock_timestamp()) ON CONFLICT DO NOTHING`;
}
