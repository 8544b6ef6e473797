import { Prisma } from '../database/client.ts';
import {
  type EventDefinitions,
  type RecordedEvent,
  type StoredPayload,
  UnreadableEvent,
  upcast,
} from '../eventsourcing/event.ts';

/** An event as its row has it: the payload in the shape of its schema version. */
export interface StoredEvent extends StoredPayload {
  readonly id: string;
  readonly streamId: string;
  readonly version: number;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly actor: string | null;
  /** ISO 8601 in UTC with six decimals. */
  readonly recordedAt: string;
}

/** The answer of {@link packed}. */
export interface Packed {
  /** Rows there were, also those that were not kept. */
  readonly found: number;
  /** JSON: an array of a text or null per column. */
  readonly columns: string | null;
  /** JSON: the payloads. */
  readonly payloads: string | null;
}

/** A time as the log's readers get it. */
export const iso = (column: string): Prisma.Sql =>
  Prisma.raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);

/**
 * Rows of `events`, in order, as one row of {@link Packed}: Prisma takes twice as long over a row of twelve columns for
 * each event, and Node.js has no time to lose. The aggregates take the rows in the order in which the query yields them:
 * https://www.postgresql.org/docs/current/functions-aggregate.html
 * @param kept which of the rows `e` are given
 */
export const packed = (events: Prisma.Sql, kept: Prisma.Sql = Prisma.sql`true`): Prisma.Sql => Prisma.sql`
  SELECT count(*)::int AS found,
    json_agg(ARRAY[e.position::text, e.id::text, e.stream_id, e.version::text, e.type, e.schema_version::text,
      e.command_id::text, e.correlation_id::text, e.causation_id::text, e.actor, ${iso('e.recorded_at')}])
      FILTER (WHERE ${kept})::text AS columns,
    '[' || string_agg(e.data::text, ',') FILTER (WHERE ${kept}) || ']' AS payloads
  FROM (${events}) e`;

type Columns = [
  ...[position: string, id: string, streamId: string, version: string, type: string, schemaVersion: string],
  ...[commandId: string, correlationId: string, causationId: string | null, actor: string | null, recordedAt: string],
];

/** The events that were packed, as they are stored. */
export function unpack({ columns, payloads }: Packed): StoredEvent[] {
  if (columns === null || payloads === null) return [];
  const data = JSON.parse(payloads) as unknown[];
  return (JSON.parse(columns) as Columns[]).map((row, index) => ({
    position: BigInt(row[0]),
    id: row[1],
    streamId: row[2],
    version: Number(row[3]),
    type: row[4],
    schemaVersion: Number(row[5]),
    data: data[index],
    commandId: row[6],
    correlationId: row[7],
    causationId: row[8],
    actor: row[9],
    recordedAt: row[10],
  }));
}

/** A stored event as everybody else gets it: upcast. @throws {UnreadableEvent} */
export const recorded = (definitions: EventDefinitions, stored: StoredEvent): RecordedEvent => ({
  id: stored.id,
  position: stored.position,
  streamId: stored.streamId,
  version: stored.version,
  type: stored.type,
  data: upcast(definitions, stored),
  recordedAt: stored.recordedAt,
  metadata: {
    commandId: stored.commandId,
    correlationId: stored.correlationId,
    causationId: stored.causationId,
    actor: stored.actor,
    schemaVersion: stored.schemaVersion,
  },
});

/** Those before the first that cannot be read. @throws {UnreadableEvent} when that is the very first */
export function readable(definitions: EventDefinitions, stored: readonly StoredEvent[]): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const each of stored) {
    try {
      events.push(recorded(definitions, each));
    } catch (error) {
      if (events.length === 0 || !(error instanceof UnreadableEvent)) throw error;
      break;
    }
  }
  return events;
}
