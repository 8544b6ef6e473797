import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { list } from './list.ts';
import { rebuild } from './rebuild.ts';
import { dropPrevious, rollback } from './rollback.ts';
import { skip } from './skip.ts';
import { verify } from './verify.ts';

/** Commands about the projections. */
export function projectionCommands(program: Command, cli: Cli): void {
  const projections = program.command('projections').description('Look after the projections and their read tables.');
  for (const add of [list, rebuild, rollback, dropPrevious, verify, skip]) add(projections, cli);
}
