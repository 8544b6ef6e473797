import { faultOf } from '../../database/errors.ts';
import { pause } from '../../projections/pause.ts';

/** What a subscription yields. */
export type Feed<T> = AsyncGenerator<T, void, void>;

/**
 * An async generator that can be returned while it waits. (One that is suspended in an `await` cannot: its `return` is
 * queued behind that. So `return` first fires the signal that every wait inside listens to.)
 */
export function feed<T>(pull: (signal: AbortSignal) => Feed<T>): Feed<T> {
  const stop = new AbortController();
  return mapFeed(pull(stop.signal), (value) => value, { onEnd: () => stop.abort() });
}

interface MapOptions<U> {
  /** Called when the feed is ended from outside, before its source is. */
  readonly onEnd?: () => void;
  /** Makes a last value of what the source has thrown. */
  readonly onError?: (error: unknown) => U;
}

/** A feed of what `map` makes of each value; ending it ends the source at once, also while it waits. */
export function mapFeed<T, U>(
  source: Feed<T>,
  map: (value: T) => U | Promise<U>,
  { onEnd, onError }: MapOptions<U> = {},
): Feed<U> {
  async function next(): Promise<IteratorResult<U, void>> {
    try {
      const { done, value } = await source.next();
      return done ? { done, value: undefined } : { done: false, value: await map(value as T) };
    } catch (error) {
      if (!onError) throw error;
      return { done: false, value: onError(error) };
    }
  }
  const ended = { done: true, value: undefined } as const;
  return {
    next,
    async return() {
      onEnd?.();
      await source.return();
      return ended;
    },
    async throw(error: unknown) {
      onEnd?.();
      await source.throw(error);
      return ended;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
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
