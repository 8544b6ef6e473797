import { Prisma, type Queryable } from '../../database/client.ts';
import { type Batch, WrongLine } from './batches.ts';

/** The values under a key of each line of the batch, as rows of `shape`. PostgreSQL reads the text itself: exactly. */
const rowsOf = ({ kind, texts }: Batch, shape: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`jsonb_array_elements(${`[${texts.join(',')}]`}::jsonb) WITH ORDINALITY line(value, number)
    CROSS JOIN LATERAL jsonb_to_record(line.value -> ${kind}::text) AS r(${shape})`;

/** Writes the lines of a batch into the table that they are from. */
export async function writeBatch(database: Queryable, batch: Batch): Promise<void> {
  switch (batch.kind) {
    case 'event':
      return writeEvents(database, batch);
    case 'command':
      return writeCommands(database, batch);
    case 'claim':
      return writeClaims(database, batch);
    case 'tidemark':
    case 'end':
  }
}

/** Moves the head to the end of a batch. */
export async function moveHead(database: Queryable, { kind, after }: Batch): Promise<void> {
  if (kind !== 'event') return;
  await database.$executeRaw`
    UPDATE head SET position = ${after.position}, recorded_at = ${after.last}::text::timestamptz WHERE id = 1`;
}

async function writeEvents(database: Queryable, batch: Batch): Promise<void> {
  await checkVersions(database, batch);
  // A payload that is null as JSON is not one that is missing.
  await database.$executeRaw`
    INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                        causation_id, actor, recorded_at)
    SELECT r.position, r.id, r."streamId", r.version, r.type, r."schemaVersion", coalesce(r.data, 'null'::jsonb),
           r."commandId", r."correlationId", r."causationId", r.actor, r."recordedAt"
    FROM ${rowsOf(
      batch,
      Prisma.sql`position bigint, id uuid, "streamId" text, version int, type text, "schemaVersion" smallint,
        data jsonb, "commandId" uuid, "correlationId" uuid, "causationId" uuid, actor text, "recordedAt" timestamptz`,
    )}
    ORDER BY line.number`;
}

/** Every event is the next one of its stream. The unique index would not see that one is missing. */
async function checkVersions(database: Queryable, { lines, before }: Batch): Promise<void> {
  const streams = [...new Set(lines.map((line) => (line.kind === 'event' ? line.value.streamId : '')))];
  const found = await database.$queryRaw<{ id: string; version: number }[]>`
    SELECT s.id, coalesce((
      SELECT e.version FROM events e WHERE e.stream_id = s.id ORDER BY e.version DESC LIMIT 1), 0) AS version
    FROM unnest(${streams}::text[]) s(id)`;
  const versions = new Map(found.map(({ id, version }) => [id, version]));
  lines.forEach((line, index) => {
    if (line.kind !== 'event') return;
    const { streamId, version } = line.value;
    const expected = (versions.get(streamId) ?? 0) + 1;
    if (version !== expected) {
      const reason = `event: version ${version} of ${streamId} stands where ${expected} should`;
      throw new WrongLine(before.lines + index + 1, reason);
    }
    versions.set(streamId, version);
  });
}

async function writeCommands(database: Queryable, batch: Batch): Promise<void> {
  await database.$executeRaw`
    INSERT INTO commands (id, type, stream_id, actor, request_hash, rejection_code, detail, version, position, event_count,
                          recorded_at)
    SELECT r.id, r.type, r."streamId", r.actor, decode(r."requestHash", 'hex'), r."rejectionCode", r.detail, r.version,
           r.position, r."eventCount", r."recordedAt"
    FROM ${rowsOf(
      batch,
      Prisma.sql`id uuid, type text, "streamId" text, actor text, "requestHash" text, "rejectionCode" text, detail jsonb,
        version int, position bigint, "eventCount" int, "recordedAt" timestamptz`,
    )}`;
}

async function writeClaims(database: Queryable, batch: Batch): Promise<void> {
  await database.$executeRaw`
    INSERT INTO claims (key, stream_id) SELECT decode(r.key, 'hex'), r."streamId"
    FROM ${rowsOf(batch, Prisma.sql`key text, "streamId" text`)}`;
}
