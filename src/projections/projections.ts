import type { Database, Queryable } from '../database/client.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { type AnyProjection, type Row, versionOf } from '../eventsourcing/projection.ts';
import { type Checkpoint, readCheckpoints } from './checkpoints.ts';
import { createOperator, type Operator } from './operator.ts';
import { pause } from './pause.ts';
import type { ReadModel } from './read-model.ts';
import { createRebuilds } from './rebuilds.ts';
import { requestRebuild } from './request.ts';
import { runSampler } from './sampler.ts';
import { startWorker, type Worker, type WorkerLimits, type WorkerOptions } from './worker.ts';

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

export interface ProjectionsOptions extends WorkerOptions {
  readonly limits: ProjectionLimits;
  readonly projections: readonly AnyProjection[];
  /** A pool for statements that take as long as a big table needs; it is closed when no longer needed. */
  openForRebuild(): Database;
  log(line: string): void;
}

/** Every bound of the projections. `projectionLimits` in config.ts says which setting is which. */
export interface ProjectionLimits extends WorkerLimits {
  /** How often checkpoints are looked at for what other processes did, ms. */
  readonly pollMs: number;
  /** Events folded in a second, on average, to compare rows with the log; 0 for none. */
  readonly verifyEventsPerSecond: number;
}

/** How long a request may have rows compared, ms: those of a projection of many streams need the whole log. */
const VERIFY_MS = 60_000;
/** A step of a rebuild, for which nobody waits, is so many of a runner's. */
const REBUILD_BATCHES = 5;

const find = (checkpoints: readonly Checkpoint[], { name }: AnyProjection, slot: Checkpoint['slot']) =>
  checkpoints.find((checkpoint) => checkpoint.name === name && checkpoint.slot === slot);

/** Starts the projections on a migrated database, and rebuilds those whose fold is of another version than their table. */
export async function startProjections(options: ProjectionsOptions): Promise<Projections> {
  const { database, replica, reader, tail, projections, limits, log } = options;
  const stop = new AbortController();
  const running = new Set<Promise<unknown>>();
  const workers = new Map<string, Worker>();
  const about = (what: string) => (error: unknown) => options.onError(what, error);

  const rebuilds = createRebuilds({
    ...{ reader, log, open: options.openForRebuild, signal: stop.signal },
    batchEvents: REBUILD_BATCHES * limits.batchEvents,
    onError: options.onError,
    done: (name) => workers.get(name)?.runner.look(),
  });

  /** Follows what other processes and operators did. */
  async function look(): Promise<void> {
    const checkpoints = await readCheckpoints(database);
    for (const worker of workers.values()) {
      const { projection, runner, progress } = worker;
      const live = find(checkpoints, projection, 'live');
      if (live && (live.revision !== runner.seen.revision || live.leaveOut.size !== runner.seen.leaveOut.size)) {
        runner.look();
      } else if (live) progress.learn(live);
      if (find(checkpoints, projection, 'next')?.version === versionOf(projection)) rebuilds.work(projection);
    }
  }

  /** A replica that is out of reach keeps nothing else from going on. */
  async function lookAt(other: Queryable): Promise<void> {
    try {
      const checkpoints = await readCheckpoints(other);
      for (const { projection, readable } of workers.values()) {
        const live = find(checkpoints, projection, 'live');
        if (live) readable.learn(live);
      }
    } catch (error) {
      about('cannot follow the replica')(error);
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(limits.pollMs, stop.signal);
      if (stop.signal.aborted) return;
      await look().catch(about('cannot follow the projections'));
      if (replica) await lookAt(replica);
    }
  }

  async function close(): Promise<void> {
    stop.abort();
    await Promise.all([...running, rebuilds.close()]);
    for (const { readable } of workers.values()) readable.close();
    await Promise.all([...workers.values()].map(({ runner }) => runner.close()));
  }

  try {
    for (const projection of projections) workers.set(projection.name, await startWorker(options, projection));
    for (const { projection, runner } of workers.values()) {
      if (runner.seen.version === versionOf(projection)) continue;
      await requestRebuild(database, projection).catch((error) => {
        if (!(error instanceof TidemarkError)) throw error;
        about(`projection ${projection.name} is of another version, and cannot be rebuilt`)(error);
      });
    }
    await look();
    if (replica) await lookAt(replica);
  } catch (error) {
    await close();
    throw error;
  }
  running.add(watch());
  for (const { projection, table } of workers.values()) {
    const { verifyEventsPerSecond: eventsPerSecond } = limits;
    const onError = about(`verifying ${projection.name}`);
    running.add(runSampler({ database, reader, projection, table, eventsPerSecond, signal: stop.signal, onError }));
  }

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
      const limit = AbortSignal.timeout(VERIFY_MS);
      const signal = AbortSignal.any([stop.signal, limit]);
      try {
        return await createOperator({ database: own, reader, projections, onError }).verify(name, {
          ...request,
          signal,
        });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new TidemarkError('UNAVAILABLE', 'It takes too long for a request: verify it by the command line.');
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
