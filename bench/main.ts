import { parseArgs } from 'node:util';
import { registrations } from './registrations.ts';
import { startup } from './startup.ts';
import type { Benchmark } from './support/benchmark.ts';
import { machine } from './support/machine.ts';
import { withPostgres } from './support/postgres.ts';

/** Every benchmark, in the order of running. Each sets Tidemark beside its peers in the same run. */
const benchmarks: readonly Benchmark[] = [registrations, startup];

const usage = `npm run bench -- [--seconds N] [--rounds N] [--only NAME]
  --seconds  length of one round (default 5)
  --rounds   rounds per server and number of connections, in turn; medians count (default 3)
  --only     ${benchmarks.map(({ name }) => name).join(', ')}
Set BENCH_DATABASE_URL (or TEST_DATABASE_URL) to a PostgreSQL server in which databases may be made; without it, one is
started in a temporary folder.`;

function options() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  const chosen = benchmarks.filter(({ name }) => values.only === undefined || name === values.only);
  if (!(seconds > 0) || !(Number.isInteger(rounds) && rounds > 0) || chosen.length === 0) throw new Error(usage);
  return { seconds, rounds, chosen };
}

// Nothing may be left behind: the load ends, so the benchmark fails, and all that was started is stopped on the way out.
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

try {
  const { seconds, rounds, chosen } = options();
  await withPostgres(async (postgres) => {
    console.log(await machine(postgres));
    for (const { name, title, run } of chosen) {
      console.log(`\n${name}: ${title}\n`);
      const log = (line: string) => console.error(`  ${line}`);
      console.log(await run({ postgres, seconds, rounds, signal: interrupted.signal, log }));
    }
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
