import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from './history.ts';

/** JSON that knows big integers and maps. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part instanceof Map ? Object.fromEntries(part) : part,
  );

/** Writes all that is known of a run as NDJSON, a file for each kind, to be searched with what one has. */
export async function keep(evidence: Evidence, folder: string): Promise<void> {
  for (const [name, value] of Object.entries(evidence)) {
    const lines = Array.isArray(value) ? value : [value];
    await writeFile(join(folder, `${name}.ndjson`), lines.map((line) => `${json(line)}\n`).join(''));
  }
}
