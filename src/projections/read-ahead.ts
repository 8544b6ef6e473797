import type { LogReader, Page } from '../log/reader.ts';

/** Pages of the log for somebody who goes through it. */
export interface ReadAhead {
  /** The events after a position; from now on, those after them are being read too. */
  page(after: bigint): Promise<Page>;
  /** Resolves when nothing is being read any more. */
  settled(): Promise<unknown>;
}

/**
 * Begins to read the next page before this one is there: so neither the database waits for this process to parse, nor the
 * other way round. The log has no gaps, so where the next page starts is known, unless this one is cut short; and what is
 * behind the head never changes.
 */
export function readAhead(reader: LogReader, limit: number): ReadAhead {
  let pages = new Map<bigint, Promise<Page>>();
  function read(after: bigint): Promise<Page> {
    const page = reader.page(after, limit);
    // A failure is heard where the page is used.
    page.catch(() => undefined);
    return page;
  }
  return {
    page(after) {
      const wanted = pages.get(after) ?? read(after);
      const next = after + BigInt(limit);
      pages = new Map([
        [after, wanted],
        [next, pages.get(next) ?? read(next)],
      ]);
      return wanted;
    },
    settled: () => Promise.allSettled(pages.values()),
  };
}
