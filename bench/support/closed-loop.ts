import { percentile } from './statistics.ts';

/** All calls of a round, each one answered as expected. */
export interface Calls {
  readonly answers: number;
  readonly perSecond: number;
  /** Latencies, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Memory of the process afterwards, without garbage, MB. */
  readonly rss: number;
}

/** Callers that each make the next call when the last one is answered, at least one; all answers are waited for. */
export async function closedLoop(call: () => Promise<void>, callers: number, seconds: number): Promise<Calls> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  async function caller(): Promise<void> {
    let since = start;
    do {
      await call();
      const now = performance.now();
      latencies.push(now - since);
      since = now;
    } while (since < end);
  }
  await Promise.all(Array.from({ length: callers }, caller));
  const took = (performance.now() - start) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  globalThis.gc?.();
  return {
    answers: sorted.length,
    perSecond: sorted.length / took,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    rss: process.memoryUsage.rss() / 1e6,
  };
}
