import { Prisma, type Queryable } from '../database/client.ts';
import type { Versioned } from '../eventsourcing/decider.ts';
import type { EventDefinitions, RecordedEvent } from '../eventsourcing/event.ts';
import type { EventFilter } from './filter.ts';
import { CANDIDATES, searchOf } from './search.ts';
import { iso, type Packed, packed, readable, recorded, type StoredEvent, unpack } from './stored.ts';

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

/** A point in the life of a stream: what had happened up to then, and then. A time is ISO 8601 with its offset. */
export type Point = { readonly position: bigint } | { readonly version: number } | { readonly time: string };

/** Reads the log. Every event that leaves it is upcast, unless it says that it gives what is stored. */
export interface LogReader {
  head(): Promise<bigint>;
  /**
   * The next events after a position, at most `limit`, found with bounded work: there may be fewer, or none, and more
   * after the cursor. It ends before an event that cannot be read, and after `bytes` of stored payloads.
   * @throws {UnreadableEvent} when that is the first one
   */
  page(after: bigint, limit: number, filter?: EventFilter, bytes?: number): Promise<Page>;
  /** The next events after a position as they are stored, at most `limit`; none at the end of the log. */
  raw(after: bigint, limit: number): Promise<StoredEvent[]>;
  /** The events of one stream after a version, at most `limit`: all of them, or an error. */
  stream(streamId: string, afterVersion: number, limit: number): Promise<RecordedEvent[]>;
  /** The version that a stream had at a point, at most the one it has now; 0 before its first event. */
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

/** Stored bytes of the payloads of a page, about, unless its first event alone has more. At PostgreSQL's best compression
 * (some 90 times) their text is still shorter than the longest string of JavaScript. */
const PAGE_BYTES = 4 * 2 ** 20;

/** The events with what is stored in the payloads before each. */
const weighed = (events: Prisma.Sql) => Prisma.sql`
  SELECT e.*, sum(pg_column_size(e.data)) OVER (
    ORDER BY e.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
  FROM (${events}) e`;
const fitting = (bytes: number) => Prisma.sql`coalesce(e.bytes_before, 0) < ${bytes}`;

/** @param candidates events that one page looks at, at most */
export function createReader(
  database: Queryable,
  definitions: EventDefinitions,
  candidates: number = CANDIDATES,
): LogReader {
  const upcastAll = (stored: readonly StoredEvent[]) => stored.map((each) => recorded(definitions, each));
  const select = async (which: Prisma.Sql) => {
    const [row] = await database.$queryRaw<Packed[]>(packed(Prisma.sql`SELECT * FROM events e ${which}`));
    return row ? upcastAll(unpack(row)) : [];
  };

  return {
    async head() {
      const [row] = await database.$queryRaw<{ position: bigint }[]>`SELECT position FROM head`;
      if (!row) throw new Error('the table head has no row: the migrations have not run');
      return row.position;
    },

    async page(after, limit, filter = {}, bytes = PAGE_BYTES) {
      const { parts, events: next, reached } = searchOf(filter, after, limit, candidates);
      // One statement, so one snapshot: up to the head that it sees, the log is complete.
      const [row] = await database.$queryRaw<(Packed & { head: bigint; reached: bigint })[]>`
        ${parts} SELECT h.position AS head, least(h.position, ${reached}) AS reached, p.*
        FROM head h CROSS JOIN LATERAL (${packed(weighed(next), fitting(bytes))}) p WHERE h.id = 1`;
      if (!row) throw new Error('the table head has no row: the migrations have not run');
      const events = readable(definitions, unpack(row));
      const last = events.at(-1)?.position ?? after;
      const all = events.length === row.found && row.found < limit;
      return { events, head: row.head, cursor: all && row.reached > last ? row.reached : last };
    },

    async raw(after, limit) {
      const { events } = searchOf({}, after, limit, limit);
      const [row] = await database.$queryRaw<Packed[]>(packed(weighed(events), fitting(PAGE_BYTES)));
      return row ? unpack(row) : [];
    },

    // Versions have no gaps: the range is the bound, whatever the plan.
    stream: (streamId, afterVersion, limit) =>
      select(Prisma.sql`
        WHERE e.stream_id = ${streamId} AND e.version > ${afterVersion} AND e.version <= ${afterVersion + limit}::bigint
        ORDER BY e.version`),

    async versionAt(streamId, point) {
      const { sql } = Prisma;
      const [row] = await database.$queryRaw<{ version: number }[]>(
        'version' in point
          ? sql`SELECT e.version FROM events e WHERE e.stream_id = ${streamId} AND e.version <= ${point.version}
                ORDER BY e.version DESC LIMIT 1`
          : sql`SELECT stream_version_at(${streamId}, ${
              'position' in point ? sql`${point.position}` : sql`position_at(${point.time}::timestamptz)`
            }) AS version`,
      );
      return row?.version ?? 0;
    },

    async sinceSnapshot(streamId, schemaVersion, limit) {
      const events = Prisma.sql`
        SELECT * FROM events e WHERE e.stream_id = ${streamId}
          AND e.version > coalesce(s.version, 0) AND e.version <= coalesce(s.version, 0) + ${limit}
        ORDER BY e.version`;
      const [row] = await database.$queryRaw<(Packed & { version: number | null; state: unknown })[]>`
        SELECT s.version, s.state, p.* FROM (VALUES (1)) always
        LEFT JOIN snapshots s ON s.stream_id = ${streamId} AND s.schema_version = ${schemaVersion}
        CROSS JOIN LATERAL (${packed(events)}) p`;
      const version = row?.version ?? null;
      return {
        snapshot: version === null ? null : { version, state: row?.state },
        events: row ? upcastAll(unpack(row)) : [],
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
