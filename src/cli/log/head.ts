import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { grouped, print, printJson } from '../terminal.ts';

/** Where the log ends. */
export const head = (log: Command, { open }: Cli): Command =>
  log
    .command('head')
    .description('Show the position and time of the last event.')
    .option('--json', 'print a JSON object')
    .action(({ json }: { json?: boolean }) =>
      open(async ({ database }) => {
        const [row] = await database.$queryRaw<{ position: bigint; recordedAt: string }[]>`
          SELECT position, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "recordedAt"
          FROM head`;
        const position = row?.position ?? 0n;
        const recordedAt = position === 0n ? null : row?.recordedAt;
        if (json) await printJson({ position, recordedAt });
        else await print(position === 0n ? 'The log is empty.\n' : `${grouped(position)}, recorded at ${recordedAt}\n`);
      }),
    );
