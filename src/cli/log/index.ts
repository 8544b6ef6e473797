import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exporting } from './export.ts';
import { head } from './head.ts';
import { importing } from './import.ts';
import { show } from './show.ts';

/** Commands about the log. */
export function logCommands(program: Command, cli: Cli): void {
  const log = program.command('log').description('Look into the log, export it, import it.');
  for (const add of [head, show, exporting, importing]) add(log, cli);
}
