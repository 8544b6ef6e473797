import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../../eventsourcing/event.ts';
import type { PreparedFilter } from '../../log/filter.ts';
import type { Page } from '../../log/reader.ts';
import type { Tail } from '../../log/tail.ts';

/** A piece of the log as clients get it. */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  readonly cursor: bigint;
  readonly caughtUp: boolean;
}

export const toBatch = ({ events, cursor, head }: Page): EventBatch => ({ events, cursor, caughtUp: cursor >= head });

/** The log in pieces that are messages. */
export interface Batches {
  /** What comes after a position, as much as one message may have, if somebody has read it and it is still all there is. */
  known(after: bigint, filter: PreparedFilter): EventBatch | undefined;
  /** Reads it: the same object for all who ask for the same. */
  read(after: bigint, filter: PreparedFilter): Promise<EventBatch>;
}

/** Events read at once. */
const PAGE_EVENTS = 1_000;
/** Events of one batch at most. */
const BATCH_EVENTS = 500;
/** Bytes of one batch, about, unless a single event has more: what a subscriber that does not read costs. */
const BATCH_BYTES = 64 * 2 ** 10;
/** Bytes of an event besides its payload, about. */
const EVENT_BYTES = 400;
/** Bytes of the batches that are kept for others who ask for them, about; those that were asked for last. */
const KEPT_BYTES = 16 * 2 ** 20;

export function createBatches(tail: Tail): Batches {
  const kept = new LRUCache<string, EventBatch>({ maxSize: KEPT_BYTES });
  const reading = new Map<string, Promise<EventBatch>>();

  async function readPage(after: bigint, filter: PreparedFilter): Promise<EventBatch> {
    const page = await tail.page(after, PAGE_EVENTS, filter.filter);
    let from = after;
    let first: EventBatch | undefined;
    for (const { batch, bytes } of cut(page)) {
      first ??= batch;
      kept.set(keyOf(from, filter), batch, { size: bytes });
      from = batch.cursor;
    }
    return first as EventBatch;
  }

  return {
    known(after, filter) {
      const batch = kept.get(keyOf(after, filter));
      // One that ended at the head is all there is only as long as that is the head.
      return batch && (!batch.caughtUp || batch.cursor === tail.head) ? batch : undefined;
    },

    read(after, filter) {
      const key = keyOf(after, filter);
      const underWay = reading.get(key) ?? readPage(after, filter).finally(() => reading.delete(key));
      reading.set(key, underWay);
      return underWay;
    },
  };
}

const keyOf = (after: bigint, { key }: PreparedFilter): string => `${after} ${key}`;

/** A page in batches: at least one, and the last one has the page's cursor. */
function* cut(page: Page): Generator<{ batch: EventBatch; bytes: number }> {
  let events: RecordedEvent[] = [];
  let bytes = 0;
  for (const event of page.events) {
    const size = EVENT_BYTES + JSON.stringify(event.data).length;
    const last = events.at(-1);
    if (last && (events.length === BATCH_EVENTS || bytes + size > BATCH_BYTES)) {
      yield { batch: { events, cursor: last.position, caughtUp: false }, bytes };
      [events, bytes] = [[], 0];
    }
    events.push(event);
    bytes += size;
  }
  yield { batch: toBatch({ ...page, events }), bytes: bytes + EVENT_BYTES };
}
