import type { Database, Queryable } from '../database/client.ts';
import { type AnyProjection, foldRows, type Row } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import type { Table } from './table.ts';
import type { Comparison } from './verify.ts';

/** Notes which rows have drifted, and forgets those that were found right. */
export async function recordDrift(
  database: Queryable,
  name: string,
  { checked, drift, position }: Comparison,
): Promise<void> {
  const drifted = drift.map(({ key, fields }) => ({ name, key, fields, position: position.toString() }));
  const right = checked.filter((key) => !drift.some((each) => each.key === key));
  await database.$executeRaw`
    WITH right_again AS (DELETE FROM projection_drift WHERE name = ${name} AND key = ANY(${right}))
    INSERT INTO projection_drift (name, key, fields, position, found_at)
    SELECT name, key, fields, position, clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(drifted)}::jsonb) AS d(name text, key text, fields text[], position bigint)
    ON CONFLICT (name, key) DO UPDATE SET fields = excluded.fields, position = excluded.position`;
}

export interface RepairOptions {
  readonly database: Database;
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  readonly table: Table;
}

const PAGE = 1_000;

/**
 * Writes what the log says over rows that have drifted. The checkpoint is held meanwhile, and
 * what has come since the comparison is folded in; and its revision moves on, or a runner that has read the old rows would
 * write what it makes of them. Resolves with the number of rows healed: 0 when the table was exchanged meanwhile.
 */
export async function repair(
  { database, reader, projection, table }: RepairOptions,
  { drift, position, generation, leaveOut }: Comparison,
): Promise<number> {
  if (drift.length === 0) return 0;
  const only = new Set(drift.map(({ key }) => key));
  return database.$transaction(async (transaction) => {
    const [live] = await transaction.$queryRaw<{ position: bigint }[]>`
      UPDATE checkpoints SET revision = revision + 1
      WHERE name = ${projection.name} AND slot = 'live' AND generation = ${generation} RETURNING position`;
    if (!live) return 0;
    let rows: ReadonlyMap<string, Row> = new Map(
      drift.flatMap(({ key, expected }) => (expected ? [[key, expected] as const] : [])),
    );
    for (let at = position; at < live.position; ) {
      const { events } = await reader.page(at, PAGE);
      const last = events.at(-1);
      if (!last) break;
      at = last.position;
      const missing = events.filter((event) => event.position <= live.position);
      rows = foldRows(projection, rows, missing, { leaveOut, only });
    }
    const gone = [...only].filter((key) => !rows.has(key));
    await transaction.$executeRaw`DELETE FROM ${table.name} t WHERE ${table.keyIn(gone)}`;
    if (rows.size > 0) await transaction.$executeRaw(table.upsert([...rows.values()]));
    await transaction.$executeRaw`
      DELETE FROM projection_drift WHERE name = ${projection.name} AND key = ANY(${[...only]})`;
    return only.size;
  });
}
