import type { Row } from '../../eventsourcing/projection.ts';
import { prepare } from '../../log/filter.ts';
import type { Tail } from '../../log/tail.ts';
import { pause } from '../../projections/pause.ts';
import type { PlacedRow, ReadModel } from '../../projections/read-model.ts';
import { type Feed, feed, patiently } from './feed.ts';

/** A row that tells which version of its stream it shows. */
export type VersionedRow = Row & { readonly version: number };

/** Events read at once to find those of one stream. */
const PAGE_EVENTS = 500;

/** Before a table is looked at again that was put back, ms. */
const BEHIND_MS = 50;

/** A row now, and again each time an event of its stream has changed it; never older than what was sent before. */
export const rowFeed = <R extends VersionedRow>(
  tail: Tail,
  model: ReadModel<R>,
  { key, streamId }: { key: string; streamId: string },
): Feed<PlacedRow<R>> =>
  feed(async function* (signal) {
    const filter = prepare({ streamIds: [streamId] });
    let cursor = tail.head;
    let sent: number | null | undefined;
    while (!signal.aborted) {
      await model.reached(cursor, signal);
      const placed = await patiently(signal, () => model.placedRow(key));
      if (signal.aborted || !placed) return;
      // Its table was put back to an older one, which nobody may have told this process yet: it has to get here first.
      if (placed.position < cursor) {
        await pause(BEHIND_MS, signal);
        continue;
      }
      const version = placed.row?.version ?? null;
      if (version !== sent) {
        sent = version;
        yield placed;
      }
      cursor = placed.position;
      for (let touched = false; !touched && !signal.aborted; ) {
        cursor = await tail.past(cursor, signal, filter);
        const page = await patiently(signal, () => tail.page(cursor, PAGE_EVENTS, filter.filter));
        if (!page) return;
        cursor = page.cursor;
        touched = page.events.length > 0;
      }
    }
  });
