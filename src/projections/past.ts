import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, foldRows, type Row } from '../eventsourcing/projection.ts';
import type { LogReader, Point } from '../log/reader.ts';

/** An event of a row's stream, and what it made of the row. */
export interface Change<R extends Row = Row> {
  readonly event: RecordedEvent;
  readonly before: R | null;
  readonly after: R | null;
}

/** The rows of a projection as they were: the same fold, up to a point. Only for rows that have a stream of their own. */
export interface Past<R extends Row = Row> {
  /** The version that a row's stream had at a point, at most the one it has now; 0 if it was not there yet. */
  version(key: string, asOf: Point): Promise<number>;
  /** The row as the first `version` events of its stream left it. */
  row(key: string, version: number): Promise<R | null>;
  /** What the events after version `from`, up to version `to`, have changed. */
  changes(key: string, from: number, to: number): Promise<Change<R>[]>;
  /** The row under a key after further events, of which those of other keys change nothing. */
  fold(key: string, row: R | null, events: readonly RecordedEvent[]): R | null;
}

export interface PastOptions {
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  /** Positions that the live table leaves out. */
  leaveOut(): ReadonlySet<bigint>;
}

const PAGE = 1_000;
/** Of a long stream, so many versions apart, rows are kept in memory, so that pages of its history do not fold all of it. */
const FRAME_VERSIONS = 500;
/** Rows kept at most, over all streams. */
const FRAMES = 2_000;

export function createPast<R extends Row>({ reader, projection, leaveOut }: PastOptions): Past<R> {
  const frames = new LRUCache<string, { readonly row: R | null }>({ max: FRAMES });

  function streamOf(key: string): string {
    if (!projection.streamOf)
      throw new Error(`the rows of ${projection.name} have no streams of their own: no streamOf`);
    return projection.streamOf(key);
  }
  /** The row under one key. What it leaves out is the same for the whole of a way through the log. */
  function foldOf(key: string, without = leaveOut()) {
    const only = new Set([key]);
    const left = [...without].sort().join();
    return {
      fold: (row: R | null, events: readonly RecordedEvent[]): R | null =>
        foldRows<R>(projection, new Map(row ? [[key, row]] : []), events, { leaveOut: without, only }).get(key) ?? null,
      /** Where a row is kept: a fold that leaves out other events makes other rows. */
      frameAt: (version: number): string => `${version} ${left} ${key}`,
    };
  }
  type Fold = ReturnType<typeof foldOf>;

  /** The kept row that is nearest before a version. */
  function nearest({ frameAt }: Fold, version: number): { version: number; row: R | null } {
    for (let at = version - (version % FRAME_VERSIONS); at > 0; at -= FRAME_VERSIONS) {
      const frame = frames.get(frameAt(at));
      if (frame) return { version: at, row: frame.row };
    }
    return { version: 0, row: null };
  }

  async function row(key: string, version: number, folding = foldOf(key)): Promise<R | null> {
    let at = nearest(folding, version);
    while (at.version < version) {
      const frame = at.version - (at.version % FRAME_VERSIONS) + FRAME_VERSIONS;
      const events = await reader.stream(
        streamOf(key),
        at.version,
        Math.min(PAGE, frame - at.version, version - at.version),
      );
      const last = events.at(-1);
      if (!last) break;
      at = { version: last.version, row: folding.fold(at.row, events) };
      if (at.version % FRAME_VERSIONS === 0) frames.set(folding.frameAt(at.version), { row: at.row });
    }
    return at.row;
  }

  return {
    version: (key, asOf) => reader.versionAt(streamOf(key), asOf),
    row: (key, version) => row(key, version),
    fold: (key, from, events) => foldOf(key).fold(from, events),
    async changes(key, from, to) {
      if (to <= from) return [];
      const folding = foldOf(key);
      const [start, events] = await Promise.all([
        row(key, from, folding),
        reader.stream(streamOf(key), from, to - from),
      ]);
      let before: R | null = start;
      return events.map((event) => {
        const change: Change<R> = { event, before, after: folding.fold(before, [event]) };
        before = change.after;
        return change;
      });
    },
  };
}

/** The fields, of those given, that differ between two rows. */
export const changedFields = <R extends Row>(
  before: R | null,
  after: R | null,
  fields: readonly (keyof R & string)[],
) =>
  fields.flatMap((field) => {
    const [was, is] = [before?.[field] ?? null, after?.[field] ?? null];
    return isDeepStrictEqual(was, is) ? [] : [{ field, before: was, after: is }];
  });
