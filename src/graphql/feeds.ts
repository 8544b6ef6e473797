import { setTimeout as sleep } from 'node:timers/promises';
import { faultOf } from '../database/errors.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import type { Row } from '../eventsourcing/projection.ts';
import type { EventFilter } from '../log/filter.ts';
import type { Page } from '../log/reader.ts';
import type { Tail } from '../log/tail.ts';
import type { ReadModel } from '../projections/read-model.ts';

/** A page of the log as clients get it. */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  readonly cursor: bigint;
  readonly caughtUp: boolean;
}

export const toBatch = ({ events, cursor, head }: Page): EventBatch => ({ events, cursor, caughtUp: cursor >= head });

/** Events in one message at most. */
const BATCH_EVENTS = 500;

/** Before the log is read again when it is out of reach, ms. */
const RETRY_MS = 1_000;

/**
 * Everything after a position that the filter lets through, from the log and then live. The first batch comes at once,
 * maybe empty: whoever has its cursor misses nothing from there on.
 */
export const eventFeed = (
  tail: Tail,
  { after, filter, heartbeatMs }: { after: bigint; filter?: EventFilter | undefined; heartbeatMs: number },
): AsyncGenerator<EventBatch, void, void> =>
  feed(async function* (signal) {
    let cursor = after;
    let told: bigint | null = null;
    let toldAt = 0;
    while (!signal.aborted) {
      const page = await patiently(signal, () => tail.page(cursor, BATCH_EVENTS, filter));
      if (!page) return;
      cursor = page.cursor;
      const heartbeat = told === null || (cursor > told && Date.now() - toldAt >= heartbeatMs);
      if (page.events.length > 0 || heartbeat) {
        told = cursor;
        toldAt = Date.now();
        yield toBatch(page);
      }
      // A cursor that has moved without events is told when the heartbeat is due, be there news or not.
      const due = cursor > (told ?? cursor) ? Math.max(1, toldAt + heartbeatMs - Date.now()) : undefined;
      await tail.past(cursor, signal, due);
    }
  });

/** A row now, and again each time an event of its stream has changed it; never older than what was sent before. */
export const rowFeed = <R extends Row & { readonly version: number }>(
  tail: Tail,
  model: ReadModel<R>,
  { key, streamId }: { key: string; streamId: string },
): AsyncGenerator<{ readonly row: R | null; readonly position: bigint }, void, void> =>
  feed(async function* (signal) {
    let cursor = tail.head;
    let sent: number | null | undefined;
    while (!signal.aborted) {
      await model.reached(cursor, signal);
      // Read before the row: the row is at least this new.
      const position = model.position;
      const row = await patiently(signal, () => model.row(key));
      if (signal.aborted || row === undefined) return;
      if (sent === undefined || (row?.version ?? null) !== sent) {
        sent = row?.version ?? null;
        yield { row, position };
      }
      if (position > cursor) cursor = position;
      for (let touched = false; !touched && !signal.aborted; ) {
        await tail.past(cursor, signal);
        const page = await patiently(signal, () => tail.page(cursor, BATCH_EVENTS, { streamIds: [streamId] }));
        if (!page) return;
        cursor = page.cursor;
        touched = page.events.length > 0;
      }
    }
  });

/** Reads, and tries again while the database is out of reach. Undefined once the signal has fired. */
async function patiently<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await read();
    } catch (error) {
      if (faultOf(error) !== 'unreachable') throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/**
 * An async generator that can be returned while it waits. (One that is suspended in an `await` cannot: its `return` is
 * queued behind that. So `return` first fires the signal that every wait inside listens to.)
 */
function feed<T>(pull: (signal: AbortSignal) => AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  const stop = new AbortController();
  const source = pull(stop.signal);
  return mapFeed(source, (value) => value, { onEnd: () => stop.abort() });
}

/**
 * A feed of what `map` makes of each value; ending it ends the source at once, also while it waits. If the source
 * throws, `onError` may make a last value of the error.
 */
export function mapFeed<T, U>(
  source: AsyncGenerator<T, void, void>,
  map: (value: T) => U,
  { onEnd = () => undefined, onError }: { onEnd?: () => void; onError?: (error: unknown) => U } = {},
): AsyncGenerator<U, void, void> {
  const mapped = async (result: Promise<IteratorResult<T, void>>): Promise<IteratorResult<U, void>> => {
    const { done, value } = await result;
    return done ? { done, value: undefined } : { done: false, value: map(value as T) };
  };
  return {
    next: () => {
      const next = mapped(source.next());
      return onError ? next.catch((error) => ({ done: false as const, value: onError(error) })) : next;
    },
    return() {
      onEnd();
      return mapped(source.return());
    },
    throw(error: unknown) {
      onEnd();
      return mapped(source.throw(error));
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
