import type { Database, JsonQueries, Queryable } from '../database/client.ts';
import type { AnyProjection } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import type { Tail } from '../log/tail.ts';
import { firstCheckpoint, readCheckpoint } from './checkpoints.ts';
import { createPast } from './past.ts';
import { createProgress, type Progress } from './progress.ts';
import { createReadModel, type ReadModel } from './read-model.ts';
import { type Runner, startRunner } from './runner.ts';
import { describeTable, type Table } from './table.ts';

export interface WorkerOptions {
  readonly database: Database;
  /** Where read tables are read, if not there: a replica. */
  readonly replica?: (Queryable & JsonQueries) | undefined;
  readonly reader: LogReader;
  readonly tail: Tail;
  readonly limits: WorkerLimits;
  /** Called with what is in trouble and why; it is tried again by itself. */
  onError(what: string, error: unknown): void;
}

export interface WorkerLimits {
  /** Events folded in one transaction. */
  readonly batchEvents: number;
  /** How long `minPosition` is waited for, ms. */
  readonly waitMs: number;
}

/** One projection at work. */
export interface Worker {
  readonly projection: AnyProjection;
  readonly table: Table;
  readonly runner: Runner;
  readonly progress: Progress;
  /** The same, where read tables are read. */
  readonly readable: Progress;
  readonly model: ReadModel;
}

/** Starts to follow the log with one projection. */
export async function startWorker(options: WorkerOptions, projection: AnyProjection): Promise<Worker> {
  const { database, replica, reader, tail, limits } = options;
  const { name } = projection;
  const onError = (error: unknown) => options.onError(`projection ${name}`, error);
  const table = await describeTable(database, projection);
  await firstCheckpoint(database, projection);
  const asking = (where: Queryable) => () => readCheckpoint(where, name, 'live');
  const progress = createProgress({ ask: asking(database), onError });
  const readable = replica ? createProgress({ ask: asking(replica), onError }) : progress;
  const runner = await startRunner({
    ...{ database, tail, projection, table, progress, onError },
    batchEvents: limits.batchEvents,
  });
  const past = createPast({ reader, projection, leaveOut: () => runner.seen.leaveOut });
  const model = createReadModel({
    ...{ projection, table, past, reader, tail, progress: readable, waitMs: limits.waitMs },
    reading: replica ?? database,
  });
  return { projection, table, runner, progress, readable, model };
}
