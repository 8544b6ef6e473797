import type { Database, Queryable } from '../../database/client.ts';
import { Failure } from '../failure.ts';
import { FORMAT, lineOf } from './format.ts';
import { claimPages, commandPages, eventPages, type ReadPage } from './pages.ts';
import type { Beginning, Target } from './target.ts';

export interface ExportOptions {
  readonly database: Database;
  /** Events after this position. Only from 0 on, what is not an event is exported too: then it can be imported. */
  readonly after: bigint;
  readonly target: Target;
  readonly signal: AbortSignal;
  /** @param total of the lines; more may have come to light than there were at first */
  onProgress(lines: number, total: number): void;
}

export interface Exported {
  readonly head: bigint;
  readonly events: number;
  readonly commands: number;
  readonly claims: number;
}

/** Longest time that an export may take, ms: as long as a timer can. */
const TRANSACTION = { isolationLevel: 'RepeatableRead', maxWait: 60_000, timeout: 2 ** 31 - 1 } as const;

/** Writes the log as it is at this moment, from one snapshot, after what the target holds of it already. */
export const exportLog = (options: ExportOptions): Promise<Exported> =>
  options.database.$transaction(async (database) => {
    await database.$executeRaw`SET TRANSACTION READ ONLY`;
    // A page is a stretch of an index. Without statistics, as after an import, PostgreSQL would sort all rows for each.
    await database.$executeRaw`SET LOCAL enable_seqscan = off`;
    await database.$executeRaw`SET LOCAL enable_bitmapscan = off`;
    await database.$executeRaw`SET LOCAL jit = off`;
    return exportFrom(database, options);
  }, TRANSACTION);

async function exportFrom(
  database: Queryable,
  { after, target, signal, onProgress }: ExportOptions,
): Promise<Exported> {
  const { head, masterKey, commands, claims } = await describe(database);
  if (masterKey === null) throw new Failure('No server has used this database yet: there is nothing to export.');
  if (after > head) throw new Failure(`The log ends at position ${head}, before ${after}.`);
  const header = lineOf('tidemark', { format: FORMAT, masterKey, after: String(after) });
  const { hash, bytes, events, last } = await target.begin(header);
  await checkSameLog(database, last, after + BigInt(events));
  const whole = after === 0n;
  const total = Number(head - after) + (whole ? commands + claims : 0);
  let written = events;

  async function add(text: string): Promise<void> {
    hash.update(text);
    await target.write(text);
  }
  async function all(read: ReadPage, from: string): Promise<number> {
    let lines = 0;
    for (let page = await read(from); page.lines > 0; page = await read(page.last)) {
      signal.throwIfAborted();
      await add(page.text);
      lines += page.lines;
      written += page.lines;
      onProgress(written, total);
    }
    return lines;
  }

  // A target that holds anything holds the header.
  if (bytes === 0) await add(header);
  const parts = {
    events: events + (await all(eventPages(database, head), String(last?.position ?? after))),
    commands: whole ? await all(commandPages(database), '') : 0,
    claims: whole ? await all(claimPages(database), '') : 0,
  };
  await add(lineOf('end', { head: String(head), ...parts, sha256: hash.copy().digest('hex') }));
  await target.finish();
  return { head, ...parts };
}

/** What there is to export, in the snapshot of the transaction. */
async function describe(database: Queryable) {
  const [row] = await database.$queryRaw<
    { head: bigint; masterKey: string | null; commands: number; claims: number }[]
  >`
    SELECT position AS head, (SELECT value FROM settings WHERE name = 'master_key') AS "masterKey",
           (SELECT count(*) FROM commands)::float8 AS commands, (SELECT count(*) FROM claims)::float8 AS claims
    FROM head`;
  if (!row) throw new Error('the table head has no row');
  return row;
}

/** Without holes and with the same ids, what is there is the beginning of this log. */
async function checkSameLog(database: Queryable, last: Beginning['last'], position: bigint): Promise<void> {
  if (last === null) return;
  const [row] = await database.$queryRaw<{ id: string }[]>`SELECT id FROM events WHERE position = ${position}`;
  if (last.position === position && row?.id === last.id) return;
  throw new Failure(
    `The file ends with position ${last.position} of another log, or lines of it are missing: name another file.`,
  );
}
