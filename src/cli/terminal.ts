import { once } from 'node:events';
import Table from 'cli-table3';

/** Writes to standard output; resolves once the reader keeps up. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a line about what is going on: to standard error, where it does not mix with the result. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);

export const printJson = (value: unknown): Promise<void> => print(`${jsonOf(value)}\n`);

/** JSON with positions as decimal strings, as everywhere outside. */
export const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));

// Names and payloads come from anybody: they must not be able to move the cursor or to change what is read.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text that is safe to show on a terminal. */
export const shown = (text: string): string => text.replaceAll(CONTROL, '\ufffd');

/** The beginning of a text that is safe to show. */
export function shortened(text: string, length: number): string {
  const characters = [...shown(text.slice(0, 2 * length))];
  return characters.length <= length && text.length <= 2 * length
    ? characters.join('')
    : `${characters.slice(0, length - 1).join('')}…`;
}

/** Columns of the terminal; what is piped somewhere gets a usual width. */
export const width = (): number => process.stdout.columns ?? 120;

/** A number with separators: 1,234,567. */
export const grouped = (value: number | bigint): string => value.toLocaleString('en-US');

/** A table as text. Cells are made safe to show. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  drawn.push(...rows.map((row) => row.map(shown)));
  return `${drawn.toString()}\n`;
}
