import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import { count } from '../options.ts';
import { startProgress } from '../progress.ts';
import { grouped, note, print, printJson, table } from '../terminal.ts';
import { NAME, operatorOf } from './operator.ts';

interface Options {
  readonly sample?: number;
  readonly repair?: boolean;
  readonly json?: boolean;
}

/** Compares a read table with the log. */
export const verify = (projections: Command, { open, signal }: Cli): Command =>
  projections
    .command('verify')
    .description('Fold the log again and compare that with the rows. Fails when rows differ and stay as they are.')
    .argument(...NAME)
    .option('--sample <count>', 'compare only so many rows, taken at random', count)
    .option('--repair', 'write what the log says over rows that differ')
    .option('--json', 'print a JSON object')
    .action((name: string, { sample, repair = false, json }: Options) =>
      open(async (session) => {
        const progress = startProgress('events');
        const onProgress = (position: bigint, target: bigint) =>
          progress.update(`Verifying ${name}`, Number(position), Number(target));
        const result = await operatorOf(session)
          .verify(name, { sample, repair, signal, onProgress })
          .finally(progress.stop);
        signal.throwIfAborted();
        const { checked, position, drift, drifted, repaired } = result;
        if (json) await printJson({ name, ...result });
        else if (drift.length > 0) {
          await print(
            table(
              ['key', 'fields that differ'],
              drift.map(({ key, fields }) => [key, fields.join(', ')]),
            ),
          );
        }
        const left = drifted - repaired;
        const found = `${grouped(checked)} rows of ${name} compared at position ${position}: ${grouped(drifted)} differ`;
        if (left > 0) throw new Failure(`${found}, ${grouped(left)} not repaired. --repair writes what the log says.`);
        if (!json) note(`${found}${repaired > 0 ? ', all repaired' : ''}.`);
      }),
    );
