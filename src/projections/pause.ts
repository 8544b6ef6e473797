import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so long (ms), or until the signal fires. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
