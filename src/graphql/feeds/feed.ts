import { faultOf } from '../../database/errors.ts';
import { pause } from '../../projections/pause.ts';
import { isPromise } from '../execution/fields.ts';

/** What a subscription yields. */
export type Feed<T> = AsyncGenerator<T, void, void>;

/** One that tells where whoever has its last value, and those before, goes on; null if it cannot be resumed. */
export interface ResumableFeed<T> extends Feed<T> {
  cursor(): bigint | null;
}

/**
 * An async generator that can be returned while it waits. (One that is suspended in an `await` cannot: its `return` is
 * queued behind that. So `return` first fires the signal that every wait inside listens to.)
 */
export function feed<T>(pull: (signal: AbortSignal) => Feed<T>): Feed<T> {
  const stop = new AbortController();
  const source = pull(stop.signal);
  return ending(
    () => source.next(),
    async () => {
      stop.abort();
      await source.return();
    },
  );
}

/** A feed of these values; ending it from outside, in whichever way, is `end`. */
function ending<T>(next: () => Promise<IteratorResult<T, void>>, end: () => Promise<unknown>): Feed<T> {
  return {
    next,
    async return() {
      await end();
      return { done: true, value: undefined };
    },
    async throw() {
      await end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * A feed of what `map` makes of each value; ending it ends the source at once, also while it waits.
 * @param onError makes the last value of what the source or `map` has thrown: whoever went on after it would have a gap
 */
export function mapFeed<T, U>(
  source: Feed<T>,
  map: (value: T) => U | Promise<U>,
  onError?: (error: unknown) => U,
): Feed<U> {
  let failed = false;
  return ending(
    async (): Promise<IteratorResult<U, void>> => {
      if (failed) return { done: true, value: undefined };
      try {
        const { done, value } = await source.next();
        if (done) return { done: true, value: undefined };
        // Thousands of feeds map the same value at once: one that need not wait does not.
        const mapped = map(value);
        return { done: false, value: isPromise(mapped) ? ((await mapped) as U) : mapped };
      } catch (error) {
        failed = true;
        source.return().catch(() => undefined);
        if (!onError) throw error;
        return { done: false, value: onError(error) };
      }
    },
    () => source.return(),
  );
}

/** Before the database is asked again when it is out of reach, ms. */
const RETRY_MS = 1_000;

/** Reads, and tries again while the database is out of reach. Undefined once the signal has fired. */
export async function patiently<T>(signal: AbortSignal, read: () => Promise<T> | T): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await read();
    } catch (error) {
      if (faultOf(error) !== 'unreachable') throw error;
      await pause(RETRY_MS, signal);
    }
  }
  return undefined;
}
