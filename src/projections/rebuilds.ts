import type { Database } from '../database/client.ts';
import type { AnyProjection } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import { createTurns } from '../log/turns.ts';
import { rebuild } from './rebuild.ts';

/** The rebuilds of one process. One works at a time, and one that cannot go on does not hold up the others. */
export interface Rebuilds {
  /** Works on a rebuild that was asked for, by whomever; at once, and once. */
  work(projection: AnyProjection): void;
  /** Resolves when all have stopped, after the signal. */
  close(): Promise<void>;
}

export interface RebuildsOptions {
  readonly reader: LogReader;
  readonly batchEvents: number;
  readonly signal: AbortSignal;
  /** A pool of its own for each. */
  open(): Database;
  log(line: string): void;
  onError(what: string, error: unknown): void;
  /** Called when there is nothing left to do for a projection. */
  done(name: string): void;
}

export function createRebuilds({ reader, batchEvents, signal, open, log, onError, done }: RebuildsOptions): Rebuilds {
  const running = new Map<string, Promise<void>>();
  const turns = createTurns();

  async function run(projection: AnyProjection): Promise<void> {
    const { name } = projection;
    const trouble = (error: unknown) => onError(`rebuild of ${name}`, error);
    log(`rebuilding the projection ${name}`);
    const database = open();
    try {
      const inTurn = <T>(step: () => Promise<T>) => turns(['rebuild'], step);
      await rebuild({ database, reader, projection, batchEvents, signal, onError: trouble, inTurn });
      if (!signal.aborted) log(`the projection ${name} is rebuilt`);
    } catch (error) {
      trouble(error);
    } finally {
      running.delete(name);
      done(name);
      await database.$disconnect().catch(() => undefined);
    }
  }

  return {
    work(projection) {
      if (!running.has(projection.name) && !signal.aborted) running.set(projection.name, run(projection));
    },
    async close() {
      await Promise.all(running.values());
    },
  };
}
