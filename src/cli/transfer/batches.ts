import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { type Kind, type Line, parseLine } from './format.ts';
import { NEWLINE, readLines } from './lines.ts';
import { advance, type Place, start } from './sequence.ts';

/** Lines of one kind that were checked and can be written together. */
export interface Batch {
  readonly kind: Kind;
  readonly lines: readonly Line[];
  /** Each line as it stands in the text: what is written is that, not what JavaScript's numbers make of it. */
  readonly texts: readonly string[];
  readonly before: Place;
  readonly after: Place;
  /** Of the text up to and with this batch. */
  readonly bytes: number;
  readonly sha256: string;
}

/** Lines and bytes of one batch at most; a longer line goes alone. */
const BATCH_LINES = 1_000;
const BATCH_BYTES = 4 * 2 ** 20;

/** A line that is not as it must be. The message begins with its number. */
export class WrongLine extends Failure {
  constructor(number: number, reason: string) {
    super(`Line ${number}: ${reason}. Nothing from this line on was taken over.`);
  }
}

/**
 * Reads a log's text in batches and checks everything that can be checked without a database: the shape of every line,
 * their order and number, and the hash of it all.
 * @param boundary a number of lines after which a batch ends in any case
 * @throws {WrongLine} for the first line that is wrong
 */
export async function* readBatches(source: AsyncIterable<Buffer>, boundary = 0): AsyncGenerator<Batch> {
  const hash = createHash('sha256');
  let [place, before, bytes, pending] = [start, start, 0, 0];
  let lines: Line[] = [];
  let texts: string[] = [];

  function batch(): Batch {
    const kind = (lines[0] as Line).kind;
    const done = { kind, lines, texts, before, after: place, bytes, sha256: digestOf(hash) };
    [lines, texts, before, pending] = [[], [], place, 0];
    return done;
  }

  for await (const buffers of readLines(source)) {
    for (const buffer of buffers) {
      const number = place.lines + 1;
      const line = understand(number, buffer);
      const full = lines.length === BATCH_LINES || pending + buffer.length > BATCH_BYTES;
      if (lines.length > 0 && (full || lines[0]?.kind !== line.kind || place.lines === boundary)) yield batch();
      if (line.kind === 'end' && line.value.sha256 !== digestOf(hash)) {
        throw new WrongLine(number, 'the lines above are not those that were exported (sha256 differs)');
      }
      place = follow(place, line);
      lines.push(line);
      texts.push(buffer.toString());
      hash.update(buffer);
      bytes += buffer.length;
      pending += buffer.length;
    }
  }
  if (place.kind !== 'end') {
    throw new WrongLine(place.lines + 1, 'the end is missing. Complete the file: run the export again, with --to');
  }
  yield batch();
}

const digestOf = (hash: Hash): string => hash.copy().digest('hex');

function understand(number: number, buffer: Buffer): Line {
  if (buffer.at(-1) !== NEWLINE) throw new WrongLine(number, 'it is cut off. Complete the file: run the export again');
  if (!isUtf8(buffer)) throw new WrongLine(number, 'it is not UTF-8');
  return explained(number, () => parseLine(buffer.toString()));
}

const follow = (place: Place, line: Line): Place => explained(place.lines + 1, () => advance(place, line));

function explained<T>(number: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new WrongLine(number, (error as Error).message);
  }
}
