import { setTimeout as sleep } from 'node:timers/promises';
import type { Postmaster } from './postmaster.ts';

export interface Supervision {
  /** Ends the watch and then the server. */
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  start: () => Promise<Postmaster>;
  stop: (postmaster: Postmaster) => Promise<void>;
  log: (line: string) => void;
  onFatal: (error: Error) => void;
  /** Aborted by `stop`; `start` must give up on it. */
  stopping: AbortController;
}

/** Waits before each new try. When they are used up, that is told once, and the last one goes on: a full disk passes. */
const WAITS_MS = [0, 250, 500, 1_000, 2_000, 4_000, 8_000];
/** A server that ran for so long was well: a later crash is a new story with all its tries. */
const WELL_MS = 60_000;

/** Starts the server again whenever it ends without our doing. */
export function supervise(first: Postmaster, options: SupervisorOptions): Supervision {
  const { start, stop, log, onFatal, stopping } = options;
  let current: Postmaster | undefined = first;
  let tries = 0;

  async function watch() {
    while (current && !stopping.signal.aborted) {
      const since = Date.now();
      const how = await current.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - since > WELL_MS) tries = 0;
      log(`PostgreSQL (pid ${current.pid}) ended unexpectedly (${how}): starting it again.`);
      current = undefined;
      current = await restart(how);
    }
  }

  async function restart(why: string): Promise<Postmaster | undefined> {
    let reason = why;
    for (;;) {
      const wait = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
      if (tries++ === WAITS_MS.length) {
        const message = `PostgreSQL cannot be kept running, ${WAITS_MS.length} tries failed, more follow: ${reason}`;
        log(message);
        onFatal(new Error(message));
      }
      try {
        await sleep(wait, undefined, { signal: stopping.signal });
        const postmaster = await start();
        log(`PostgreSQL (pid ${postmaster.pid}) is running again.`);
        return postmaster;
      } catch (error) {
        if (stopping.signal.aborted) return undefined;
        reason = error instanceof Error ? error.message : String(error);
        log(`Starting PostgreSQL again failed: ${reason}`);
      }
    }
  }

  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      // A start under way gives up first, or ends as `current`: either way nothing starts behind our back.
      if (!current) await watching;
      if (current) await stop(current);
      await watching;
    },
  };
}
