import { Prisma } from '../database/client.ts';
import { categoryOf } from '../eventsourcing/decider.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { canonicalJson } from './canonical-json.ts';

/** Which events a reader wants: those that every given list names. An empty list matches nothing. */
export interface EventFilter {
  readonly types?: readonly string[] | null | undefined;
  readonly categories?: readonly string[] | null | undefined;
  readonly streamIds?: readonly string[] | null | undefined;
  readonly actors?: readonly string[] | null | undefined;
}

/** Whether it leaves anything out. */
export const narrows = (filter: EventFilter): boolean => Object.values(filter).some(Boolean);

/** What of an event each list names. */
export const named = {
  streamIds: (event) => event.streamId,
  actors: (event) => event.metadata.actor,
  types: (event) => event.type,
  categories: (event) => categoryOf(event.streamId),
} satisfies Record<keyof EventFilter, (event: RecordedEvent) => string | null>;

const LISTS = Object.keys(named) as (keyof typeof named)[];

/** The filter for events in memory. Says the same as {@link filterSql}. */
export function filterOf(filter: EventFilter): (event: RecordedEvent) => boolean {
  const conditions = LISTS.flatMap((list) => {
    const names = filter[list];
    return names ? [{ names: new Set<string | null>(names), nameOf: named[list] }] : [];
  });
  return (event) => conditions.every(({ names, nameOf }) => names.has(nameOf(event)));
}

/** A filter that is asked again and again. */
export interface PreparedFilter {
  readonly filter: EventFilter;
  readonly matches: (event: RecordedEvent) => boolean;
  /** The same for all that let the same through, as far as their lists tell. */
  readonly key: string;
}

export const prepare = (filter: EventFilter = {}): PreparedFilter => ({
  filter,
  matches: filterOf(filter),
  key: canonicalJson(LISTS.map((list) => filter[list] && [...new Set(filter[list])].sort())),
});

/** The filter as conditions on the columns of `events`. Says the same as {@link filterOf}. */
export function filterSql(filter: EventFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  if (filter.types) conditions.push(Prisma.sql`e.type = ANY(${[...filter.types]})`);
  if (filter.categories) conditions.push(Prisma.sql`split_part(e.stream_id, '-', 1) = ANY(${[...filter.categories]})`);
  if (filter.streamIds) conditions.push(Prisma.sql`e.stream_id = ANY(${[...filter.streamIds]})`);
  if (filter.actors) conditions.push(Prisma.sql`e.actor = ANY(${[...filter.actors]})`);
  return Prisma.join(conditions, ' AND ');
}
