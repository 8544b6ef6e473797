import { Prisma } from '../database/client.ts';
import { categoryOf } from '../eventsourcing/decider.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';

/** Which events a reader wants: those that every given list names. An empty list matches nothing. */
export interface EventFilter {
  readonly types?: readonly string[] | null | undefined;
  readonly categories?: readonly string[] | null | undefined;
  readonly streamIds?: readonly string[] | null | undefined;
  readonly actors?: readonly string[] | null | undefined;
}

/** Whether it leaves anything out. */
export const narrows = (filter: EventFilter): boolean => Object.values(filter).some(Boolean);

/** The filter for events in memory. Says the same as {@link filterSql}. */
export function filterOf(filter: EventFilter): (event: RecordedEvent) => boolean {
  const set = (list: readonly string[] | null | undefined) => (list ? new Set(list) : null);
  const [types, categories, streamIds, actors] = [filter.types, filter.categories, filter.streamIds, filter.actors].map(
    set,
  );
  return (event) =>
    (!types || types.has(event.type)) &&
    (!categories || categories.has(categoryOf(event.streamId))) &&
    (!streamIds || streamIds.has(event.streamId)) &&
    (!actors || (event.metadata.actor !== null && actors.has(event.metadata.actor)));
}

/** The filter as conditions on the columns of `events`. Says the same as {@link filterOf}. */
export function filterSql(filter: EventFilter): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  if (filter.types) conditions.push(Prisma.sql`e.type = ANY(${[...filter.types]})`);
  if (filter.categories) conditions.push(Prisma.sql`split_part(e.stream_id, '-', 1) = ANY(${[...filter.categories]})`);
  if (filter.streamIds) conditions.push(Prisma.sql`e.stream_id = ANY(${[...filter.streamIds]})`);
  if (filter.actors) conditions.push(Prisma.sql`e.actor = ANY(${[...filter.actors]})`);
  return Prisma.join(conditions, ' AND ');
}
