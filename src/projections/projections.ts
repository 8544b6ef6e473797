import type { Database, JsonQueries, Queryable } from '../database/client.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { type AnyProjection, type Row, versionOf } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import type { Tail } from '../log/tail.ts';
import { createTurns } from '../log/turns.ts';
import { type Checkpoint, firstCheckpoint, readCheckpoint, readCheckpoints } from './checkpoints.ts';
import { recordDrift } from './drift.ts';
import { createOperator, type Operator } from './operator.ts';
import { createPast } from './past.ts';
import { pause } from './pause.ts';
import { createProgress, type Progress } from './progress.ts';
import { createReadModel, type ReadModel } from './read-model.ts';
import { rebuild } from './rebuild.ts';
import { requestRebuild } from './request.ts';
import { type Runner, startRunner } from './runner.ts';
import { runSampler } from './sampler.ts';
import { describeTable, type Table } from './table.ts';

/** How fresh a read table is, as far as this process knows: what is read from now on is at least this new. */
export interface Freshness {
  readonly name: string;
  readonly position: bigint;
  readonly head: bigint;
  readonly lag: number;
}

/** The projections as one process has them. */
export interface Projections extends Omit<Operator, 'rebuild'> {
  /** @throws for a projection that no module lists */
  readModel<R extends Row>(projection: AnyProjection): ReadModel<R>;
  freshness(): Freshness[];
  close(): Promise<void>;
}

/** Every bound of the projections. `projectionLimits` in config.ts says which setting is which. */
export interface ProjectionLimits {
  /** Events folded in one transaction. */
  readonly batchEvents: number;
  /** How long `minPosition` is waited for, ms. */
  readonly waitMs: number;
  /** How often checkpoints are looked at for what other processes did, ms. */
  readonly pollMs: number;
  /** Events folded in a second, on average, to compare rows with the log; 0 for none. */
  readonly verifyEventsPerSecond: number;
}

export interface ProjectionsOptions {
  readonly database: Database;
  /** Where read tables are read, if not there: a replica. */
  readonly replica?: (Queryable & JsonQueries) | undefined;
  /** A pool for statements that take as long as a big table needs; it is closed when no longer needed. */
  openForRebuild(): Database;
  readonly reader: LogReader;
  readonly tail: Tail;
  readonly projections: readonly AnyProjection[];
  readonly limits: ProjectionLimits;
  log(line: string): void;
  /** Called with what is in trouble and why; it is tried again by itself. */
  onError(what: string, error: unknown): void;
}

/** A step of a rebuild, for which nobody waits, is so many of a runner's. */
const REBUILD_BATCHES = 5;

/** One projection at work. */
interface Worker {
  readonly projection: AnyProjection;
  readonly table: Table;
  readonly runner: Runner;
  readonly progress: Progress;
  /** The same, where read tables are read. */
  readonly readable: Progress;
  readonly model: ReadModel;
}

