import type { Queryable } from '../database/client.ts';
import { type AnyProjection, versionOf } from '../eventsourcing/projection.ts';
import { type Checkpoint, type Failure, readCheckpoints } from './checkpoints.ts';

/** How a projection is doing. */
export interface ProjectionStatus {
  readonly name: string;
  /** Of the fold that has made the live table; a rebuild by another one is under way, or due. */
  readonly version: number;
  readonly position: bigint;
  readonly head: bigint;
  /** Events that are not folded yet. */
  readonly lag: number;
  readonly updatedAt: string;
  /** The event at which it has stopped; it tries again by itself. */
  readonly failure: Failure | null;
  readonly rebuilding: RebuildProgress | null;
  /** The table from before the last rebuild, if it is kept. */
  readonly previous: PreviousTable | null;
  /** Rows that were found not to be what the log says, and not yet healed. */
  readonly drift: number;
  /** Some of them. */
  readonly drifted: readonly Drifted[];
}

export interface RebuildProgress {
  readonly position: bigint;
  readonly target: bigint;
  readonly failure: Failure | null;
}

export interface PreviousTable {
  readonly version: number;
  readonly position: bigint;
}

export interface Drifted {
  readonly key: string;
  readonly fields: readonly string[];
  readonly foundAt: string;
}

/** Drifted rows that are named; the others are only counted. */
const NAMED = 20;

/** How these projections are doing, in the order given; those that no server has run yet are at position 0. */
export async function readStatus(
  database: Queryable,
  projections: readonly AnyProjection[],
): Promise<ProjectionStatus[]> {
  const checkpoints = await readCheckpoints(database);
  // After the checkpoints: none of them is beyond it.
  const [log] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head`;
  const drift = await database.$queryRaw<(Drifted & { name: string; rows: number })[]>`
    SELECT n.name, n.rows, d.key, d.fields,
           to_char(d.found_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "foundAt"
    FROM (SELECT name, count(*)::int AS rows FROM projection_drift GROUP BY name) n
    CROSS JOIN LATERAL (
      SELECT key, fields, found_at FROM projection_drift d WHERE d.name = n.name ORDER BY d.key LIMIT ${NAMED}
    ) d`;
  const head = log?.position ?? 0n;
  return projections.map((projection) => {
    const own = (slot: Checkpoint['slot']) =>
      checkpoints.find((checkpoint) => checkpoint.name === projection.name && checkpoint.slot === slot);
    const [live, next, previous] = [own('live'), own('next'), own('previous')];
    const drifted = drift.filter(({ name }) => name === projection.name);
    const position = live?.position ?? 0n;
    return {
      name: projection.name,
      version: live?.version ?? versionOf(projection),
      ...{ position, head },
      lag: Number(head - position),
      updatedAt: live?.updatedAt ?? new Date(0).toISOString(),
      failure: live?.failure ?? null,
      rebuilding: next ? { position: next.position, target: head, failure: next.failure } : null,
      previous: previous ? { version: previous.version, position: previous.position } : null,
      drift: drifted[0]?.rows ?? 0,
      drifted: drifted.map(({ key, fields, foundAt }) => ({ key, fields, foundAt })),
    };
  });
}
