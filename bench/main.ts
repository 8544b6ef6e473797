import { parseArgs } from 'node:util';
import { appends } from './appends.ts';
import { batchProfile } from './batch-profile.ts';
import { catchUp } from './catch-up.ts';
import { ceiling } from './ceiling.ts';
import { fanOut } from './fan-out.ts';
import { fanOutProfile } from './fan-out-profile.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { keepingUp } from './keeping-up.ts';
import { reads } from './reads.ts';
import { rebuilds } from './rebuild.ts';
import { registrations } from './registrations.ts';
import { snapshots } from './snapshots.ts';
import { stalled } from './stalled.ts';
import { startup } from './startup.ts';
import type { Benchmark } from './support/benchmark.ts';
import { machine } from './support/machine.ts';
import { withPostgres } from './support/postgres.ts';

/** Every benchmark, in the order of running. Each sets Tidemark beside its peers in the same run. */
const benchmarks: readonly Benchmark[] = [
  registrations,
  reads,
  appends,
  ceiling,
  batchProfile,
  growth,
  snapshots,
  rebuilds,
  keepingUp,
  fanOut,
  fanOutProfile,
  catchUp,
  stalled,
  idle,
  startup,
];

const usage = `npm run bench -- [--seconds N] [--rounds N] [--only NAME] [--full]
  --seconds  length of one round (default 5)
  --rounds   rounds per server and number of connections, in turn; medians count (default 3)
  --only     ${benchmarks.map(({ name }) => name).join(', ')}
  --full     growth also measures a log of ten million events (10 GB in the temporary folder)
Set BENCH_DATABASE_URL (or TEST_DATABASE_URL) to a PostgreSQL server in which databases may be made; without it, one is
started in a temporary folder.`;

function options() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  const chosen = benchmarks.filter(({ name }) => values.only === undefined || name === values.only);
  if (!(seconds > 0) || !(Number.isInteger(rounds) && rounds > 0) || chosen.length === 0) throw new Error(usage);
  return { seconds, rounds, full: values.full, chosen };
}

// Nothing may be left behind: the load ends, so the benchmark fails, and all that was started is stopped on the way out.
const interrupted = new AbortController();
// Not once: the terminal and npm may both send the signal, and the second one must not cut that short.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
// So it is when nobody reads the results any more (`npm run bench | head`).
for (const output of [process.stdout, process.stderr]) output.on('error', () => interrupted.abort());

try {
  const { chosen, ...given } = options();
  await withPostgres(async (postgres) => {
    console.log(await machine(postgres));
    for (const { name, title, run } of chosen) {
      console.log(`\n${name}: ${title}\n`);
      const log = (line: string) => console.error(`  ${line}`);
      console.log(await run({ ...given, postgres, signal: interrupted.signal, log }));
    }
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
