import { Prisma, type Queryable } from '../../database/client.ts';

/** The next lines of one kind. PostgreSQL writes them, so numbers keep every digit. */
export interface Page {
  readonly lines: number;
  /** Whole lines, each with its newline; empty when there are no more. */
  readonly text: string;
  /** What the next page comes after. */
  readonly last: string;
}

/** Reads the page after a key; '' is before the first. */
export type ReadPage = (after: string) => Promise<Page>;

/** Lines of one page at most, and bytes after which no further line is begun. */
const PAGE_LINES = 1_000;
const PAGE_BYTES = 4 * 2 ** 20;

/** @param rows `key`, as text, and `value`, a JSON object; in the order of the lines, at most {@link PAGE_LINES} */
async function pageOf(database: Queryable, kind: string, rows: Prisma.Sql, after: string): Promise<Page> {
  const [page] = await database.$queryRaw<{ lines: number; text: string | null; last: string | null }[]>`
    SELECT count(*)::int AS lines, string_agg(line, E'\n' ORDER BY place) || E'\n' AS text,
           (array_agg(key ORDER BY place DESC))[1] AS last
    FROM (
      SELECT *, sum(octet_length(line)) OVER (ORDER BY place) - octet_length(line) AS before
      FROM (
        SELECT row_number() OVER () AS place, key, format('{"%s":%s}', ${kind}::text, value) AS line
        FROM (${rows}) row
      ) numbered
    ) measured
    WHERE before < ${PAGE_BYTES}`;
  return { lines: page?.lines ?? 0, text: page?.text ?? '', last: page?.last ?? after };
}

const iso = Prisma.raw(`to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);

/** Events after a position, up to another one. */
export const eventPages =
  (database: Queryable, head: bigint): ReadPage =>
  (after) =>
    pageOf(
      database,
      'event',
      Prisma.sql`
        SELECT position::text AS key, (SELECT row_to_json(e) FROM (
          SELECT position::text AS position, id, stream_id AS "streamId", version, type, schema_version AS "schemaVersion",
                 data, command_id AS "commandId", correlation_id AS "correlationId", causation_id AS "causationId", actor,
                 ${iso} AS "recordedAt") e) AS value
        FROM events WHERE position > ${BigInt(after)} AND position <= ${head} ORDER BY events.position LIMIT ${PAGE_LINES}`,
      after,
    );

/** Command records in the order of their times, and of their ids where times are equal. */
export const commandPages =
  (database: Queryable): ReadPage =>
  (after) => {
    const [time = '', id = ''] =
      after === '' ? ['-infinity', '00000000-0000-0000-0000-000000000000'] : after.split(' ');
    return pageOf(
      database,
      'command',
      Prisma.sql`
        SELECT ${iso} || ' ' || id AS key, (SELECT row_to_json(c) FROM (
          SELECT id, type, stream_id AS "streamId", actor, encode(request_hash, 'hex') AS "requestHash",
                 rejection_code AS "rejectionCode", detail, version, position::text AS position,
                 event_count AS "eventCount", ${iso} AS "recordedAt") c) AS value
        FROM commands WHERE (recorded_at, id) > (${time}::text::timestamptz, ${id}::uuid)
        ORDER BY recorded_at, id LIMIT ${PAGE_LINES}`,
      after,
    );
  };

/** Claims in the order of their keys. */
export const claimPages =
  (database: Queryable): ReadPage =>
  (after) =>
    pageOf(
      database,
      'claim',
      Prisma.sql`
        SELECT encode(key, 'hex') AS key, (SELECT row_to_json(c) FROM (
          SELECT encode(key, 'hex') AS key, stream_id AS "streamId") c) AS value
        FROM claims WHERE key > decode(${after}, 'hex') ORDER BY claims.key LIMIT ${PAGE_LINES}`,
      after,
    );
