import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type EventFilter, filterOf, type PreparedFilter, prepare } from './filter.ts';
import { createInterests } from './interests.ts';
import type { LogReader, Page } from './reader.ts';
import { onStop } from './stops.ts';

/** The recent log in memory, kept up to date, and the place where every reader waits for more. */
export interface Tail {
  /** The last position in memory: committed, and everything before it too. */
  readonly head: bigint;
  /** Takes what this process has just committed, in order. */
  offer(events: readonly RecordedEvent[]): void;
  /** Somebody says that the log reaches this far; what is missing is read from it. */
  hint(position: bigint): void;
  /** Asks the log itself how far it reaches, and follows. */
  refresh(): Promise<bigint>;
  /** The next events after a position: from memory when they are there, from the log when not, and then up to `bytes`. */
  page(after: bigint, limit: number, filter?: EventFilter, bytes?: number): Promise<Page>;
  /**
   * Resolves once an event past a position has come that the filter lets through, or {@link tell} or the signal says so:
   * with the position up to which there is none.
   */
  past(position: bigint, signal: AbortSignal, filter?: PreparedFilter): Promise<bigint>;
  /** Lets whoever waits go on from the head, though nothing was for it. */
  tell(): void;
  /** Calls back with all events from now on, in order, before anybody who waits is woken. */
  onEvents(listener: (events: readonly RecordedEvent[]) => void): void;
  /** Follows the log no more. Whoever waits does so until its signal fires. */
  close(): void;
}

export interface TailOptions {
  readonly reader: LogReader;
  /** Where the log ends now. */
  readonly head: bigint;
  /** Events kept in memory; older ones are read from the log. */
  readonly capacity: number;
  /** Called when the log cannot be read; the next hint or refresh tries again. */
  onError(error: unknown): void;
}

const READ_PAGE = 1_000;

const everything = prepare();

export function createTail({ reader, head: start, capacity, onError }: TailOptions): Tail {
  /** A contiguous piece of the log that ends at `head`. */
  let recent: RecordedEvent[] = [];
  let head = start;
  let known = start;
  let following = false;
  let closed = false;
  const interests = createInterests();
  const listeners: ((events: readonly RecordedEvent[]) => void)[] = [];

  function push(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    recent.push(...events);
    // Cutting only at twice the capacity makes the cost per event constant.
    if (recent.length > 2 * capacity) recent = recent.slice(-capacity);
    const before = head;
    head = last.position;
    if (known < head) known = head;
    for (const listener of listeners) {
      try {
        listener(events);
      } catch (error) {
        // The events are committed and in the tail: whoever waits for them must be woken all the same.
        onError(error);
      }
    }
    interests.wake(events, before);
  }

  /** Reads what others committed until nothing that we know of is missing. One at a time. */
  async function follow(): Promise<void> {
    try {
      while (head < known && !closed) {
        const page = await reader.page(head, READ_PAGE);
        if (page.events.length === 0) return;
        // Meanwhile our own writer may have offered some of the same events.
        push(page.events.filter((event) => event.position > head));
      }
    } catch (error) {
      onError(error);
    } finally {
      // Before anybody else can run: a hint that came between would be lost.
      following = false;
    }
  }

  const tail: Tail = {
    get head() {
      return head;
    },

    offer(events) {
      const first = events[0];
      const last = events.at(-1);
      if (!first || !last) return;
      if (first.position === head + 1n) push(events);
      else tail.hint(last.position);
    },

    hint(position) {
      if (position > known) known = position;
      if (head >= known || following || closed) return;
      following = true;
      void follow();
    },

    async refresh() {
      const position = await reader.head();
      tail.hint(position);
      return position;
    },

    async page(after, limit, filter, bytes) {
      if (after === head) return { events: [], head, cursor: after };
      const first = recent[0];
      // A reader that comes from another process may be further than this one: the log alone knows what is after it.
      if (after > head || !first || after + 1n < first.position) return reader.page(after, limit, filter, bytes);
      const from = Number(after + 1n - first.position);
      if (!filter) {
        const events = recent.slice(from, from + limit);
        return { events, head, cursor: events.at(-1)?.position ?? after };
      }
      const matches = filterOf(filter);
      const events: RecordedEvent[] = [];
      for (const event of recent.slice(from)) {
        if (matches(event) && events.push(event) === limit) return { events, head, cursor: event.position };
      }
      return { events, head, cursor: head };
    },

    past(position, signal, filter = everything) {
      if (head > position || signal.aborted) return Promise.resolve(position);
      return new Promise((resolve) => {
        const waiter = {
          after: position,
          wake(clear: bigint) {
            forget();
            resolve(clear);
          },
        };
        const forget = onStop(signal, () => {
          interests.leave(filter, waiter);
          waiter.wake(position);
        });
        interests.join(filter, waiter);
      });
    },

    tell: () => interests.tell(head),

    onEvents(listener) {
      listeners.push(listener);
    },

    close() {
      closed = true;
    },
  };
  return tail;
}
