import { LRUCache } from 'lru-cache';
import { type AnyDecider, fold, type Versioned } from '../eventsourcing/decider.ts';
import type { LogReader } from './reader.ts';
import type { Snapshots } from './snapshots.ts';
import type { Tail } from './tail.ts';

/** The states of aggregates, folded from their streams and kept in a bounded cache that the tail keeps true. */
export interface States {
  /** From the cache or the log. It may be behind; the guard of an append finds out. */
  load(decider: AnyDecider, streamId: string): Promise<Versioned<unknown>>;
  /** Brings a state up to the log. */
  reload(decider: AnyDecider, streamId: string): Promise<Versioned<unknown>>;
  /** Keeps a state that was just committed, unless a later one is there. */
  keep(decider: AnyDecider, streamId: string, state: Versioned<unknown>): void;
  /** Forgets a state that the log contradicts, wherever it is kept. */
  evict(streamId: string): Promise<void>;
}

export interface StatesOptions {
  readonly reader: LogReader;
  readonly tail: Tail;
  readonly snapshots: Snapshots;
  /** States kept; the one that was not used for the longest time goes first. */
  readonly capacity: number;
}

const READ_PAGE = 1_000;

export function createStates({ reader, tail, snapshots, capacity }: StatesOptions): States {
  const cache = new LRUCache<string, Versioned<unknown> & { decider: AnyDecider }>({ max: capacity });

  tail.onEvents((events) => {
    for (const event of events) {
      const cached = cache.peek(event.streamId);
      if (!cached || event.version <= cached.version) continue;
      // Whatever cannot be brought forward here is loaded when it is needed, and fails there if it must.
      cache.delete(event.streamId);
      if (event.version !== cached.version + 1) continue;
      const { decider } = cached;
      const next = fold(decider, cached, [event]);
      cache.set(event.streamId, { decider, ...next });
      snapshots.offer(decider, event.streamId, cached.version, next);
    }
  });

  function keep(decider: AnyDecider, streamId: string, { state, version }: Versioned<unknown>): void {
    if (version > (cache.peek(streamId)?.version ?? 0)) cache.set(streamId, { decider, state, version });
  }

  async function reload(decider: AnyDecider, streamId: string): Promise<Versioned<unknown>> {
    const cached = cache.get(streamId);
    const { from, events } = cached
      ? { from: cached, events: await reader.stream(streamId, cached.version, READ_PAGE) }
      : await snapshots.load(decider, streamId, READ_PAGE);
    let current: Versioned<unknown> = fold(decider, from, events);
    for (let read = events.length; read === READ_PAGE; ) {
      const more = await reader.stream(streamId, current.version, READ_PAGE);
      current = fold(decider, current, more);
      read = more.length;
    }
    keep(decider, streamId, current);
    snapshots.offer(decider, streamId, from.version, current);
    return current;
  }

  return {
    load: async (decider, streamId) => cache.get(streamId) ?? reload(decider, streamId),
    reload,
    keep,
    async evict(streamId) {
      cache.delete(streamId);
      await snapshots.forget(streamId);
    },
  };
}