/** Starts the projections on a migrated database, and rebuilds those whose fold is of another version than their table. */
export async function startProjections(options: ProjectionsOptions): Promise<Projections> {
  const { database, replica, reader, tail, projections, limits, log } = options;
  const stop = new AbortController();
  const running = new Set<Promise<unknown>>();
  const workers = new Map<string, Worker>();
  /** Rebuilds of this process. One works at a time, and one that cannot go on does not hold up the others. */
  const rebuilds = new Map<string, Promise<void>>();
  const turns = createTurns();
  const about = (what: string) => (error: unknown) => options.onError(what, error);

  async function start(projection: AnyProjection): Promise<Worker> {
    const { name } = projection;
    const onError = about(`projection ${name}`);
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

  /** Works on a rebuild that was asked for, by whomever. */
  function work({ projection }: Worker): void {
    const { name } = projection;
    if (rebuilds.has(name) || stop.signal.aborted) return;
    async function run(): Promise<void> {
      log(`rebuilding the projection ${name}`);
      const own = options.openForRebuild();
      try {
        const onError = about(`rebuild of ${name}`);
        const batchEvents = REBUILD_BATCHES * limits.batchEvents;
        const inTurn = <T>(step: () => Promise<T>) => turns(['rebuild'], step);
        await rebuild({ database: own, reader, projection, batchEvents, signal: stop.signal, onError, inTurn });
        if (!stop.signal.aborted) log(`the projection ${name} is rebuilt`);
      } catch (error) {
        about(`rebuild of ${name}`)(error);
      } finally {
        rebuilds.delete(name);
        workers.get(name)?.runner.look();
        await own.$disconnect().catch(() => undefined);
      }
    }
    rebuilds.set(name, run());
  }

  /** Follows what other processes and operators did. */
  async function look(): Promise<void> {
    const checkpoints = await readCheckpoints(database);
    const elsewhere = replica ? await readCheckpoints(replica) : checkpoints;
    for (const worker of workers.values()) {
      const { projection, runner, progress, readable } = worker;
      const own = (among: readonly Checkpoint[], slot: Checkpoint['slot']) =>
        among.find((checkpoint) => checkpoint.name === projection.name && checkpoint.slot === slot);
      const live = own(checkpoints, 'live');
      if (live && (live.revision !== runner.seen.revision || live.leaveOut.size !== runner.seen.leaveOut.size)) {
        runner.look();
      } else if (live && !progress.fed) progress.learn(live);
      const there = own(elsewhere, 'live');
      if (replica && there) readable.learn(there);
      if (own(checkpoints, 'next')?.version === versionOf(projection)) work(worker);
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(limits.pollMs, stop.signal);
      if (!stop.signal.aborted) await look().catch(about('cannot follow the projections'));
    }
  }

  async function close(): Promise<void> {
    stop.abort();
    await Promise.all([...running, ...rebuilds.values()]);
    for (const { readable } of workers.values()) readable.close();
    await Promise.all([...workers.values()].map(({ runner }) => runner.close()));
  }

  try {
    for (const projection of projections) workers.set(projection.name, await start(projection));
    for (const { projection, runner } of workers.values()) {
      if (runner.seen.version !== versionOf(projection)) await requestRebuild(database, projection);
    }
    await look();
  } catch (error) {
    await close();
    throw error;
  }
  running.add(watch());
  running.add(
    Promise.all(
      [...workers.values()].map(({ projection, table }) =>
        runSampler({
          ...{ database, reader, projection, table, signal: stop.signal },
          eventsPerSecond: limits.verifyEventsPerSecond,
          async found(comparison) {
            await recordDrift(database, projection.name, comparison);
            for (const { key, fields } of comparison.drift) {
              log(
                `projection ${projection.name}: the row ${key} is not what the log says (${fields.join(', ')}): verify it with repair`,
              );
            }
          },
          onError: about(`cannot verify ${projection.name}`),
        }),
      ),
    ),
  );

  const onError = about('projections');
  const operator = createOperator({ database, reader, projections, onError });
  /** What changes the tables is followed at once. */
  const followed =
    <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      await act(...args);
      await look();
    };
  let verifying = false;

  return {
    ...operator,
    requestRebuild: followed(operator.requestRebuild),
    rollback: followed(operator.rollback),
    skip: followed(operator.skip),
    async verify(name, request) {
      if (verifying) throw new TidemarkError('TOO_MANY_REQUESTS', 'This server is verifying already. Try again later.');
      verifying = true;
      const own = options.openForRebuild();
      try {
        return await createOperator({ database: own, reader, projections, onError }).verify(name, request);
      } finally {
        verifying = false;
        await own.$disconnect().catch(() => undefined);
      }
    },
    readModel<R extends Row>(projection: AnyProjection): ReadModel<R> {
      const worker = workers.get(projection.name);
      if (worker?.projection !== projection) throw new Error(`no module lists the projection ${projection.name}`);
      return worker.model as ReadModel<never> as ReadModel<R>;
    },
    freshness: () =>
      [...workers.values()].map(({ projection, readable }) => {
        const { position } = readable;
        const head = tail.head > position ? tail.head : position;
        return { name: projection.name, position, head, lag: Number(head - position) };
      }),
    close,
  };
}
