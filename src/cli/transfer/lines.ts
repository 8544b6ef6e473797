import { Failure } from '../failure.ts';

/** Bytes of one line at most: far more than the largest event, `EVENT_BYTES`, can take. */
const MAX_LINE_BYTES = 2 ** 28;
export const NEWLINE = 0x0a;

/**
 * The lines of a text as they come, each with its newline; only the last one may be without.
 * @throws {Failure} for a line that is too long to be one
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const lines: Buffer[] = [];
    const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let end = text.indexOf(NEWLINE, rest.length); end >= 0; end = text.indexOf(NEWLINE, from)) {
      lines.push(text.subarray(from, end + 1));
      from = end + 1;
    }
    rest = text.subarray(from);
    if (rest.length > MAX_LINE_BYTES)
      throw new Failure(`A line is longer than ${MAX_LINE_BYTES} bytes: this is no log.`);
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [rest];
}
