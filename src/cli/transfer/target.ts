import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import { parseLine } from './format.ts';
import { NEWLINE, readLines } from './lines.ts';

/** What a target of an export holds already. */
export interface Beginning {
  /** Of all that is there. */
  readonly hash: Hash;
  readonly bytes: number;
  readonly events: number;
  /** The last event that is there. */
  readonly last: { readonly position: bigint; readonly id: string } | null;
}

/** Where an export goes. */
export interface Target {
  /** Finds the header and the whole lines of events that are there. @throws {Failure} when there is something else */
  begin(header: string): Promise<Beginning>;
  /** Adds to them; the first time, what else followed them is cut off. */
  write(text: string): Promise<void>;
  /** Resolves once all is on the disk. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 2 ** 20;
const EVENT = Buffer.from('{"event":');

/** A file, private to its owner. One that holds an export, whole or interrupted, is gone on with. */
export async function fileTarget(path: string): Promise<Target> {
  const file = await open(path, 'r+')
    .catch((error) => (error.code === 'ENOENT' ? open(path, 'wx+', 0o600) : Promise.reject(error)))
    .catch((error) => {
      throw new Failure(`Cannot write to ${path} (${error.code}).`);
    });
  /** Bytes that are to stay. */
  let size = 0;
  let cut = false;
  return {
    async begin(header) {
      if (!(await file.stat()).isFile())
        throw new Failure(`${path} is no file. Leave --to out and redirect the output.`);
      const beginning = await readBeginning(file, path, header);
      size = beginning.bytes;
      return beginning;
    },
    async write(text) {
      if (!cut) await file.truncate(size);
      cut = true;
      if ((await file.stat()).size !== size) throw new Failure(`Something else is writing to ${path}.`);
      const buffer = Buffer.from(text);
      // A call may write less than it was given.
      for (let written = 0; written < buffer.length; ) {
        const { bytesWritten } = await file.write(buffer, written, buffer.length - written, size);
        written += bytesWritten;
        size += bytesWritten;
      }
    },
    finish: () => file.sync(),
    close: () => file.close(),
  };
}

async function readBeginning(file: FileHandle, path: string, header: string): Promise<Beginning> {
  const beginning = { hash: createHash('sha256'), events: 0, bytes: 0 };
  const expected = Buffer.from(header);
  let last: Buffer | null = null;
  const take = (line: Buffer) => {
    beginning.hash.update(line);
    beginning.bytes += line.length;
  };
  scan: for await (const lines of readLines(chunksOf(file))) {
    for (const line of lines) {
      if (beginning.bytes === 0) {
        // A header that was cut off is still the beginning of one; anything else is somebody's file.
        if (!expected.subarray(0, line.length).equals(line)) throw foreign(path);
        if (line.length < expected.length) break scan;
        take(line);
      } else {
        if (line.at(-1) !== NEWLINE || !line.subarray(0, EVENT.length).equals(EVENT)) break scan;
        take(line);
        beginning.events++;
        last = line;
      }
    }
  }
  return { ...beginning, last: last && eventOf(path, last) };
}

/** Not a stream: one that is left early closes the file. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const foreign = (path: string): Failure =>
  new Failure(`${path} holds something else than an export of this log from this position on: name another file.`);

function eventOf(path: string, buffer: Buffer): { position: bigint; id: string } {
  try {
    const line = parseLine(buffer.toString());
    if (line.kind === 'event') return line.value;
  } catch {
    // Its beginning is that of an event; the rest was damaged.
  }
  throw foreign(path);
}

/** Standard output, or any other stream. Waits while the reader does not keep up. */
export const streamTarget = (write: (text: string) => Promise<void>): Target => ({
  begin: async () => ({ hash: createHash('sha256'), bytes: 0, events: 0, last: null }),
  write,
  finish: async () => undefined,
  close: async () => undefined,
});
