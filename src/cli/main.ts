#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createCli } from './cli.ts';
import { explain } from './failure.ts';
import { createProgram } from './program.ts';
import { note } from './terminal.ts';

const USAGE = 2;
const FAILED = 1;
/** As shells have it: 128 and the number of the signal. */
const STOPPED = { SIGINT: 130, SIGTERM: 143 };

const stop = new AbortController();
let stopped: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait for what is under way.
    if (stopped !== undefined) process.exit(stopped);
    stopped = STOPPED[signal];
    stop.abort();
  });
}
// Whoever reads our output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stopped ??= 0;
  stop.abort();
});

async function main(): Promise<number> {
  try {
    await createProgram(createCli(stop.signal)).parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (stopped !== undefined) {
      if (stopped !== 0) note('Stopped.');
      return stopped;
    }
    note(explain(error));
    if (process.env.LOG_LEVEL === 'debug') console.error(error);
    return FAILED;
  }
}

process.exitCode = await main();
