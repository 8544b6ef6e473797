import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { startContestant } from './support/contestant.ts';
import { type Contestant, type Medians, takeTurns, warmUp } from './support/rounds.ts';
import { table, whole } from './support/table.ts';
import { expectCounts, rowsInOrder } from './support/verify.ts';

/** Those side by side: who writes, how many rows a call has, and how many calls are under way. */
const contestants = [
  { name: 'INSERT of 100 rows', file: 'plain-inserts', operation: 'insert100', rows: 100, callers: 1 },
  { name: 'Tidemark, units of 1 event', file: 'writer', operation: 'append', rows: 1, callers: 500 },
  { name: 'Tidemark, units of 100 events', file: 'writer', operation: 'append100', rows: 100, callers: 4 },
];

export const ceiling: Benchmark = {
  name: 'ceiling',
  title: 'events per second with all guarantees, beside bare INSERTs of the same rows',

  run: (options) =>
    options.postgres.withDatabases(contestants.length, async (urls) => {
      const started: Contestant[] = [];
      try {
        for (const [index, { name, file, operation, callers }] of contestants.entries()) {
          const worker = await startContestant(file, urls[index] ?? '', options.signal);
          started.push({ name, worker, operation, callers });
        }
        return await measure(started, urls, options);
      } finally {
        await Promise.allSettled(started.map(({ worker }) => worker.stop()));
      }
    }),
};

async function measure(started: readonly Contestant[], urls: readonly string[], options: RunOptions): Promise<string> {
  const warm = await warmUp(started, options);
  const medians = await takeTurns(started, options);
  const written: number[] = [];
  for (const [index, { rows }] of contestants.entries()) {
    const answers = (warm[index]?.answers ?? 0) + (medians[index]?.answers ?? 0);
    await expectCounts(urls[index] ?? '', answers * rows, rowsInOrder);
    written.push(answers * rows);
  }
  return `${report(medians)}\n\nRows answered and found in the database: ${written.map(whole).join(', ')}`;
}

function report(medians: readonly Medians[]): string {
  const rates = contestants.map(({ rows }, index) => rows * (medians[index]?.perSecond ?? Number.NaN));
  const rows = contestants.map(({ name, callers }, index) => [
    name,
    String(callers),
    whole(rates[index] ?? Number.NaN),
    `${whole((100 * (rates[index] ?? Number.NaN)) / (rates[0] ?? Number.NaN))} %`,
    medians[index]?.p50.toFixed(1) ?? '',
    medians[index]?.p99.toFixed(1) ?? '',
  ]);
  return table(['', 'callers', 'events/s', 'of the ceiling', 'p50 ms', 'p99 ms'], rows);
}
