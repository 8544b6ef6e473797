/** What has arrived and was not taken yet: never more than a set number. */
export interface Inbox<T> {
  /** Does nothing once it was full: the rest can be asked for again. */
  put(item: T): void;
  /** Nothing more will arrive, and why; what has arrived is still there to be taken. */
  fail(error: unknown): void;
  /** The next one, or null when it was full and all is taken. For one at a time. @throws what it has failed with */
  take(): Promise<T | null>;
}

/** @param onFull called once, when as many wait as may */
export function createInbox<T>(limit: number, onFull: () => void): Inbox<T> {
  const items: T[] = [];
  let full = false;
  let failure: { readonly error: unknown } | null = null;
  let wake: () => void = () => {};
  return {
    put(item) {
      if (full || failure) return;
      items.push(item);
      full = items.length >= limit;
      if (full) onFull();
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    async take() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        if (failure) throw failure.error;
        if (full) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
