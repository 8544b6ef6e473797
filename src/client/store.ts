/** Where a cursor outlives the client. What either function throws ends the iteration. */
export interface CursorStore {
  /** The cursor that was saved last, or null if there is none. */
  load(): string | null | undefined | PromiseLike<string | null | undefined>;
  /** Keeps the cursor of a batch that is finished. One call at a time, each with a later cursor. */
  save(cursor: string): void | PromiseLike<void>;
}

interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Keeps it in a browser's `localStorage`, which all tabs share: give each that follows the log by itself its own key. */
export function localStorageStore(key: string): CursorStore {
  const storage = () => (globalThis as unknown as { localStorage: WebStorage }).localStorage;
  return {
    load: () => storage().getItem(key),
    save: (cursor) => storage().setItem(key, cursor),
  };
}
