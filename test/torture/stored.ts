import { openDatabase, type Queryable } from '../../src/database/client.ts';
import type { EventMetadata, RecordedEvent } from '../../src/eventsourcing/event.ts';
import type { AnyProjection, Row } from '../../src/eventsourcing/projection.ts';
import type { Module } from '../../src/graphql/module.ts';
import { describeTable } from '../../src/projections/table.ts';
import type { CommandRow, Stored } from './history.ts';

/** Reads all that a database holds. */
export async function readStored(url: string, modules: readonly Module[]): Promise<Stored> {
  const limits = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 60_000, lockTimeoutMs: 10_000 };
  const database = openDatabase({ url, ...limits, onError: () => undefined });
  try {
    const [head] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head`;
    const claims = await database.$queryRaw<{ key: string; streamId: string }[]>`
      SELECT encode(key, 'hex') AS key, stream_id AS "streamId" FROM claims`;
    const checkpoints = await database.$queryRaw<{ name: string; position: bigint }[]>`
      SELECT name, position FROM checkpoints`;
    const rows = new Map<string, readonly Row[]>();
    for (const projection of modules.flatMap(({ projections }) => projections)) {
      rows.set(projection.name, await readRows(database, projection));
    }
    return {
      head: head?.position ?? 0n,
      events: await readEvents(database),
      commands: await database.$queryRaw<CommandRow[]>`
        SELECT id, type, stream_id AS "streamId", rejection_code AS rejection, version, position,
               event_count AS "eventCount" FROM commands`,
      claims: new Map(claims.map(({ key, streamId }) => [key, streamId])),
      checkpoints: new Map(checkpoints.map(({ name, position }) => [name, position])),
      rows,
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

async function readRows(database: Queryable, projection: AnyProjection): Promise<Row[]> {
  const table = await describeTable(database, projection);
  const found = await database.$queryRaw<{ row: Row }[]>`SELECT ${table.row} FROM ${table.name} t`;
  return found.map(({ row }) => row);
}
