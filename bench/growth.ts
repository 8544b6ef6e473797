import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import type { Calls } from './support/closed-loop.ts';
import { type Job, startContestant } from './support/contestant.ts';
import { fillLog } from './support/filled-log.ts';
import { type Medians, takeTurns, warmUp } from './support/rounds.ts';
import { table, whole } from './support/table.ts';
import { eventPerCommand, expectCounts } from './support/verify.ts';
import type { Worker } from './support/worker.ts';

const SIZES = [10_000, 1_000_000];
const FULL_SIZES = [...SIZES, 10_000_000];

/** What is measured, and with how many callers: reads with as many as there are connections. */
const operations = {
  append: { title: 'append one event', callers: 64 },
  stream: { title: 'load a stream of 10 events', callers: 10 },
  page: { title: 'page of 100 events anywhere', callers: 10 },
  command: { title: 'command record by id', callers: 10 },
} as const;

type Operation = keyof typeof operations;

/** One log, and what was measured on it. */
interface Filled {
  readonly size: number;
  readonly url: string;
  readonly worker: Worker<Job, Calls>;
  readonly medians: Map<Operation, Medians>;
  /** Memory of the process after the appends, when its tail is full, and at the end, MB. */
  warm: number;
  end: number;
  appended: number;
}

export const growth: Benchmark = {
  name: 'growth',
  title: 'appends and reads with ever more events in the log; ratios to the smallest log',

  run(options) {
    const sizes = options.full ? FULL_SIZES : SIZES;
    return options.postgres.withDatabases(sizes.length, async (urls) => {
      const logs: Filled[] = [];
      try {
        for (const [index, size] of sizes.entries()) {
          const url = urls[index] ?? '';
          await migrate({ url });
          await fillLog(url, size, options);
        }
        for (const [index, size] of sizes.entries()) {
          const url = urls[index] ?? '';
          const worker = await startContestant('long-log', url, options.signal);
          logs.push({ size, url, worker, medians: new Map(), warm: 0, end: 0, appended: 0 });
        }
        await measure(logs, options);
        for (const { url, size, appended } of logs) await expectCounts(url, size + appended, eventPerCommand);
        return report(logs);
      } finally {
        await Promise.allSettled(logs.map(({ worker }) => worker.stop()));
      }
    });
  },
};

async function measure(logs: readonly Filled[], options: RunOptions): Promise<void> {
  for (const operation of Object.keys(operations) as Operation[]) {
    const { callers } = operations[operation];
    const contestants = logs.map(({ size, worker }) => ({ name: `${whole(size)} events`, worker, operation, callers }));
    const warm = await warmUp(contestants, options);
    const medians = await takeTurns(contestants, options);
    for (const [index, log] of logs.entries()) {
      const [first, median] = [warm[index], medians[index]];
      if (!first || !median) continue;
      if (operation === 'append') {
        log.warm = median.rss;
        log.appended = first.answers + median.answers;
      }
      log.medians.set(operation, median);
      log.end = median.rss;
    }
  }
}

function report(logs: readonly Filled[]): string {
  const [smallest] = logs;
  const heading = [
    '',
    ...logs.flatMap(({ size }, index) => [`${whole(size)} events`, ...(index > 0 ? ['ratio'] : [])]),
  ];
  const rows = (Object.keys(operations) as Operation[]).map((operation) => [
    operations[operation].title,
    ...logs.flatMap(({ medians }, index) => {
      const rate = medians.get(operation)?.perSecond ?? Number.NaN;
      const least = smallest?.medians.get(operation)?.perSecond ?? Number.NaN;
      return [`${whole(rate)}/s`, ...(index > 0 ? [(rate / least).toFixed(2)] : [])];
    }),
  ]);
  const memory = logs.map(({ size, warm, end }) => `${whole(size)} events: ${whole(warm)} → ${whole(end)}`).join('; ');
  const appended = logs.map((log) => whole(log.appended)).join(', ');
  return [
    table(heading, rows),
    `Memory of the processes, MB, after the appends and at the end: ${memory}`,
    `Appended and found in the databases: ${appended}`,
  ].join('\n\n');
}
