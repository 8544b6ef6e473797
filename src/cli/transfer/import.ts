import type { Database, Queryable } from '../../database/client.ts';
import { faultOf, plainMessageOf } from '../../database/errors.ts';
import { checkMasterKey } from '../../privacy/master-key.ts';
import type { Secrets } from '../../privacy/secrets.ts';
import { Failure } from '../failure.ts';
import { type Batch, readBatches, WrongLine } from './batches.ts';
import { lockHead, type Marker, moveMarker, readMarker, unbegun, writeMarker } from './marker.ts';
import type { Place } from './sequence.ts';
import { moveHead, writeBatch } from './write.ts';

export interface ImportOptions {
  readonly database: Database;
  /** Reads the text from its beginning. */
  readonly open: () => AsyncIterable<Buffer>;
  /** Whether it can be opened twice: then all of it is checked before anything is written. */
  readonly twice: boolean;
  /** Of the master key that the servers of this database use. */
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  onProgress(what: 'Checking' | 'Importing', bytes: number): void;
}

const TRANSACTION = { maxWait: 60_000, timeout: 600_000 };

/**
 * Fills an empty log from a text, or goes on where an import was interrupted. Each batch is one transaction, with the
 * head and the marker: whatever is killed and when, the log holds a whole beginning of the text.
 * @throws {Failure} when the log is not empty, or the text is not a log or not this one
 */
export async function importLog(options: ImportOptions): Promise<Place> {
  const { database, open, twice, secrets, signal, onProgress } = options;
  let marker = await begin(database);
  if (twice) {
    for await (const batch of readBatches(open())) {
      signal.throwIfAborted();
      checkHeader(batch, secrets);
      onProgress('Checking', batch.bytes);
    }
  }
  await checkMasterKey(database, secrets);
  const { lines, sha256 } = marker;
  for await (const batch of readBatches(open(), lines)) {
    signal.throwIfAborted();
    checkHeader(batch, secrets);
    const { after, kind } = batch;
    const known = after.lines <= lines;
    if (known && (kind === 'end' || (after.lines === lines && batch.sha256 !== sha256))) throw otherText(lines);
    if (!known) {
      const next = { lines: after.lines, sha256: batch.sha256, head: String(after.position) };
      await write(database, batch, marker, kind === 'end' ? null : next);
      marker = next;
    }
    onProgress('Importing', batch.bytes);
    if (kind === 'end') return after;
  }
  throw new Error('a text without an end was read to its end');
}

/** Servers write the log through a function alone; copying one takes more. @throws {Failure} naming the setting */
export async function checkMayImport(database: Queryable): Promise<void> {
  const [row] = await database.$queryRaw<{ may: boolean }[]>`
    SELECT has_table_privilege('events', 'INSERT') AND has_table_privilege('head', 'UPDATE') AS may`;
  if (row?.may) return;
  throw new Failure("Only the owner of the database may import: give the owner's account as DATABASE_MIGRATION_URL.");
}

const otherText = (lines: number): Failure =>
  new Failure(
    `An import was interrupted here after ${lines} lines, and they are not those of this file: go on with the same file, ` +
      'or import into a new database.',
  );

/** The marker of an interrupted import, or that of a new one into a log that is empty. */
const begin = (database: Database): Promise<Marker> =>
  database.$transaction(async (transaction) => {
    // First the lock: what a killed import has sent may be committed only now.
    const head = await lockHead(transaction);
    const marker = await readMarker(transaction);
    if (marker) return marker;
    const [row] = await transaction.$queryRaw<{ used: boolean }[]>`
      SELECT EXISTS (SELECT FROM events) OR EXISTS (SELECT FROM commands) OR EXISTS (SELECT FROM claims) AS used`;
    if (head !== 0n || row?.used) throw notEmpty();
    return unbegun;
  }, TRANSACTION);

const notEmpty = (): Failure => new Failure('This log is not empty: import into a new database, or another DATA_DIR.');

function checkHeader({ lines: [line] }: Batch, { fingerprint }: Secrets): void {
  if (line?.kind !== 'tidemark') return;
  const { masterKey, after } = line.value;
  if (after > 0n)
    throw new Failure(`The file begins after position ${after}: only a log from its beginning can be imported.`);
  if (masterKey !== fingerprint) {
    throw new Failure(
      'This log was written with another master key. Give the key of the server that wrote it, as MASTER_KEY or as the ' +
        'file master.key in DATA_DIR: claims and command records are hashed with it.',
    );
  }
}

const appended = (head: bigint, marker: Marker): Failure =>
  new Failure(
    `The head of the log is ${head}, not ${marker.head} where this import left it: a server has appended meanwhile, so the ` +
      'rest cannot be added. Import into a new database while no server writes to it.',
  );

/** Writes a batch, all of it or nothing. @throws {WrongLine} for the first line that PostgreSQL refuses */
async function write(database: Database, batch: Batch, from: Marker, to: Marker | null): Promise<void> {
  try {
    await database.$transaction(async (transaction) => {
      const head = await lockHead(transaction);
      if (head !== BigInt(from.head)) throw appended(head, from);
      if (from === unbegun && to) await writeMarker(transaction, to);
      else await moveMarker(transaction, from, to);
      await writeBatch(transaction, batch);
      await moveHead(transaction, batch);
      // A hint for servers that run; it leaves at COMMIT.
      if (!to) await transaction.$executeRaw`SELECT pg_notify('tidemark', ${`${batch.after.position} import`})`;
    }, TRANSACTION);
  } catch (error) {
    if (faultOf(error) !== 'refused') throw error;
    throw await firstRefused(database, batch, error);
  }
}

/** Looks for the line that PostgreSQL refuses, by trying ever shorter beginnings of the batch. */
async function firstRefused(database: Database, batch: Batch, error: unknown): Promise<unknown> {
  if (await wouldTake(database, batch)) return error;
  let [good, bad] = [0, batch.lines.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (
      await wouldTake(database, { ...batch, lines: batch.lines.slice(0, middle), texts: batch.texts.slice(0, middle) })
    )
      good = middle;
    else bad = middle;
  }
  return new WrongLine(batch.before.lines + bad, `PostgreSQL refuses it (${plainMessageOf(error)})`);
}

async function wouldTake(database: Database, batch: Batch): Promise<boolean> {
  const rolledBack = new Error('rolled back on purpose');
  const attempt = async (transaction: Queryable) => {
    await writeBatch(transaction, batch);
    throw rolledBack;
  };
  const error = await database.$transaction(attempt, TRANSACTION).catch((reason: unknown) => reason);
  if (error !== rolledBack && faultOf(error) !== 'refused') throw error;
  return error === rolledBack;
}
