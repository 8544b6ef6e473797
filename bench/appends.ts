import type { Benchmark } from './support/benchmark.ts';
import { startContestant } from './support/contestant.ts';
import { type Contestant, type Medians, takeTurns, warmUp } from './support/rounds.ts';
import { table, whole } from './support/table.ts';
import { eventPerCommand, expectCounts } from './support/verify.ts';

const CALLERS = [1, 8, 64, 256];
const WARM_UP_CALLERS = 64;

/** Those side by side, with what their databases hold once per append. */
const contestants = {
  Tidemark: { file: 'writer', counts: eventPerCommand },
  'with dispatch': {
    file: 'dispatch',
    counts: { ...eventPerCommand, claims: 'SELECT count(*)::int FROM claims' },
  },
  Emmett: {
    file: 'emmett',
    counts: {
      messages: 'SELECT count(*)::int FROM emt_messages',
      streams: 'SELECT count(*)::int FROM emt_streams WHERE stream_position = 1',
    },
  },
};

export const appends: Benchmark = {
  name: 'appends',
  title: 'one event to a new stream per call, beside the event store of Emmett',

  run: (options) =>
    options.postgres.withDatabases(Object.keys(contestants).length, async (urls) => {
      const started: Contestant[] = [];
      try {
        for (const [index, [name, { file }]] of Object.entries(contestants).entries()) {
          const worker = await startContestant(file, urls[index] ?? '', options.signal);
          started.push({ name, worker, operation: 'append', callers: WARM_UP_CALLERS });
        }
        const answers = (await warmUp(started, options)).map((calls) => calls.answers);
        const results = new Map<number, Medians[]>();
        for (const callers of CALLERS) {
          const medians = await takeTurns(
            started.map((each) => ({ ...each, callers })),
            options,
          );
          results.set(callers, medians);
          for (const [index, each] of medians.entries()) answers[index] = (answers[index] ?? 0) + each.answers;
        }
        for (const [index, { counts }] of Object.values(contestants).entries()) {
          await expectCounts(urls[index] ?? '', answers[index] ?? 0, counts);
        }
        return report(results, answers);
      } finally {
        await Promise.allSettled(started.map(({ worker }) => worker.stop()));
      }
    }),
};

function report(results: ReadonlyMap<number, readonly Medians[]>, answers: readonly number[]): string {
  const names = Object.keys(contestants);
  const rows = [...results].map(([callers, medians]) => {
    const peer = medians.at(-1);
    return [
      String(callers),
      ...medians.slice(0, -1).map((ours) => (ours.perSecond / (peer?.perSecond ?? Number.NaN)).toFixed(2)),
      ...medians.flatMap(({ perSecond, p50, p99 }) => [whole(perSecond), p50.toFixed(2), p99.toFixed(2)]),
    ];
  });
  const heading = [
    'callers',
    ...names.slice(0, -1).map((name) => `${name} ratio`),
    ...names.flatMap((name) => [`${name}: /s`, 'p50 ms', 'p99 ms']),
  ];
  const found = names.map((name, index) => `${name} ${whole(answers[index] ?? 0)}`).join(', ');
  return `${table(heading, rows)}\n\nAnswered and found in the database: ${found}`;
}
