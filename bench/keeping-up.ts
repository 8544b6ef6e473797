import type { Benchmark } from './support/benchmark.ts';
import { startContestant } from './support/contestant.ts';
import { median } from './support/statistics.ts';
import { table, whole } from './support/table.ts';
import { eventPerCommand, expectCounts, rowsInOrder } from './support/verify.ts';

const CALLERS = 256;
const contestants = ['writer', 'projected'] as const;

export const keepingUp: Benchmark = {
  name: 'keeping-up',
  title: `appends of ${CALLERS} callers, without a projection and with one in the same process`,

  run: ({ postgres, signal, seconds, rounds, log }) =>
    postgres.withDatabases(contestants.length, async (urls) => {
      const workers = await Promise.all(
        contestants.map((file, index) => startContestant(file, urls[index] ?? '', signal)),
      );
      try {
        const rates: number[][] = contestants.map(() => []);
        const appended = contestants.map(() => 0);
        const lags: number[] = [];
        const waits: number[] = [];
        // The first round is for the caches, plans and compilers.
        for (let round = 0; round <= rounds; round++) {
          for (const [index, worker] of workers.entries()) {
            const calls = await worker.run({ operation: 'append', callers: CALLERS, seconds });
            appended[index] = (appended[index] ?? 0) + calls.answers;
            if (round > 0) rates[index]?.push(calls.perSecond);
            log(`${contestants[index]}, round ${round}: ${whole(calls.perSecond)}/s`);
            if (contestants[index] !== 'projected') continue;
            const { p50 } = await worker.run({ operation: 'caughtUp', callers: 1, seconds: 0 });
            if (round > 0) waits.push(p50);
            if (round > 0) lags.push((calls.spent.behind ?? Number.NaN) / calls.answers);
          }
        }
        for (const [index, url] of urls.entries()) await expectCounts(url, appended[index] ?? 0, eventPerCommand);
        await expectCounts(urls[1] ?? '', appended[1] ?? 0, {
          ...rowsInOrder,
          rows: 'SELECT count(*)::int FROM users',
        });
        const [without = Number.NaN, projected = Number.NaN] = rates.map(median);
        return table(
          ['without', 'with', 'ratio', 'events behind, mean', 'caught up after the last append'],
          [
            [
              ...[`${whole(without)}/s`, `${whole(projected)}/s`, (projected / without).toFixed(2)],
              ...[whole(median(lags)), `${whole(median(waits))} ms`],
            ],
          ],
        );
      } finally {
        await Promise.allSettled(workers.map((worker) => worker.stop()));
      }
    }),
};
