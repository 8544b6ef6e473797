import { Prisma, type Queryable } from '../database/client.ts';
import type { Versioned } from '../eventsourcing/decider.ts';
import { type EventDefinitions, type RecordedEvent, UnreadableEvent, upcast } from '../eventsourcing/event.ts';
import { type EventFilter, filterSql } from './filter.ts';

/** A piece of the log. `cursor` is how far was searched, also past events that a filter left out. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  readonly cursor: bigint;
  /** The last committed position, seen in the same snapshot as the events. */
  readonly head: bigint;
}

/** What became of a command, as stored. */
export interface CommandRecord {
  readonly id: string;
  readonly type: string;
  readonly streamId: string;
  readonly actor: string | null;
  readonly rejectionCode: string | null;
  readonly version: number;
  readonly position: bigint | null;
  readonly recordedAt: string;
}

/** A point in the life of a stream. */
export type Point = { readonly position: bigint } | { readonly version: number } | { readonly time: string };

/** Reads the log. Every event that leaves it is upcast. */
export interface LogReader {
  head(): Promise<bigint>;
  /** The next events after a position, at most `limit`, searching a bounded stretch of the log. */
  page(after: bigint, limit: number, filter?: EventFilter): Promise<Page>;
  /** The events of one stream after a version, at most `limit`. */
  stream(streamId: string, afterVersion: number, limit: number): Promise<RecordedEvent[]>;
  /** The last version of a stream that is not after a point; 0 before its first event. */
  versionAt(streamId: string, point: Point): Promise<number>;
  /** A stream's snapshot of this schema version, if it has one, and the events after it, at most `limit`. */
  sinceSnapshot(
    streamId: string,
    schemaVersion: string,
    limit: number,
  ): Promise<{ readonly snapshot: Versioned<unknown> | null; readonly events: RecordedEvent[] }>;
  /** The `count` events up to and including a position. */
  upTo(position: bigint, count: number): Promise<RecordedEvent[]>;
  event(id: string): Promise<RecordedEvent | null>;
  command(id: string): Promise<CommandRecord | null>;
}

interface EventRow {
  position: bigint;
  id: string;
  stream_id: string;
  version: number;
  type: string;
  schema_version: number;
  data: unknown;
  command_id: string;
  correlation_id: string;
  causation_id: string | null;
  actor: string | null;
  recorded_at: string;
}

/** How many positions one page searches when its filter leaves events out: bounded work, then the cursor moves on. */
const SEARCHED_POSITIONS = 10_000n;

const iso = (column: string) => Prisma.raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);

const columns = Prisma.sql`e.position, e.id, e.stream_id, e.version, e.type, e.schema_version, e.data, e.command_id,
  e.correlation_id, e.causation_id, e.actor, ${iso('e.recorded_at')} AS recorded_at`;

export function createReader(database: Queryable, definitions: EventDefinitions): LogReader {
  function dataOf({ type, schema_version, data, position }: EventRow): unknown {
    try {
      return upcast(definitions, type, schema_version, data);
    } catch (error) {
      if (error instanceof UnreadableEvent) error.message = `position ${position}: ${error.message}`;
      throw error;
    }
  }
  const decode = (row: EventRow): RecordedEvent => ({
    id: row.id,
    position: row.position,
    streamId: row.stream_id,
    version: row.version,
    type: row.type,
    data: dataOf(row),
    recordedAt: row.recorded_at,
    metadata: {
      commandId: row.command_id,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
      actor: row.actor,
      schemaVersion: row.schema_version,
    },
  });
  const select = async (rest: Prisma.Sql) =>
    (await database.$queryRaw<EventRow[]>(Prisma.sql`SELECT ${columns} FROM events e ${rest}`)).map(decode);

  return {
    async head() {
      const [row] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head`;
      if (!row) throw new Error('the table head has no row: the migrations have not run');
      return row.position;
    },

    async page(after, limit, filter = {}) {
      // One statement, so one snapshot: up to the head that it sees, the log is complete.
      const rows = await database.$queryRaw<(EventRow & { head: bigint })[]>`
        SELECT h.position AS head, e.*
        FROM head h LEFT JOIN LATERAL (
          SELECT ${columns} FROM events e
          WHERE e.position > ${after} AND e.position <= ${after + SEARCHED_POSITIONS} AND ${filterSql(filter)}
          ORDER BY e.position LIMIT ${limit}
        ) e ON true
        ORDER BY e.position`;
      const head = rows[0]?.head ?? 0n;
      const events = rows.filter((row) => row.position !== null).map(decode);
      const searched = after + SEARCHED_POSITIONS < head ? after + SEARCHED_POSITIONS : head;
      const last = events.at(-1)?.position ?? after;
      return { events, head, cursor: events.length === limit ? last : searched > last ? searched : last };
    },

    stream: (streamId, afterVersion, limit) =>
      select(
        Prisma.sql`WHERE e.stream_id = ${streamId} AND e.version > ${afterVersion} ORDER BY e.version LIMIT ${limit}`,
      ),

    async versionAt(streamId, point) {
      const { sql } = Prisma;
      const passed =
        'time' in point
          ? sql`e.recorded_at <= ${point.time}::timestamptz`
          : 'position' in point
            ? sql`e.position <= ${point.position}`
            : sql`e.version <= ${point.version}`;
      const [row] = await database.$queryRaw<{ version: number }[]>`
        SELECT e.version FROM events e WHERE e.stream_id = ${streamId} AND ${passed} ORDER BY e.version DESC LIMIT 1`;
      return row?.version ?? 0;
    },

    async sinceSnapshot(streamId, schemaVersion, limit) {
      // The state comes with the first row only: it may be large, and there is a row per event.
      const rows = await database.$queryRaw<(EventRow & { snapshot: number | null; state: unknown })[]>`
        SELECT s.version AS snapshot, e.*,
               CASE WHEN e.version IS NULL OR e.version = coalesce(s.version, 0) + 1 THEN s.state END AS state
        FROM (VALUES (1)) always
        LEFT JOIN snapshots s ON s.stream_id = ${streamId} AND s.schema_version = ${schemaVersion}
        LEFT JOIN LATERAL (
          SELECT ${columns} FROM events e WHERE e.stream_id = ${streamId} AND e.version > coalesce(s.version, 0)
          ORDER BY e.version LIMIT ${limit}
        ) e ON true
        ORDER BY e.version`;
      const version = rows[0]?.snapshot ?? null;
      return {
        snapshot: version === null ? null : { version, state: rows[0]?.state },
        events: rows.filter((row) => row.position !== null).map(decode),
      };
    },

    upTo: (position, count) =>
      select(
        Prisma.sql`WHERE e.position > ${position - BigInt(count)} AND e.position <= ${position} ORDER BY e.position`,
      ),

    event: async (id) => (await select(Prisma.sql`WHERE e.id = ${id}::uuid`))[0] ?? null,

    async command(id) {
      const [row] = await database.$queryRaw<CommandRecord[]>`
        SELECT id, type, stream_id AS "streamId", actor, rejection_code AS "rejectionCode", version, position,
               ${iso('recorded_at')} AS "recordedAt"
        FROM commands WHERE id = ${id}::uuid`;
      return row ?? null;
    },
  };
}
