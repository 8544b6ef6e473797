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

/** Events read at once, and bytes of their payloads: a few batches, for whoever goes slowly finds them no longer kept. */
const PAGE_EVENTS = 500;
const PAGE_BYTES = 192 * 2 ** 10;
/** Bytes of one batch, about, unless a single event has more: what a subscriber that does not read costs. */
const BATCH_BYTES = 64 * 2 ** 10;
/** Bytes of an event besides its payload, about. */
const EVENT_BYTES = 400;
/** Bytes of the batches that are kept for others who ask for them, about; those that were asked for last. */
const KEPT_BYTES = 16 * 2 ** 20;
/** Bytes of one page's batches, about: pages that are in memory, or were compressed, may have more than can be kept. */
const CUT_BYTES = KEPT_BYTES / 4;

interface Kept {
  readonly batch: EventBatch;
  /** Where the next page begins, in the first batch of a page. */
  readonly ahead: bigint | null;
}

export function createBatches(tail: Tail): Batches {
  const kept = new LRUCache<string, Kept>({ maxSize: KEPT_BYTES });
  const reading = new Map<string, Promise<EventBatch>>();

  function known(after: bigint, filter: PreparedFilter): EventBatch | undefined {
    const found = kept.get(keyOf(after, filter));
    if (!found) return undefined;
    const { batch, ahead } = found;
    // Whoever begins a page is likely to want the next one, and should not have to wait for it.
    if (ahead !== null && !kept.has(keyOf(ahead, filter))) read(ahead, filter).catch(() => undefined);
    // A batch that ended at the head is all there is only as long as that is the head.
    return !batch.caughtUp || batch.cursor === tail.head ? batch : undefined;
  }

  function read(after: bigint, filter: PreparedFilter): Promise<EventBatch> {
    const key = keyOf(after, filter);
    const underWay = reading.get(key) ?? readPage(after, filter).finally(() => reading.delete(key));
    reading.set(key, underWay);
    return underWay;
  }

  async function readPage(after: bigint, filter: PreparedFilter): Promise<EventBatch> {
    const page = await tail.page(after, PAGE_EVENTS, filter.filter, PAGE_BYTES);
    const batches = cut(page);
    const { cursor, caughtUp } = batches[batches.length - 1]?.batch ?? toBatch(page);
    let from = after;
    for (const { batch, bytes } of batches) {
      const ahead = from === after && !caughtUp ? cursor : null;
      const key = keyOf(from, filter);
      // A filter may be longer than what it lets through.
      kept.set(key, { batch, ahead }, { size: bytes + key.length });
      from = batch.cursor;
    }
    return batches[0].batch;
  }

  return { known, read };
}

const keyOf = (after: bigint, { key }: PreparedFilter): string => `${after} ${key}`;

interface Weighed {
  readonly batch: EventBatch;
  readonly bytes: number;
}

/**
 * A page in batches. Of one that ends before the head, or is very big, what is left after full batches is not among them.
 */
function cut(page: Page): [Weighed, ...Weighed[]] {
  const full: Weighed[] = [];
  let events: RecordedEvent[] = [];
  let bytes = 0;
  let cutBytes = 0;
  for (const event of page.events) {
    const size = EVENT_BYTES + JSON.stringify(event.data).length;
    const last = events.at(-1);
    if (last && bytes + size > BATCH_BYTES) {
      full.push({ batch: { events, cursor: last.position, caughtUp: false }, bytes });
      cutBytes += bytes;
      [events, bytes] = [[], 0];
      if (cutBytes >= CUT_BYTES) return full as [Weighed, ...Weighed[]];
    }
    events.push(event);
    bytes += size;
  }
  const rest = { batch: toBatch({ ...page, events }), bytes: bytes + EVENT_BYTES };
  const [first, ...more] = full;
  if (!first) return [rest];
  return rest.batch.caughtUp ? [first, ...more, rest] : [first, ...more];
}
