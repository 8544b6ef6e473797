import type { Row } from '../../eventsourcing/projection.ts';
import { prepare } from '../../log/filter.ts';
import type { Tail } from '../../log/tail.ts';
import { pause } from '../../projections/pause.ts';
import type { ReadModel } from '../../projections/read-model.ts';
import { type Feed, feed, patiently } from './feed.ts';

/** A row, and a position of the log that it is at least as new as. */
export interface RowUpdate<R> {
  readonly row: R | null;
  readonly position: bigint;
}

/** A row that tells which version of its stream it shows. */
export type VersionedRow = Row & { readonly version: number };

/** Events read at once to find those of one stream. */
const PAGE_EVENTS = 500;

/** Before a row is read again that was older than one that was sent, ms. */
const OLDER_MS = 50;

/** The updates of rows that several feeds got by one load: they yield the same object, which is made into a message once. */
const shared = new WeakMap<object, RowUpdate<never>>();

function updateOf<R extends VersionedRow>(row: R | null, position: bigint): RowUpdate<R> {
  const known = row && shared.get(row);
  if (known && known.position >= position) return known;
  const update = { row, position };
  if (row) shared.set(row, update as unknown as RowUpdate<never>);
  return update;
}

/** A row now, and again each time an event of its stream has changed it; never older than what was sent before. */
export const rowFeed = <R extends VersionedRow>(
  tail: Tail,
  model: ReadModel<R>,
  { key, streamId }: { key: string; streamId: string },
): Feed<RowUpdate<R>> =>
  feed(async function* (signal) {
    const filter = prepare({ streamIds: [streamId] });
    let cursor = tail.head;
    let sent: number | null | undefined;
    while (!signal.aborted) {
      await model.reached(cursor, signal);
      // Read before the row: the row is at least this new.
      const { position } = model;
      const row = await patiently(signal, () => model.row(key));
      if (signal.aborted || row === undefined) return;
      // The read table was put back to an older one meanwhile: it has to get here first.
      if (model.position < cursor || (row && sent && row.version < sent)) {
        await pause(OLDER_MS, signal);
        continue;
      }
      const version = row?.version ?? null;
      if (version !== sent) {
        sent = version;
        yield updateOf(row, position);
      }
      if (position > cursor) cursor = position;
      for (let touched = false; !touched && !signal.aborted; ) {
        cursor = await tail.past(cursor, signal, filter);
        const page = await patiently(signal, () => tail.page(cursor, PAGE_EVENTS, filter.filter));
        if (!page) return;
        cursor = page.cursor;
        touched = page.events.length > 0;
      }
    }
  });
