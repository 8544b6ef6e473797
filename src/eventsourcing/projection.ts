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
  /** Raise it whenever rows come out otherwise than before: the table is rebuilt at the next start. 1 if not given. */
  readonly version?: number;
  /**
   * Where each row is folded from one stream: that stream. Time travel, history and cheap checks of single rows need it.
   * Every event that touches the key must be of this stream, and rows must not be there before its first event.
   */
  readonly streamOf?: (key: string) => string;
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

/** The version of a fold, as declared. */
export const versionOf = ({ version = 1 }: AnyProjection): number => version;

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

/** A fold that threw. Whoever folds stops there: to go on without the event would be to lose it. */
export class FoldFailure extends Error {
  override readonly name = 'FoldFailure';
  /** Which event; not what it says, for errors end in logs. */
  readonly at: { readonly position: bigint; readonly type: string };
  constructor({ position, type }: RecordedEvent, options: ErrorOptions) {
    super(`the fold failed at position ${position}, ${type}`, options);
    this.at = { position, type };
  }
}

/** The rows that a stretch of the log touches, by key: as they are before it, then as they are after it. */
export type Rows<R extends Row = Row> = ReadonlyMap<string, R>;

export interface FoldOptions {
  /** Positions of events that change nothing. */
  readonly leaveOut?: ReadonlySet<bigint> | undefined;
  /** Keys that are of interest; all if not given. */
  readonly only?: ReadonlySet<string> | undefined;
}

/**
 * Folds a stretch of the log into the rows that it touches.
 * @throws {FoldFailure} at the first event whose fold throws
 */
export function foldRows<R extends Row>(
  projection: AnyProjection,
  before: Rows<R>,
  events: readonly RecordedEvent[],
  { leaveOut, only }: FoldOptions = {},
): Rows<R> {
  const rows = new Map(before);
  for (const event of events) {
    if (leaveOut?.has(event.position)) continue;
    try {
      for (const key of keysOf(projection, event)) {
        if (only && !only.has(key)) continue;
        const row = project<R, NewEvent>(projection, rows.get(key) ?? null, event, key);
        if (row) rows.set(key, row);
        else rows.delete(key);
      }
    } catch (cause) {
      throw new FoldFailure(event, { cause });
    }
  }
  return rows;
}
