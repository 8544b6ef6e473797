import type { Queryable } from '../database/client.ts';
import { faultOf, sqlStateOf } from '../database/errors.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { appendToLog } from './append.ts';
import { type Batch, bytesOf, type Pending, takeBatch } from './batch.ts';
import type { Tail } from './tail.ts';
import type { UnitOfWork, Verdict } from './unit.ts';

export interface Writer {
  /**
   * Commits a unit of work with whatever else arrives meanwhile.
   * @param deadline when to give up, ms since 1970; the time limit from now when absent
   * @throws {TidemarkError} UNAVAILABLE when the queue is full, or the database did not answer in time: then the
   *   outcome is unknown, and the same command id settles it
   */
  append(unit: UnitOfWork, deadline?: number): Promise<Verdict>;
  /** Takes no more units and resolves once those it has are answered. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly database: Queryable;
  readonly tail: Tail;
  /** Marks our notifications, so that we need not read what we wrote. */
  readonly origin: string;
  /** Units that may wait, and their bytes. Past either, `UNAVAILABLE` at once. */
  readonly queueUnits: number;
  readonly queueBytes: number;
  /** Units in one batch. */
  readonly batchUnits: number;
  /** Bytes in one batch; a larger unit goes alone. */
  readonly batchBytes: number;
  /** How long a unit may take, ms, with all repetitions. */
  readonly timeoutMs: number;
  onError(error: unknown): void;
}

const unavailable = (message: string, cause?: unknown) => new TidemarkError('UNAVAILABLE', message, {}, { cause });

const gaveUp = ({ unit: { commandId } }: Pending, cause?: unknown) =>
  new TidemarkError(
    'UNAVAILABLE',
    'The database did not answer in time. Send the command again, with this commandId.',
    { commandId },
    { cause },
  );

const overloaded = () => unavailable('The server is overloaded. Nothing was written; try again.');

/** A statement that took too long, or too much memory: fewer units at once may do. */
const TOO_MUCH = new Set(['57014', '53200']);

/** Resolves in the next turn of the event loop: what this one brings in may join the batch. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Group commit: one SQL call in flight, and everything that arrives meanwhile forms the next batch. */
export function createWriter(options: WriterOptions): Writer {
  const { database, tail, origin } = options;
  const queue = new Set<Pending>();
  let queuedBytes = 0;
  let running: Promise<void> | null = null;
  let closed = false;

  /** Sends one batch. Safe to repeat: a unit that was committed is answered as `known`. */
  async function send(batch: Batch): Promise<void> {
    const units = batch.map((pending) => pending.unit);
    const verdicts = await appendToLog(database, units, origin);
    // A repeated batch finds units committed whose answer was lost; nobody has told the tail of them.
    for (const verdict of verdicts) {
      if (verdict.outcome === 'known' && verdict.answer.position) tail.hint(verdict.answer.position);
    }
    // The tail first: whoever gets an answer finds it, and all that it builds on, there.
    tail.offer(
      verdicts.flatMap((verdict, index) =>
        verdict.outcome === 'accepted' && !units[index]?.dryRun ? verdict.events : [],
      ),
    );
    batch.forEach((pending, index) => {
      pending.resolve(verdicts[index] as Verdict);
    });
  }

  /** Sends a batch until there is an answer for every unit, or its time is up. */
  async function settle(units: Batch): Promise<void> {
    let batch = units;
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(batch);
      } catch (error) {
        if (faultOf(error) !== 'unreachable') return await isolate(batch, error);
        options.onError(error);
        const late = batch.filter((pending) => pending.deadline <= Date.now());
        for (const pending of late) pending.reject(gaveUp(pending, error));
        batch = batch.filter((pending) => !late.includes(pending));
        if (batch.length === 0) return;
        if (batch.length > 1 && TOO_MUCH.has(sqlStateOf(error) ?? '')) return await isolate(batch, error);
        await pause(Math.min(1_000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** PostgreSQL refused a whole batch: halve it until only the unit that it does not want is refused. */
  async function isolate(batch: Batch, error: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length > 1) {
      const middle = batch.length >> 1;
      await settle(batch.slice(0, middle));
      await settle(batch.slice(middle));
    } else if (only) {
      // Class 22: the data cannot be stored (a NUL, a number out of range); 54: they are beyond PostgreSQL's own limits.
      const unstorable = /^(22|54)/.test(sqlStateOf(error) ?? '');
      only.reject(
        unstorable
          ? new TidemarkError('BAD_USER_INPUT', 'The input holds a value that cannot be stored.', {}, { cause: error })
          : error,
      );
    }
  }

  /** Takes a unit out of the queue. False if it is not there: it has been sent. */
  function leaveQueue(pending: Pending): boolean {
    const waited = queue.delete(pending);
    if (waited) queuedBytes -= pending.bytes;
    return waited;
  }

  async function run(): Promise<void> {
    while (queue.size > 0) {
      await turn();
      const batch = takeBatch(queue, options.batchUnits, options.batchBytes);
      batch.forEach(leaveQueue);
      if (batch.length > 0) await settle(batch);
    }
    running = null;
  }

  return {
    append(unit, deadline = Date.now() + options.timeoutMs) {
      if (closed) return Promise.reject(unavailable('The server is shutting down. Try again.'));
      const bytes = bytesOf(unit);
      // A unit that is larger than the whole queue is taken when nothing else waits: it would never fit.
      const full = queue.size >= options.queueUnits || (queue.size > 0 && queuedBytes + bytes > options.queueBytes);
      if (full) return Promise.reject(overloaded());
      return new Promise((resolve, reject) => {
        const pending: Pending = {
          unit,
          bytes,
          deadline,
          resolve(verdict) {
            clearTimeout(timer);
            resolve(verdict);
          },
          reject(error) {
            clearTimeout(timer);
            reject(error);
          },
        };
        // Whatever the call to the database does, the caller gets an answer in time.
        const timer = setTimeout(
          () => reject(leaveQueue(pending) ? overloaded() : gaveUp(pending)),
          deadline - Date.now(),
        );
        queue.add(pending);
        queuedBytes += bytes;
        running ??= run();
      });
    },
    async close() {
      closed = true;
      await running;
    },
  };
}
