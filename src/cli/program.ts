import { Command } from 'commander';
import type { Cli } from './cli.ts';
import { logCommands } from './log/index.ts';
import { projectionCommands } from './projections/index.ts';

const help = `
Settings are those of the server, from the environment: DATABASE_URL (with DATABASE_MIGRATION_URL, if that is the owner's
account), or else the embedded database in DATA_DIR, whether a server is running on it or not.

Examples:
  tidemark log head
  tidemark log show --category user --first 5
  tidemark log export --to log.ndjson
  DATA_DIR=copy MASTER_KEY=… tidemark log import log.ndjson
  tidemark projections list

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.`;

/** The whole command line. What is wrong with the arguments is thrown as a CommanderError, after help was printed. */
export function createProgram(cli: Cli): Command {
  const program = new Command('tidemark')
    .description('Looks after a Tidemark: its event log and its projections.')
    .addHelpText('after', help)
    .showHelpAfterError()
    .allowExcessArguments(false)
    .exitOverride();
  logCommands(program, cli);
  projectionCommands(program, cli);
  return program;
}
