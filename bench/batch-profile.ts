import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { type Job, type Round, startContestant } from './support/contestant.ts';
import { execute, queryOne } from './support/postgres.ts';
import { median } from './support/statistics.ts';
import { table, whole } from './support/table.ts';
import { eventPerCommand, expectCounts } from './support/verify.ts';
import type { Worker } from './support/worker.ts';

const CALLERS = 64;
const WARM_UP_SECONDS = 3;
/** PostgreSQL's backends tell what they measured once a second at most. */
const STATISTICS_MS = 1_500;

/** What PostgreSQL measures of itself, in total. */
interface Server {
  readonly calls: number;
  /** In the function, ms. */
  readonly inside: number;
  /** Writing and flushing the write-ahead log, ms. */
  readonly wal: number;
}

/** Parts of a batch's way, ms each. */
type Parts = readonly (readonly [part: string, ms: number])[];

export const batchProfile: Benchmark = {
  name: 'batch-profile',
  title: `where the time of a batch goes, at ${CALLERS} callers, by the writer alone and with dispatch`,

  run: ({ postgres, ...options }) =>
    postgres.withDatabase(async (url) => {
      const name = new URL(url).pathname.slice(1);
      await execute(url, `ALTER DATABASE ${name} SET track_functions = 'all'`);
      await execute(url, `ALTER DATABASE ${name} SET track_wal_io_timing = on`);
      const worker = await startContestant('profiled', url, options.signal);
      try {
        const version = Number.parseInt(postgres.version, 10);
        const writer = await profile('append', worker, { ...options, url, version });
        const dispatch = await profile('dispatch', worker, { ...options, url, version });
        await expectCounts(url, writer.answers + dispatch.answers, eventPerCommand);
        return `the writer alone, ${writer.report}\n\nwith dispatch, ${dispatch.report}`;
      } finally {
        await worker.stop();
      }
    }),
};

type ProfileOptions = Omit<RunOptions, 'postgres'> & { readonly url: string; readonly version: number };

async function profile(
  operation: string,
  worker: Worker<Job, Round>,
  { url, version, seconds, rounds, log }: ProfileOptions,
): Promise<{ report: string; answers: number }> {
  let answers = 0;
  async function run(callers: number, duration: number): Promise<Round> {
    const round = await worker.run({ operation, callers, seconds: duration });
    answers += round.answers;
    return round;
  }
  /** One more call makes the backend tell what it knows. */
  async function serverTotals(): Promise<Server> {
    await sleep(STATISTICS_MS);
    await run(1, 0);
    await sleep(100);
    return serverOf(url, version);
  }

  await run(CALLERS, Math.min(seconds, WARM_UP_SECONDS));
  const results: Profile[] = [];
  for (let number = 1; number <= rounds; number++) {
    const before = await serverTotals();
    const round = await run(CALLERS, seconds);
    const after = await serverTotals();
    const calls = after.calls - before.calls;
    const server = { calls, inside: after.inside - before.inside, wal: after.wal - before.wal };
    results.push(profileOf(round, server));
    log(`${operation}, round ${number}: ${whole(round.perSecond)}/s in ${whole(round.spent.batches ?? 0)} batches`);
  }
  return { report: report(results), answers };
}

/** The write-ahead log's timings have moved with version 18. */
async function serverOf(url: string, version: number): Promise<Server> {
  const functions = `pg_stat_user_functions WHERE funcname = 'append_to_log'`;
  const wal =
    version >= 18
      ? `SELECT coalesce(sum(write_time + fsync_time), 0) FROM pg_stat_io
         WHERE object = 'wal' AND backend_type = 'client backend'`
      : 'SELECT wal_write_time + wal_sync_time FROM pg_stat_wal';
  return {
    calls: await queryOne<number>(url, `SELECT coalesce(sum(calls), 0)::int FROM ${functions}`),
    inside: await queryOne<number>(url, `SELECT coalesce(sum(total_time), 0) FROM ${functions}`),
    wal: await queryOne<number>(url, wal),
  };
}

/** One round, per batch. */
interface Profile {
  readonly parts: Parts;
  readonly cycle: number;
  readonly units: number;
  /** Of Node.js, and the making of units in it, ms. */
  readonly busy: number;
  readonly making: number;
}

function profileOf(round: Round, server: Server): Profile {
  const { batches = 0, between = 0, prisma = 0, pg = 0, making = 0, busy = 0 } = round.spent;
  const inside = server.inside / server.calls;
  const wal = server.wal / server.calls;
  const parts: Parts = [
    ['JavaScript while nothing is under way', between / batches],
    ['Prisma', (prisma - pg) / batches],
    ['driver, network, PostgreSQL reading the parameters', pg / batches - inside - wal],
    ['the function append_to_log', inside],
    ['commit: writing and flushing the WAL', wal],
  ];
  const cycle = (between + prisma) / batches;
  return { parts, cycle, units: round.answers / batches, busy: busy / batches, making: making / batches };
}

function report(profiles: readonly Profile[]): string {
  const of = (value: (profile: Profile) => number) => median(profiles.map(value));
  const cycle = of((profile) => profile.cycle);
  const units = of((profile) => profile.units);
  const share = (ms: number) => `${whole((100 * ms) / cycle)} %`;
  const row = (part: string, ms: number) => [part, ms.toFixed(3), ((1000 * ms) / units).toFixed(1), share(ms)];
  const names = profiles[0]?.parts.map(([part]) => part) ?? [];
  const rows = names.map((part, index) =>
    row(
      part,
      of(({ parts }) => parts[index]?.[1] ?? 0),
    ),
  );
  const busy = of((profile) => profile.busy);
  const making = of((profile) => profile.making);
  return [
    `${units.toFixed(0)} units a batch:`,
    table(['', 'ms a batch', 'µs a unit', 'share'], [...rows, row('all', cycle)]),
    `Node.js is busy for ${busy.toFixed(3)} ms of it (${share(busy)}); the callers make the units in ${making.toFixed(3)} ms.`,
  ].join('\n');
}
