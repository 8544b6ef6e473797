/** How long to wait before each new attempt, ms. */
export interface Backoff {
  next(): number;
  /** An attempt has succeeded: the next failure is a first one. */
  reset(): void;
}

/**
 * Twice as long each time, up to a limit, and at random between half of it and all: after a restart of the server its
 * clients do not come back all at once.
 */
export function createBackoff({ minMs = 500, maxMs = 30_000 }: { minMs?: number; maxMs?: number } = {}): Backoff {
  let failures = 0;
  return {
    next() {
      const whole = Math.min(maxMs, minMs * 2 ** failures++);
      return whole * (0.5 + Math.random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
