import { LRUCache } from 'lru-cache';
import { type AnyDecider, fold, type Versioned } from '../eventsourcing/decider.ts';
import type { LogReader } from './reader.ts';
import type { Tail } from './tail.ts';

/** The states of aggregates, folded from their streams and kept in a bounded cache that the tail keeps true. */
export interface States {
  /** From the cache or the log. It may be behind; the guard of an append finds out. */
  load(decider: AnyDecider, streamId: string): Promise<Versioned<unknown>>;
  /** Brings a state up to the log. */
  reload(decider: AnyDecider, streamId: string): Promise<Versioned<unknown>>;
  /** Keeps a state that was just committed, unless a later one is there. */
  keep(decider: AnyDecider, streamId: string, state: Versioned<unknown>): void;
}

const READ_PAGE = 1_000;

export function createStates(options: { reader: LogReader; tail: Tail; capacity: number }): States {
  const { reader, tail, capacity } = options;
  const cache = new LRUCache<string, Versioned<unknown> & { decider: AnyDecider }>({ max: capacity });

  tail.onEvents((events) => {
    for (const event of events) {
      const cached = cache.peek(event.streamId);
      if (!cached || event.version <= cached.version) continue;
      // Whatever cannot be brought forward here is loaded when it is needed, and fails there if it must.
      cache.delete(event.streamId);
      if (event.version === cached.version + 1) {
        cache.set(event.streamId, { decider: cached.decider, ...fold(cached.decider, cached, [event]) });
      }
    }
  });

  const states: States = {
    async load(decider, streamId) {
      return cache.get(streamId) ?? states.reload(decider, streamId);
    },

    async reload(decider, streamId) {
      let current: Versioned<unknown> = cache.get(streamId) ?? { state: decider.initialState, version: 0 };
      for (;;) {
        const events = await reader.stream(streamId, current.version, READ_PAGE);
        current = fold(decider, current, events);
        if (events.length < READ_PAGE) break;
      }
      states.keep(decider, streamId, current);
      return current;
    },

    keep(decider, streamId, { state, version }) {
      if (version > (cache.peek(streamId)?.version ?? 0)) cache.set(streamId, { decider, state, version });
    },
  };
  return states;
}
