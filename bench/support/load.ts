import { startWorker, type Worker } from './worker.ts';

/** 2025 began, ms since 1970. */
export const START = Date.UTC(2025, 0, 1);

/** Requests to send as fast as they are answered: on each connection the next one leaves when an answer is in. */
export interface Job {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /**
   * The JSON to post. `<unique>` becomes a text that no other request of any job has, `<number>` a random number,
   * `<next>` the one after it, `<hex>` its twelve hexadecimal digits, `<time>` so many seconds after START, and what stands
   * between `<base64url>` and `</base64url>` is encoded so.
   */
  readonly body: string;
  /** What an expected answer contains, with the same texts in these places. */
  readonly expect: readonly string[];
  /** Random numbers go from 1 to this. Default: 1. */
  readonly numbers?: number;
}

/** All requests of a job were answered as expected, each one. */
export interface Load {
  readonly answers: number;
  readonly perSecond: number;
  /** Latencies, ms. */
  readonly p50: number;
  readonly p99: number;
}

/** It fails on the first error or unexpected answer, with that answer. */
export type LoadGenerator = Worker<Job, Load>;

/** Starts the process that makes the load; one for all jobs, so that each finds it warm. */
export const startLoadGenerator = (signal: AbortSignal): Promise<LoadGenerator> =>
  startWorker(new URL('./load-process.ts', import.meta.url), [], signal);
