import type { NewEvent, RecordedEvent } from './event.ts';

/** A row of a read table: its fields are the table's columns, times are ISO strings. */
export type Row = Readonly<Record<string, unknown>>;

/** A fold from events into one row per key. It does no I/O and reads no clock. */
export interface Projection<R extends Row = Row, E extends NewEvent = NewEvent> {
  /** Names its checkpoint. */
  readonly name: string;
  /** The SQL table it fills. */
  readonly table: string;
  /** The table's primary key, one column. */
  readonly keyColumn: keyof R & string;
  /** Which rows an event touches: one key or several. */
  key(event: RecordedEvent<E>): string | readonly string[];
  /** Per event type: the row before → the row after; null where there is none. Types left out change nothing. */
  readonly on: {
    readonly [T in E['type']]?: (row: R | null, event: RecordedEvent<Extract<E, { type: T }>>, key: string) => R | null;
  };
}

/** Declares a projection with the types of its rows and events. */
export const defineProjection = <R extends Row, E extends NewEvent>(projection: Projection<R, E>): Projection<R, E> =>
  projection;

// biome-ignore lint/suspicious/noExplicitAny: a list of projections holds projections of different types
export type AnyProjection = Projection<any, any>;

/** The keys whose rows this event may change; none if the projection has no fold for its type. */
export function keysOf(projection: AnyProjection, event: RecordedEvent): readonly string[] {
  if (!Object.hasOwn(projection.on, event.type)) return [];
  const key = projection.key(event);
  return typeof key === 'string' ? [key] : key;
}

/** One step of the fold: the row under `key` after this event. */
export function project<R extends Row, E extends NewEvent>(
  projection: Projection<R, E>,
  row: R | null,
  event: RecordedEvent<E>,
  key: string,
): R | null {
  const step = projection.on[event.type as E['type']] as
    | ((row: R | null, event: RecordedEvent<E>, key: string) => R | null)
    | undefined;
  return step ? step(row, event, key) : row;
}
