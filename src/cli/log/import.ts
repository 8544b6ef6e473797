import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import { startProgress } from '../progress.ts';
import { grouped, note, printJson } from '../terminal.ts';
import { checkMayImport, importLog } from '../transfer/import.ts';

const CHUNK_BYTES = 2 ** 20;
const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);

/** A log from a text. */
export const importing = (log: Command, { open, secrets, signal }: Cli): Command =>
  log
    .command('import')
    .description('Fill an empty log from an export, or go on with an import that was interrupted.')
    .argument('<file>', 'what `log export` wrote; - reads it from standard input')
    .option('--json', 'print a JSON object about what was imported')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { source, size } = await sourceOf(file);
      const own = await secrets();
      await open(
        async ({ database, dataAt }) => {
          await checkMayImport(database);
          const progress = startProgress('MB');
          const imported = await importLog({
            ...{ database, open: source, twice: size > 0, secrets: own, signal },
            onProgress: (what, bytes) => progress.update(what, megabytes(bytes), megabytes(size)),
          }).finally(progress.stop);
          const { position, events, commands, claims } = imported;
          const summary = `${grouped(events)} events, ${grouped(commands)} commands and ${grouped(claims)} claims`;
          if (json) await printJson({ head: position, events, commands, claims });
          else note(`Imported ${summary} into ${dataAt}.`);
        },
        { create: true },
      );
    });

/** What can be read again from its beginning has a size. */
async function sourceOf(file: string): Promise<{ source: () => AsyncIterable<Buffer>; size: number }> {
  if (file === '-') return { source: () => process.stdin, size: 0 };
  const info = await stat(file).catch((error) => {
    throw new Failure(`Cannot read ${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}.`);
  });
  if (info.isDirectory()) throw new Failure(`${file} is a folder: name the file that \`log export\` wrote.`);
  return { source: () => createReadStream(file, { highWaterMark: CHUNK_BYTES }), size: info.isFile() ? info.size : 0 };
}
