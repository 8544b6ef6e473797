import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import { position } from '../options.ts';
import { note, printJson } from '../terminal.ts';
import { NAME, operatorOf } from './operator.ts';

interface Options {
  readonly position: bigint;
  readonly actor?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Past an event that cannot be folded. */
export const skip = (projections: Command, { open, signal }: Cli): Command =>
  projections
    .command('skip')
    .description('Let a projection leave out the event at which it has stopped. That is recorded.')
    .argument(...NAME)
    .requiredOption('--position <position>', 'where it has stopped; `projections list` tells', position)
    .option('--actor <actor>', 'who decides this (default: the name of your account)')
    .option('--yes', 'do not ask')
    .option('--json', 'print a JSON object')
    .action((name: string, { position: at, actor = accountName(), yes, json }: Options) =>
      open(async (session) => {
        if (!yes) await confirm(`The read table of ${name} will lack event ${at} for good. Skip it?`, signal);
        await operatorOf(session).skip(name, at, actor);
        if (json) await printJson({ name, skipped: at, actor });
        else note(`${name} leaves out event ${at}.`);
      }),
    );

/** @throws {Failure} when the answer is not yes, or there is nobody to ask */
async function confirm(question: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure('Nothing was skipped: say --yes if you mean it.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // It takes the terminal's Ctrl-C for itself.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing was skipped.');
  } finally {
    terminal.close();
  }
}

/** An account may have no name: one that only a container knows by its number. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
