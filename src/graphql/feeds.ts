import type { Tail } from '../log/tail.ts';
import type { PlacedRow, ReadModel } from '../projections/read-model.ts';
import { createBatches, type EventBatch } from './feeds/batches.ts';
import { type EventFeedOptions, eventFeed } from './feeds/event-feed.ts';
import type { Feed } from './feeds/feed.ts';
import { createRounds } from './feeds/rounds.ts';
import { rowFeed, type VersionedRow } from './feeds/row-feed.ts';

/** What subscriptions can be made of. Feeds that are at the same place yield the same objects. */
export interface Feeds {
  /** Everything after a position that a filter lets through, from the log and then live. */
  events(options: EventFeedOptions): Feed<EventBatch>;
  /** A row now, and again each time an event of its stream has changed it; never older than what was sent before. */
  row<R extends VersionedRow>(model: ReadModel<R>, place: { key: string; streamId: string }): Feed<PlacedRow<R>>;
  close(): void;
}

/** @param heartbeatMs how often a feed whose cursor moves without events says so */
export function createFeeds({ tail, heartbeatMs }: { tail: Tail; heartbeatMs: number }): Feeds {
  const batches = createBatches(tail);
  const rounds = createRounds();
  // One for all: thousands of feeds need not have a timer each.
  const heartbeat = setInterval(() => tail.tell(), heartbeatMs);
  return {
    events: (options) => eventFeed({ tail, batches, rounds, heartbeatMs }, options),
    row: (model, place) => rowFeed(tail, model, place),
    close() {
      clearInterval(heartbeat);
      rounds.close();
    },
  };
}
