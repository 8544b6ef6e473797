import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../database/client.ts';

export interface RetentionOptions {
  readonly database: Queryable;
  /** Age at which the record of a command is forgotten, days, at least 1; 0 keeps all. */
  readonly days: number;
  /** How often to look for such records, ms. */
  readonly everyMs: number;
  onError(error: unknown): void;
}

/** Records forgotten in one statement. */
const AT_ONCE = 1_000;
/** Pause between two statements, ms: clearing up may take its time. */
const PAUSE_MS = 50;
const DAY_MS = 86_400_000;

/**
 * Forgets the records of commands that are older than the retention, a few at a time. A retry of such a command is a new
 * command. Every server does it; records that another one is forgetting are left to it.
 */
export function startRetention(options: RetentionOptions): { close(): Promise<void> } {
  const { database, days, everyMs, onError } = options;
  const stop = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);

  async function purge(): Promise<void> {
    const before = new Date(Date.now() - days * DAY_MS);
    for (let purged = AT_ONCE; purged === AT_ONCE && !stop.signal.aborted; await pause(PAUSE_MS)) {
      const [row] = await database.$queryRaw<{ purged: number }[]>`
        SELECT purge_commands(${before}::timestamptz, ${AT_ONCE}::int) AS purged`;
      purged = row?.purged ?? 0;
    }
  }

  async function run(): Promise<void> {
    while (days > 0 && !stop.signal.aborted) {
      await purge().catch(onError);
      await pause(everyMs);
    }
  }
  const running = run();

  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
