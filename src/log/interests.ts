import type { RecordedEvent } from '../eventsourcing/event.ts';
import { named, type PreparedFilter } from './filter.ts';

/** A reader that has seen everything up to a position and waits for more. */
export interface Waiter {
  readonly after: bigint;
  /** Called once: up to `clear` there is nothing for it. */
  wake(clear: bigint): void;
}

/** Who waits for what. An event is tested by those filters only that name something of it. */
export interface Interests {
  join(filter: PreparedFilter, waiter: Waiter): void;
  leave(filter: PreparedFilter, waiter: Waiter): void;
  /** Wakes whoever waits for one of these events, which follow the position `before`. */
  wake(events: readonly RecordedEvent[], before: bigint): void;
  /** Wakes whoever is behind the head: none of the events that came by were for it. */
  tell(head: bigint): void;
}

/** Readers whose filters are equal wait together. */
interface Interest {
  readonly filter: PreparedFilter;
  readonly waiting: Set<Waiter>;
}

type Index = Map<string, Set<Interest>>;

export function createInterests(): Interests {
  const interests = new Map<string, Interest>();
  /** Of each interest by one list of its filter: the one that likely names the fewest events. */
  const indexes = { streamIds: new Map(), actors: new Map(), types: new Map(), categories: new Map() } satisfies Record<
    keyof typeof named,
    Index
  >;
  const indexed = Object.entries(indexes) as [keyof typeof named, Index][];
  const inEverything = new Set<Interest>();

  /** The sets that an interest is in. */
  function* placesOf({ filter }: Interest): Generator<[Set<Interest>, remove: () => void]> {
    const [list, index] = indexed.find(([list]) => filter.filter[list]) ?? [];
    if (!list || !index) return yield [inEverything, () => undefined];
    for (const name of new Set(filter.filter[list])) {
      const place = index.get(name) ?? new Set();
      index.set(name, place);
      yield [place, () => index.delete(name)];
    }
  }

  function drop(interest: Interest, waiter: Waiter): void {
    interest.waiting.delete(waiter);
    if (interest.waiting.size > 0) return;
    interests.delete(interest.filter.key);
    for (const [place, remove] of placesOf(interest)) {
      place.delete(interest);
      if (place.size === 0) remove();
    }
  }

  function wakeAll(interest: Interest, head: bigint, clear: bigint): void {
    for (const waiter of interest.waiting) {
      if (waiter.after >= head) continue;
      drop(interest, waiter);
      waiter.wake(clear > waiter.after ? clear : waiter.after);
    }
  }

  return {
    join(filter, waiter) {
      let interest = interests.get(filter.key);
      if (!interest) {
        interest = { filter, waiting: new Set() };
        interests.set(filter.key, interest);
        for (const [place] of placesOf(interest)) place.add(interest);
      }
      interest.waiting.add(waiter);
    },

    leave(filter, waiter) {
      const interest = interests.get(filter.key);
      if (interest) drop(interest, waiter);
    },

    wake(events, before) {
      const touched = new Set<Interest>(inEverything);
      for (const event of events) {
        for (const [list, index] of indexed) {
          const name = index.size > 0 ? named[list](event) : null;
          for (const interest of (name !== null && index.get(name)) || []) {
            if (!touched.has(interest) && interest.filter.matches(event)) touched.add(interest);
          }
        }
      }
      const head = events.at(-1)?.position ?? before;
      for (const interest of touched) wakeAll(interest, head, before);
    },

    tell(head) {
      for (const interest of interests.values()) wakeAll(interest, head, head);
    },
  };
}
