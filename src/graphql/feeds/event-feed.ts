import { type EventFilter, prepare } from '../../log/filter.ts';
import type { Tail } from '../../log/tail.ts';
import type { Batches, EventBatch } from './batches.ts';
import { type Feed, feed, patiently } from './feed.ts';
import type { Rounds } from './rounds.ts';

export interface EventFeedOptions {
  readonly after: bigint;
  readonly filter?: EventFilter | undefined;
}

/** What all event feeds share. */
export interface EventFeedParts {
  readonly tail: Tail;
  readonly batches: Batches;
  readonly rounds: Rounds;
  /** How often a feed whose cursor moves without events says so. */
  readonly heartbeatMs: number;
}

/**
 * Everything after a position that the filter lets through, from the log and then live. The first batch comes at once,
 * maybe empty: whoever has its cursor misses nothing from there on. When the filter leaves all out for a while, an empty
 * batch tells how far the cursor has moved.
 */
export const eventFeed = (
  { tail, batches, rounds, heartbeatMs }: EventFeedParts,
  { after, filter }: EventFeedOptions,
): Feed<EventBatch> =>
  feed(async function* (signal) {
    const wanted = prepare(filter);
    let cursor = after;
    let told: bigint | null = null;
    let toldAt = 0;
    while (!signal.aborted) {
      const batch = batches.known(cursor, wanted) ?? (await patiently(signal, () => batches.read(cursor, wanted)));
      if (!batch) return;
      cursor = batch.cursor;
      // At the head nothing wakes it but an event and the heartbeat; further back, the search may go on for long.
      const due = batch.caughtUp || performance.now() - toldAt >= heartbeatMs;
      if (batch.events.length > 0 || told === null || (cursor > told && due)) {
        told = cursor;
        toldAt = performance.now();
        yield batch;
      }
      if (batch.caughtUp) {
        cursor = await tail.past(cursor, signal, wanted);
        await rounds.turn();
      }
    }
  });
