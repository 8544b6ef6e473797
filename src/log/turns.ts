/** Runs work that shares a key one at a time, in the order of arrival; work under other keys is not held up. */
export type Turns = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (keys, work) => {
    // All keys are queued for at the same moment, so no two can wait for each other.
    const before = keys.flatMap((key) => last.get(key) ?? []);
    const turn = before.length > 0 ? Promise.allSettled(before).then(work) : work();
    for (const key of keys) last.set(key, turn);
    try {
      return await turn;
    } finally {
      for (const key of keys) {
        if (last.get(key) === turn) last.delete(key);
      }
    }
  };
}
