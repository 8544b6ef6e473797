import { openDatabase, type Queryable } from '../../src/database/client.ts';
import type { EventMetadata, RecordedEvent } from '../../src/eventsourcing/event.ts';
import type { AnyProjection, Row } from '../../src/eventsourcing/projection.ts';
import type { Module } from '../../src/graphql/module.ts';
import { readCheckpoints } from '../../src/projections/checkpoints.ts';
import { describeTable, type Slot } from '../../src/projections/table.ts';
import type { CommandRow, Stored, StoredTable } from './history.ts';
import { readAudit } from './system/audit.ts';

/** Reads all that a database holds. */
export async function readStored(url: string, modules: readonly Module[]): Promise<Stored> {
  const limits = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 60_000, lockTimeoutMs: 10_000 };
  const database = openDatabase({ url, ...limits, onError: () => undefined });
  try {
    const [head] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head`;
    const claims = await database.$queryRaw<{ key: string; streamId: string }[]>`
      SELECT encode(key, 'hex') AS key, stream_id AS "streamId" FROM claims`;
    return {
      head: head?.position ?? 0n,
      events: await readEvents(database),
      commands: await database.$queryRaw<CommandRow[]>`
        SELECT id, type, stream_id AS "streamId", rejection_code AS rejection, version, position,
               event_count AS "eventCount" FROM commands`,
      claims: new Map(claims.map(({ key, streamId }) => [key, streamId])),
      tables: await readTables(database, modules),
      ...(await readAudit(database)),
    };
  } finally {
    await database.$disconnect();
  }
}

/** As they lie there: what reads the log for the servers is itself under test. */
async function readEvents(database: Queryable): Promise<RecordedEvent[]> {
  const rows = await database.$queryRaw<(Omit<RecordedEvent, 'metadata'> & EventMetadata)[]>`
    SELECT position, id, stream_id AS "streamId", version, type, data,
           to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "recordedAt",
           command_id AS "commandId", correlation_id AS "correlationId", causation_id AS "causationId", actor,
           schema_version AS "schemaVersion"
    FROM events ORDER BY position`;
  return rows.map(({ commandId, correlationId, causationId, actor, schemaVersion, ...event }) => ({
    ...event,
    metadata: { commandId, correlationId, causationId, actor, schemaVersion },
  }));
}

async function readTables(database: Queryable, modules: readonly Module[]): Promise<StoredTable[]> {
  const projections = new Map(modules.flatMap((module) => module.projections).map((each) => [each.name, each]));
  const tables: StoredTable[] = [];
  for (const { name, slot, generation, position, failure } of await readCheckpoints(database)) {
    const projection = projections.get(name);
    if (!projection) throw new Error(`there is no projection ${name}`);
    tables.push({ name, slot, generation, position, failure, rows: await readRows(database, projection, slot) });
  }
  return tables;
}

async function readRows(database: Queryable, projection: AnyProjection, slot: Slot): Promise<Row[]> {
  const table = await describeTable(database, projection, slot);
  const found = await database.$queryRaw<
    { row: Row }[]
  >`SELECT row_to_json(r) AS row FROM (SELECT ${table.fields} FROM ${table.name} t) r`;
  return found.map(({ row }) => row);
}
