import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { position } from '../options.ts';
import { startProgress } from '../progress.ts';
import { grouped, note, print, printJson } from '../terminal.ts';
import { exportLog } from '../transfer/export.ts';
import { fileTarget, streamTarget } from '../transfer/target.ts';

interface Options {
  readonly after?: bigint;
  readonly to?: string;
  readonly json?: boolean;
}

/** The log as a text. */
export const exporting = (log: Command, { open, signal }: Cli): Command =>
  log
    .command('export')
    .description('Write the log, command records and claims as NDJSON: a line each, events in order.')
    .option(
      '--to <file>',
      'write to this file; if it holds an earlier or interrupted export of this log, go on with that',
    )
    .option('--after <position>', 'write only the events after this position, which cannot be imported', position)
    .option('--json', 'with --to: print a JSON object about what was written')
    .action(({ after = 0n, to, json }: Options) =>
      open(async ({ database }) => {
        const target = to === undefined ? streamTarget(print) : await fileTarget(to);
        const progress = startProgress('lines');
        try {
          const onProgress = (lines: number, total: number) => progress.update('Exporting', lines, total);
          const exported = await exportLog({ database, after, target, signal, onProgress });
          progress.stop();
          const { head, events, commands, claims } = exported;
          const summary = `${grouped(events)} events up to ${head}, ${grouped(commands)} commands, ${grouped(claims)} claims`;
          if (json && to !== undefined) await printJson({ file: to, ...exported });
          else note(`Exported ${summary}${to === undefined ? '' : ` to ${to}`}.`);
        } finally {
          progress.stop();
          await target.close();
        }
      }),
    );
