import type { RunOptions } from './benchmark.ts';
import type { Calls } from './closed-loop.ts';
import type { Job } from './contestant.ts';
import { median } from './statistics.ts';
import { whole } from './table.ts';
import type { Worker } from './worker.ts';

/** One of those measured side by side. */
export interface Contestant {
  readonly name: string;
  readonly worker: Worker<Job, Calls>;
  readonly operation: string;
  readonly callers: number;
}

/** Medians of the rounds of one contestant under one load; all its answers; its memory after the last round. */
export type Medians = Calls;

const WARM_UP_SECONDS = 3;

/** Lets contestants run for a while, so that caches, plans and compilers are warm. */
export async function warmUp(contestants: readonly Contestant[], { seconds }: RunOptions): Promise<Calls[]> {
  const results: Calls[] = [];
  for (const { worker, operation, callers } of contestants) {
    results.push(await worker.run({ operation, callers, seconds: Math.min(seconds, WARM_UP_SECONDS) }));
  }
  return results;
}

/**
 * All rounds, the contestants in turn, so that noise and filling databases meet all alike; who goes first changes from
 * round to round.
 */
export async function takeTurns(
  contestants: readonly Contestant[],
  { seconds, rounds, log }: RunOptions,
): Promise<Medians[]> {
  const results = contestants.map((): Calls[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (round + turn) % contestants.length;
      const { name, worker, operation, callers } = contestants[index] as Contestant;
      const calls = await worker.run({ operation, callers, seconds });
      results[index]?.push(calls);
      log(
        `${name}, ${callers} callers, round ${round + 1}: ${operation} ${whole(calls.perSecond)}/s, ${whole(calls.p50)} ms each`,
      );
    }
  }
  return results.map(mediansOf);
}

function mediansOf(rounds: readonly Calls[]): Medians {
  const of = (key: 'perSecond' | 'p50' | 'p99') => median(rounds.map((calls) => calls[key]));
  const answers = rounds.reduce((sum, calls) => sum + calls.answers, 0);
  return { answers, perSecond: of('perSecond'), p50: of('p50'), p99: of('p99'), rss: rounds.at(-1)?.rss ?? Number.NaN };
}
