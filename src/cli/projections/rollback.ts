import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { note, printJson } from '../terminal.ts';
import { NAME, operatorOf } from './operator.ts';

/** Back to the table from before the last rebuild. */
export const rollback = (projections: Command, { open }: Cli): Command =>
  projections
    .command('rollback')
    .description('Put the table from before the last rebuild back, at once; it then catches up with the log.')
    .argument(...NAME)
    .option('--json', 'print a JSON object')
    .action((name: string, { json }: { json?: boolean }) =>
      open(async (session) => {
        await operatorOf(session).rollback(name);
        if (json) await printJson({ name, rolledBack: true });
        else note(`${name} has the table from before its last rebuild again.`);
      }),
    );

/** Nothing to go back to any more. */
export const dropPrevious = (projections: Command, { open }: Cli): Command =>
  projections
    .command('drop-previous')
    .description('Drop the table that is kept from before the last rebuild.')
    .argument(...NAME)
    .option('--json', 'print a JSON object')
    .action((name: string, { json }: { json?: boolean }) =>
      open(async (session) => {
        await operatorOf(session).dropPrevious(name);
        if (json) await printJson({ name, dropped: true });
        else note(`${name} keeps no table from before.`);
      }),
    );
