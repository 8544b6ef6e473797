import type { Queryable } from '../database/client.ts';
import { type AnyProjection, versionOf } from '../eventsourcing/projection.ts';
import type { Tail } from '../log/tail.ts';
import { type Checkpoint, readCheckpoint, recordFailure } from './checkpoints.ts';
import { pause } from './pause.ts';
import type { Progress } from './progress.ts';
import { step } from './step.ts';
import type { Table } from './table.ts';

/** Keeps one read table up to the log. */
export interface Runner {
  /** The checkpoint of the live table as this process has seen it last. */
  readonly seen: Checkpoint;
  /** Looks where the checkpoint is: somebody has exchanged the table, or told it to leave an event out. */
  look(): void;
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly database: Queryable;
  readonly tail: Tail;
  readonly projection: AnyProjection;
  readonly table: Table;
  readonly progress: Progress;
  /** Events folded in one transaction. */
  readonly batchEvents: number;
  onError(error: unknown): void;
}

const RETRY_MS = [100, 10_000] as const;
/** How long a process leaves the work to the one that was quicker the last time, ms. */
const GRACE_MS = 100;
/** Under load, events gather so long between two steps, ms, that steps take a quarter of the time; but only so long. */
const GATHER_MS = 25;

/**
 * Starts the loop of one projection. Every process runs it. Whoever finds the checkpoint where it was moves it; the others
 * leave the work to that one from then on, and take over when it has not moved the checkpoint for a moment.
 */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { database, tail, projection, table, progress, batchEvents, onError } = options;
  const { name } = projection;
  const version = versionOf(projection);
  let stopped = false;
  /** Ends whatever the loop is waiting in. */
  let interrupt = new AbortController();
  let seen = await current();
  progress.learn(seen);

  async function current(): Promise<Checkpoint> {
    const checkpoint = await readCheckpoint(database, name, 'live');
    if (!checkpoint) throw new Error(`the checkpoint of ${name} is gone`);
    return checkpoint;
  }

  async function look(): Promise<void> {
    seen = await current();
    progress.learn(seen);
  }

  /** Folds what comes next; false when somebody else was quicker. */
  async function advance(): Promise<boolean> {
    const { events } = await tail.page(seen.position, batchEvents);
    // Only a log that was set back, by restoring a backup under a running server, ends before what it once held.
    if (events.length === 0)
      throw new Error(`the log ends before position ${seen.position}, which ${name} has reached`);
    const place = await step({ database, projection, table, slot: 'live' }, seen, events);
    if (!place) return false;
    seen = { ...seen, ...place, failure: null };
    progress.learn(seen);
    return true;
  }

  async function run(): Promise<void> {
    let delay: number = RETRY_MS[0];
    while (!stopped) {
      await tail.past(seen.position, interrupt.signal);
      if (stopped) return;
      try {
        if (interrupt.signal.aborted) {
          interrupt = new AbortController();
          await look();
        } else if (seen.version > version) {
          // A newer server has rebuilt the table with a newer fold: it is not ours to write any more.
          progress.fed = false;
          await pause(GRACE_MS, interrupt.signal);
          await look();
        } else if (progress.fed || !(await another())) {
          const started = performance.now();
          progress.fed = await advance();
          if (!progress.fed) await look();
          else if (tail.head - seen.position < batchEvents) {
            await progress.idle(Math.min(3 * (performance.now() - started), GATHER_MS), interrupt.signal);
          }
        }
        delay = RETRY_MS[0];
      } catch (error) {
        progress.fed = false;
        onError(error);
        await recordFailure(database, seen, error).catch(onError);
        await pause(delay, interrupt.signal);
        delay = Math.min(delay * 2, RETRY_MS[1]);
        await look().catch(onError);
      }
    }
  }

  /** Whether another process moves the checkpoint within the time that it is left. */
  async function another(): Promise<boolean> {
    const moved = await progress.reached(seen.position + 1n, AbortSignal.timeout(GRACE_MS));
    if (moved) await look();
    return moved;
  }

  progress.fed = true;
  const running = run();

  return {
    get seen() {
      return seen;
    },
    look: () => interrupt.abort(),
    async close() {
      stopped = true;
      interrupt.abort();
      progress.close();
      await running;
    },
  };
}
