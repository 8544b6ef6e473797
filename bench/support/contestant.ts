import type { Calls } from './closed-loop.ts';
import { startWorker, type Worker } from './worker.ts';

/** What a file of `contestants/` exports: it makes the database ready, and offers operations to measure. */
export type Open = (databaseUrl: string) => Promise<{
  /** Each call waits for its answer. @throws when that is not the expected one */
  readonly operations: Readonly<Record<string, () => Promise<void>>>;
  /** Called before each round. */
  pause?(): void;
  /** What was counted so far, by name. */
  spent?(): Counted;
  close(): Promise<unknown>;
}>;

export type Counted = Readonly<Record<string, number>>;

export interface Job {
  readonly operation: string;
  readonly callers: number;
  readonly seconds: number;
}

/** A round, with what a contestant counted in it. */
export interface Round extends Calls {
  readonly spent: Counted;
}

/** Starts a file of `contestants/` in a process of its own. */
export const startContestant = (name: string, databaseUrl: string, signal: AbortSignal): Promise<Worker<Job, Round>> =>
  startWorker(new URL('./contestant-process.ts', import.meta.url), [name, databaseUrl], signal);
