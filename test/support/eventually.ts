import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for as long as the test may run: a slow machine is no failure. Errors count as "not yet". */
export async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      const result = await attempt();
      if (result) return result;
    } catch {}
    await sleep(25);
  }
}
