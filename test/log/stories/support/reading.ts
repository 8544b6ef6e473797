import type { RecordedEvent } from '../../../../src/eventsourcing/event.ts';
import type { EventFilter } from '../../../../src/log/filter.ts';
import type { openLog } from '../../../support/log.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

/** Follows the log by the cursors that it is given, page by page, until it has seen `count` events. */
export async function follow(
  page: Log['reader']['page'],
  { count, limit, filter }: { count: number; limit: number; filter?: EventFilter },
): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for (let cursor = 0n; seen.length < count; ) {
    const found = await page(cursor, limit, filter);
    seen.push(...found.events);
    cursor = found.cursor;
    // The other processes of this test want a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return seen;
}

export const positionsOf = (events: readonly RecordedEvent[]) => events.map((event) => Number(event.position));

export const oneTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
