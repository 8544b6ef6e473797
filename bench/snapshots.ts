import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import { startContestant } from './support/contestant.ts';
import { counterStream, moveCounter } from './support/counter.ts';
import { queryOne } from './support/postgres.ts';
import { type Contestant, type Medians, takeTurns, warmUp } from './support/rounds.ts';
import { table, whole } from './support/table.ts';

const SHORT = 10;
const LONG = 10_000;
/** What came after the snapshot: half of what may come before the next one. */
const AFTER = 50;

const loads = {
  short: `${whole(SHORT)} events`,
  snapshot: `${whole(LONG + AFTER)} events, snapshot at ${whole(LONG)}`,
  folded: `${whole(LONG + AFTER)} events, all folded`,
};

export const snapshots: Benchmark = {
  name: 'snapshots',
  title: 'loading the state of a stream that is not in the cache, one after the other',

  run: (options) =>
    options.postgres.withDatabase(async (url) => {
      await migrate({ url });
      await moveCounter(url, counterStream('short'), SHORT);
      await moveCounter(url, counterStream('long'), LONG);
      const worker = await startContestant('snapshots', url, options.signal);
      try {
        // The first load makes the snapshot.
        await worker.run({ operation: 'snapshot', callers: 1, seconds: 0 });
        await expectSnapshot(url);
        await moveCounter(url, counterStream('long'), AFTER);
        const contestants = Object.entries(loads).map(([operation, name]) => ({ operation, name, worker, callers: 1 }));
        const medians = await measure(contestants, options);
        await expectSnapshot(url);
        return report(medians);
      } finally {
        await worker.stop();
      }
    }),
};

async function measure(contestants: readonly Contestant[], options: RunOptions): Promise<Medians[]> {
  await warmUp(contestants, options);
  return takeTurns(contestants, options);
}

/** @throws unless there is the one snapshot that is measured */
async function expectSnapshot(url: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const versions = await queryOne<string>(url, `SELECT coalesce(string_agg(version::text, ','), '') FROM snapshots`);
    if (versions === String(LONG)) return;
    if (versions !== '') throw new Error(`snapshots of the versions ${versions}`);
    await sleep(20);
  }
  throw new Error('there is no snapshot');
}

function report(medians: readonly Medians[]): string {
  const shortest = medians[0]?.p50 ?? Number.NaN;
  const rows = Object.values(loads).map((name, index) => {
    const { p50, p99, perSecond } = medians[index] as Medians;
    return [name, p50.toFixed(2), p99.toFixed(2), whole(perSecond), (p50 / shortest).toFixed(1)];
  });
  return table(['stream', 'p50 ms', 'p99 ms', 'loads/s', 'times the shortest'], rows);
}
