import type { Postgres } from './postgres.ts';

export interface RunOptions {
  /** Where each server under test gets a database of its own. */
  readonly postgres: Postgres;
  /** Length of one round. */
  readonly seconds: number;
  /** Rounds per server and load; medians count. */
  readonly rounds: number;
  /** Also what takes very long. */
  readonly full: boolean;
  /** Fires when the user wants no more. */
  readonly signal: AbortSignal;
  /** Takes progress, for people. */
  log(line: string): void;
}

/** One file of this folder. */
export interface Benchmark {
  readonly name: string;
  /** What is measured, in one line. */
  readonly title: string;
  /**
   * Resolves with the result as a table.
   * @throws when any answer was not the expected one, or the database does not hold what was answered
   */
  run(options: RunOptions): Promise<string>;
}
