import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { startProgress } from '../progress.ts';
import { note, printJson } from '../terminal.ts';
import { NAME, operatorOf } from './operator.ts';

/** Folds the whole log again. */
export const rebuild = (projections: Command, { open, signal }: Cli): Command =>
  projections
    .command('rebuild')
    .description(
      'Fold the log again beside the live table, and exchange the tables at the end. Queries go on meanwhile.',
    )
    .argument(...NAME)
    .option('--json', 'print a JSON object at the end')
    .action((name: string, { json }: { json?: boolean }) =>
      open(async (session) => {
        const progress = startProgress('events');
        const [begun, folded] = [performance.now(), { position: 0n }];
        await operatorOf(session)
          .rebuild(name, {
            signal,
            onProgress(position, target) {
              folded.position = position;
              progress.update(`Rebuilding ${name}`, Number(position), Number(target));
            },
          })
          .finally(progress.stop);
        // It returns early when it is told to stop.
        signal.throwIfAborted();
        const seconds = Math.round(performance.now() - begun) / 1000;
        if (json) await printJson({ name, position: folded.position, seconds });
        else
          note(`${name} is rebuilt, in ${seconds.toFixed(1)} s. \`tidemark projections rollback ${name}\` undoes it.`);
      }),
    );
