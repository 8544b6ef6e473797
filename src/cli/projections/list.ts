import type { Command } from 'commander';
import type { ProjectionStatus } from '../../projections/status.ts';
import type { Cli } from '../cli.ts';
import { grouped, print, printJson, shortened, table } from '../terminal.ts';
import { operatorOf } from './operator.ts';

/** How the projections are doing. */
export const list = (projections: Command, { open }: Cli): Command =>
  projections
    .command('list')
    .description('Show how the projections are doing.')
    .option('--json', 'print a JSON array')
    .action(({ json }: { json?: boolean }) =>
      open(async (session) => {
        const all = await operatorOf(session).status();
        if (json) return printJson(all);
        const head = ['projection', 'version', 'position', 'lag', 'state', 'drift', 'kept'];
        await print(table(head, all.map(rowOf)));
        await print(all.flatMap(troubleOf).join(''));
      }),
    );

const rowOf = (status: ProjectionStatus): string[] => [
  status.name,
  String(status.version),
  String(status.position),
  grouped(status.lag),
  stateOf(status),
  grouped(status.drift),
  status.previous ? `version ${status.previous.version} at ${status.previous.position}` : '',
];

function stateOf({ failure, rebuilding, lag }: ProjectionStatus): string {
  if (failure) return `stopped at ${failure.position}`;
  if (rebuilding) return `rebuilding: ${rebuilding.position} of ${rebuilding.target}`;
  return lag === 0 ? 'up to date' : 'following';
}

const MESSAGE_LENGTH = 400;

/** A line for each event at which something has stopped. */
const troubleOf = ({ name, failure, rebuilding }: ProjectionStatus): string[] =>
  [
    { what: name, at: failure },
    { what: `the rebuild of ${name}`, at: rebuilding?.failure },
  ].flatMap(({ what, at }) =>
    at
      ? `${what} has stopped at ${at.position} (${at.eventType}) since ${at.since}: ${shortened(at.error, MESSAGE_LENGTH)}\n`
      : [],
  );
