import { Prisma } from '../database/client.ts';
import { type EventFilter, filterSql, narrows } from './filter.ts';

/** The next events that a filter lets through, found with bounded work at any size of the log. */
export interface Search {
  /** Common table expressions, for the other two. */
  readonly parts: Prisma.Sql;
  /** Rows of `events`, in order. */
  readonly events: Prisma.Sql;
  /** A position, which may lie beyond the head: up to it, and unless they are as many as wanted, these are all. */
  readonly reached: Prisma.Sql;
}

/** How many events one search looks at: then the cursor has moved on, whether it has found any or not. */
export const CANDIDATES = 10_000;

/**
 * A search of at most `limit` events after a position. One list of the filter drives it, that which is likely to leave
 * least, and the others are conditions on what that finds.
 * @param candidates events to look at
 */
export function searchOf(filter: EventFilter, after: bigint, limit: number, candidates = CANDIDATES): Search {
  const { streamIds, actors, types } = filter;
  if (streamIds) return driven(inStreams, streamIds, { ...filter, streamIds: null });
  if (actors) return driven(nextOf('actor'), actors, { ...filter, actors: null });
  if (types) return driven(nextOf('type'), types, { ...filter, types: null });
  return byPosition(filter, after, limit, candidates);

  function driven(next: Next, list: readonly string[], rest: EventFilter): Search {
    const values = [...new Set(list)];
    const evenly = Math.max(1, Math.floor(candidates / Math.max(1, values.length)));
    // Without further conditions every candidate is one of the events.
    const share = narrows(rest) ? evenly : Math.min(limit, evenly);
    return merged(next(values, after, share), share, filterSql(rest), limit);
  }
}

/** Looks at the next positions, one by one. */
function byPosition(filter: EventFilter, after: bigint, limit: number, candidates: number): Search {
  // There are no gaps: the bound holds whatever the plan.
  const end = after + BigInt(narrows(filter) ? candidates : Math.min(limit, candidates));
  return {
    parts: Prisma.empty,
    events: Prisma.sql`
      SELECT * FROM events e WHERE e.position > ${after} AND e.position <= ${end} AND ${filterSql(filter)}
      ORDER BY e.position LIMIT ${limit}`,
    reached: Prisma.sql`${end}`,
  };
}

/** Beyond every position. */
const EVERYTHING = 2n ** 63n - 1n;

/** A query for the next events of each value, at most so many for each: value and position. */
type Next = (values: readonly string[], after: bigint, share: number) => Prisma.Sql;

const nextOf =
  (of: 'actor' | 'type'): Next =>
  (values, after, share) =>
    Prisma.sql`SELECT value, position FROM next_events(${of}, ${[...values]}::text[], ${after}, ${share}::int)`;

/** The versions of a stream have no gaps, so these are a range of them, and the bound holds whatever the plan. */
const inStreams: Next = (values, after, share) => Prisma.sql`
  SELECT v.value, e.position FROM unnest(${[...values]}::text[]) v(value)
  CROSS JOIN LATERAL (SELECT stream_version_at(v.value, ${after}) AS version OFFSET 0) start
  JOIN LATERAL (
    SELECT e.position FROM events e
    WHERE e.stream_id = v.value AND e.version > start.version AND e.version <= start.version + ${share}::int OFFSET 0
  ) e ON true`;

/**
 * Merges the candidates of all values. Where those of a value were cut off, nothing is known of it beyond the last one: the
 * least of these positions is how far the search has reached.
 */
const merged = (candidates: Prisma.Sql, share: number, conditions: Prisma.Sql, limit: number): Search => ({
  parts: Prisma.sql`
    WITH candidates AS MATERIALIZED (${candidates}), reached AS MATERIALIZED (
      SELECT coalesce(min(cut.last), ${EVERYTHING}) AS position
      FROM (SELECT max(c.position) AS last FROM candidates c GROUP BY c.value HAVING count(*) = ${share}) cut
    )`,
  events: Prisma.sql`
    SELECT e.* FROM (
      SELECT c.position FROM candidates c WHERE c.position <= (SELECT position FROM reached) ORDER BY c.position
    ) c
    CROSS JOIN LATERAL (SELECT * FROM events e WHERE e.position = c.position AND ${conditions} LIMIT 1) e
    LIMIT ${limit}`,
  reached: Prisma.sql`(SELECT position FROM reached)`,
});
