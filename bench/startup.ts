import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from './support/benchmark.ts';
import { startServer } from './support/server.ts';
import { median } from './support/statistics.ts';
import { table, whole } from './support/table.ts';

/** From the start of the process to the line with its URL, ms. */
async function timeStart(dataDir: string): Promise<number> {
  const started = performance.now();
  const server = await startServer(['dist/main.js'], { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' });
  const took = performance.now() - started;
  await server.stop();
  return took;
}

/** How long a person waits for a built server with the embedded database. */
export const startup: Benchmark = {
  name: 'startup',
  title: 'milliseconds until the built server with its embedded PostgreSQL is up; medians',
  async run({ rounds, log }) {
    const first: number[] = [];
    const later: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-startup-'));
      try {
        first.push(await timeStart(dataDir));
        later.push(await timeStart(dataDir));
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
      log(`round ${round}: first ${whole(first.at(-1) ?? 0)} ms, later ${whole(later.at(-1) ?? 0)} ms`);
    }
    return table(
      ['start', 'ms'],
      [
        ['first, with initdb and migrations', whole(median(first))],
        ['later', whole(median(later))],
      ],
    );
  },
};
