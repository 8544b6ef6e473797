import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoint } from './checkpoints.ts';

/** How far a read table has got, as far as this process knows, and the place where everybody waits for it. */
export interface Progress {
  readonly position: bigint;
  /**
   * Learns where the table is. Answers of the database may overtake each other: one that is older than what is known changes
   * nothing. So it goes back only when another table was put in its place, which every exchange gives a higher revision.
   */
  learn(at: Place): void;
  /** Resolves with true once the table has reached a position, with false when the signal fires first. */
  reached(position: bigint, signal: AbortSignal): Promise<boolean>;
  /** Resolves when the time (ms) is up, or at once when somebody waits. */
  idle(ms: number, signal: AbortSignal): Promise<void>;
  /** Whether positions come in by themselves; if not, they are asked for while somebody waits. */
  fed: boolean;
  close(): void;
}

/** Where a live table is. */
type Place = Pick<Checkpoint, 'revision' | 'position'>;

export interface ProgressOptions {
  /** Where the table is, by the database; null while it has no checkpoint there. */
  ask(): Promise<Place | null>;
  onError(error: unknown): void;
}

/** How often the database is asked while somebody waits for what another process does, ms. */
const ASK_MS = 10;

export function createProgress({ ask, onError }: ProgressOptions): Progress {
  let [revision, position] = [0, 0n];
  let asking = false;
  let closed = false;
  const waiting = new Set<{ position: bigint; wake: () => void }>();
  const idlers = new Set<() => void>();

  /** Nobody waits, nobody asks. */
  async function askWhileWaited(): Promise<void> {
    if (asking) return;
    asking = true;
    while (waiting.size > 0 && !progress.fed && !closed) {
      await ask().then((at) => at && progress.learn(at), onError);
      if (waiting.size > 0) await sleep(ASK_MS, undefined, { ref: false });
    }
    asking = false;
  }

  const progress: Progress = {
    get position() {
      return position;
    },
    fed: false,
    learn(at) {
      if (at.revision < revision || (at.revision === revision && at.position < position)) return;
      ({ revision, position } = at);
      for (const waiter of waiting) {
        if (position >= waiter.position) waiter.wake();
      }
    },
    reached(wanted, signal) {
      if (position >= wanted) return Promise.resolve(true);
      if (signal.aborted || closed) return Promise.resolve(false);
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
        for (const wake of idlers) wake();
        void askWhileWaited();
      });
    },
    async idle(ms, signal) {
      if (waiting.size > 0 || ms < 1 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          idlers.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        idlers.add(done);
        signal.addEventListener('abort', done);
      });
    },
    close() {
      closed = true;
      for (const waiter of waiting) waiter.wake();
      for (const wake of idlers) wake();
    },
  };
  return progress;
}
