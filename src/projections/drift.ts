import type { Database, Queryable } from '../database/client.ts';
import { type AnyProjection, foldRows, type Rows } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import { readCheckpoint } from './checkpoints.ts';
import { TRANSACTION } from './request.ts';
import type { Table } from './table.ts';
import type { Comparison } from './verify.ts';

/**
 * Notes which rows have drifted, and forgets those that were found right; unless the table was exchanged or healed since it
 * was compared. Resolves with the keys that were not known to have drifted.
 */
export async function recordDrift(
  database: Queryable,
  name: string,
  { checked, drift, position, generation, revision }: Comparison,
): Promise<string[]> {
  const wrong = new Set(drift.map(({ key }) => key));
  const right = checked.filter((key) => !wrong.has(key));
  const drifted = drift.map(({ key, fields }) => ({ name, key, fields, position: position.toString() }));
  const found = await database.$queryRaw<{ key: string; known: boolean }[]>`
    WITH compared AS (
      SELECT FROM checkpoints
      WHERE name = ${name} AND slot = 'live' AND generation = ${generation} AND revision = ${revision}
    ), right_again AS (
      DELETE FROM projection_drift WHERE name = ${name} AND key = ANY(${right}) AND EXISTS (SELECT FROM compared)
    )
    INSERT INTO projection_drift (name, key, fields, position, found_at)
    SELECT name, key, fields, position, clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(drifted)}::jsonb) AS d(name text, key text, fields text[], position bigint)
    WHERE EXISTS (SELECT FROM compared)
    ON CONFLICT (name, key) DO UPDATE SET fields = excluded.fields, position = excluded.position
    RETURNING key, xmax <> 0 AS known`;
  return found.filter(({ known }) => !known).map(({ key }) => key);
}

export interface RepairOptions {
  readonly database: Database;
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  readonly table: Table;
}

const PAGE = 1_000;

/**
 * Writes what the log says over rows that have drifted. What has come since the comparison is folded in, the last of it while
 * the checkpoint is held; and its revision moves on, or a runner that has read the old rows would write what it makes of them.
 * Resolves with the number of rows healed: 0 when the table was exchanged or healed meanwhile.
 */
export async function repair(options: RepairOptions, comparison: Comparison): Promise<number> {
  const { database, projection, table } = options;
  const { drift, position, generation, revision } = comparison;
  if (drift.length === 0) return 0;
  const { name } = projection;
  const only = new Set(drift.map(({ key }) => key));
  const expected = new Map(drift.flatMap(({ key, expected }) => (expected ? [[key, expected] as const] : [])));
  const soFar = await readCheckpoint(database, name, 'live');
  if (soFar?.revision !== revision) return 0;
  const caughtUp = await foldOn(options, comparison, expected, position, soFar.position);
  return database.$transaction(async (transaction) => {
    const [live] = await transaction.$queryRaw<{ position: bigint }[]>`
      UPDATE checkpoints SET revision = revision + 1
      WHERE name = ${name} AND slot = 'live' AND generation = ${generation} AND revision = ${revision}
      RETURNING position`;
    if (!live) return 0;
    const rows = await foldOn(options, comparison, caughtUp, soFar.position, live.position);
    const gone = [...only].filter((key) => !rows.has(key));
    await transaction.$executeRaw`DELETE FROM ${table.name} t WHERE ${table.keyIn(gone)}`;
    if (rows.size > 0) await transaction.$executeRaw(table.upsert([...rows.values()]));
    await transaction.$executeRaw`DELETE FROM projection_drift WHERE name = ${name} AND key = ANY(${[...only]})`;
    return only.size;
  }, TRANSACTION);
}

/** The rows that have drifted, as they should be, taken on from one position to another. */
async function foldOn(
  { reader, projection }: RepairOptions,
  { drift, leaveOut }: Comparison,
  from: Rows,
  after: bigint,
  until: bigint,
): Promise<Rows> {
  const only = new Set(drift.map(({ key }) => key));
  let rows = from;
  for (let at = after; at < until; ) {
    const { events } = await reader.page(at, PAGE);
    const last = events.at(-1);
    if (!last) break;
    at = last.position;
    const due = events.filter((event) => event.position <= until);
    rows = foldRows(projection, rows, due, { leaveOut, only });
  }
  return rows;
}
