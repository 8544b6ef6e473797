import type { Database } from '../database/client.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, keysOf, project, type Row } from '../eventsourcing/projection.ts';
import type { Tail } from '../log/tail.ts';
import type { Table } from './table.ts';

/** Keeps one read table up to the log. */
export interface Runner {
  /** How far the read table has got, as far as this process knows. */
  readonly position: bigint;
  /** Resolves with true once the read table has reached a position, with false when the signal fires first. */
  reached(position: bigint, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly database: Database;
  readonly tail: Tail;
  readonly projection: AnyProjection;
  readonly table: Table;
  /** Events folded in one transaction. */
  readonly batchEvents: number;
  onError(error: unknown): void;
}

const RETRY_MS = [100, 10_000] as const;
/** Bounds of one step, for Prisma; its statements have limits of their own. */
const STEP = { maxWait: 10_000, timeout: 60_000 };

/**
 * Starts the loop of one projection. Every process runs it; the lock of the checkpoint row lets one at a time work,
 * and the others find its work done, or go on at once where a process that died had got to.
 */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { database, tail, projection, table } = options;
  const stop = new AbortController();
  const waiting = new Set<{ position: bigint; wake: () => void }>();

  const [checkpoint] = await database.$queryRaw<{ position: bigint }[]>`
    INSERT INTO checkpoints (name, position, updated_at) VALUES (${projection.name}, 0, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING position`;
  let position = checkpoint?.position ?? 0n;

  function advance(to: bigint): void {
    position = to;
    for (const waiter of waiting) {
      if (position >= waiter.position) waiter.wake();
    }
  }

  /** Folds a batch of events, which starts right after `position`, into the table. Resolves with the checkpoint. */
  async function step(events: readonly RecordedEvent[]): Promise<bigint> {
    const last = events.at(-1);
    // Only a log that was set back, by restoring a backup under a running server, ends before what it once held.
    if (!last) throw new Error(`the log ends before position ${position}, which ${projection.name} has reached`);
    const touched = events.flatMap((event) => keysOf(projection, event).map((key) => ({ event, key })));
    const keys = [...new Set(touched.map(({ key }) => key))];

    return database.$transaction(async (transaction) => {
      // Lock and load in one statement. If the lock had to be waited for, the rows may be older than the checkpoint
      // that it shows; then the checkpoint is not where we are, and the batch is dropped.
      const [locked] = await transaction.$queryRaw<{ position: bigint; rows: Row[] }[]>`
        SELECT c.position, ARRAY(SELECT ${table.row} FROM ${table.name} t WHERE ${table.keyIn(keys)}) AS rows
        FROM checkpoints c WHERE c.name = ${projection.name} FOR UPDATE`;
      if (!locked) throw new Error(`the checkpoint of ${projection.name} is gone`);
      if (locked.position !== position) return locked.position;

      const before = new Map(locked.rows.map((row) => [String(row[projection.keyColumn]), row]));
      const after = new Map(before);
      for (const { event, key } of touched) {
        const row = project(projection, after.get(key) ?? null, event, key);
        if (row) after.set(key, row);
        else after.delete(key);
      }
      const saved = [...after].filter(([key, row]) => before.get(key) !== row).map(([, row]) => row);
      const gone = [...before.keys()].filter((key) => !after.has(key));
      await transaction.$executeRaw`
        WITH saved AS (${table.upsert(saved)}), gone AS (DELETE FROM ${table.name} t WHERE ${table.keyIn(gone)})
        UPDATE checkpoints SET position = ${last.position}, updated_at = clock_timestamp()
        WHERE name = ${projection.name}`;
      return last.position;
    }, STEP);
  }

  async function run(): Promise<void> {
    let delay: number = RETRY_MS[0];
    while (!stop.signal.aborted) {
      await tail.past(position, stop.signal);
      if (stop.signal.aborted) return;
      try {
        const { events } = await tail.page(position, options.batchEvents);
        advance(await step(events));
        delay = RETRY_MS[0];
      } catch (error) {
        options.onError(error);
        await pause(delay, stop.signal);
        delay = Math.min(delay * 2, RETRY_MS[1]);
      }
    }
  }
  const running = run();

  return {
    get position() {
      return position;
    },
    reached(wanted, signal) {
      if (position >= wanted) return Promise.resolve(true);
      if (signal.aborted || stop.signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const waiter = {
          position: wanted,
          wake() {
            waiting.delete(waiter);
            signal.removeEventListener('abort', waiter.wake);
            resolve(position >= wanted);
          },
        };
        waiting.add(waiter);
        signal.addEventListener('abort', waiter.wake);
      });
    },
    async close() {
      stop.abort();
      for (const waiter of waiting) waiter.wake();
      await running;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
