import { createHash } from 'node:crypto';
import { Prisma, type Queryable } from '../database/client.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, foldRows, keysOf, type Row, type Rows, versionOf } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import { changedFields } from './past.ts';
import { rowsIn, type Table } from './table.ts';

/** A row of a read table that is not what the log says. */
export interface DriftedRow {
  readonly key: string;
  /** The columns that differ; all, when the row is missing or should not be there. */
  readonly fields: readonly string[];
  /** The row by the log. */
  readonly expected: Row | null;
}

/** What a check has found. */
export interface Comparison {
  readonly checked: readonly string[];
  readonly drift: readonly DriftedRow[];
  /** The checkpoint at which table and log were compared. */
  readonly position: bigint;
  readonly generation: number;
  readonly revision: number;
  readonly leaveOut: ReadonlySet<bigint>;
}

export interface VerifyOptions {
  readonly database: Queryable;
  readonly reader: LogReader;
  readonly projection: AnyProjection;
  readonly table: Table;
  readonly signal: AbortSignal;
  /** Told of events that were folded; whoever wants it to go slowly answers late. */
  spend?(events: number, position: bigint): Promise<void>;
}

const PAGE = 1_000;
/** Rows of a table that are compared in one pass over the log. */
const PASS_ROWS = 100_000;

interface Snapshot {
  readonly position: bigint;
  readonly generation: number;
  readonly revision: number;
  readonly leaveOut: ReadonlySet<bigint>;
  readonly rows: Rows;
}

/** Rows and checkpoint at one moment. */
async function snapshot({ database, projection, table }: VerifyOptions, where: Prisma.Sql): Promise<Snapshot> {
  const [found] = await database.$queryRaw<
    { position: bigint; generation: number; revision: number; version: number; skips: bigint[]; rows: string | null }[]
  >`
    SELECT c.position, c.generation, c.revision, c.version, ${table.rowsWhere(where)} AS rows,
           ARRAY(SELECT s.position FROM projection_skips s WHERE s.name = c.name AND s.generation = c.generation) AS skips
    FROM checkpoints c WHERE c.name = ${projection.name} AND c.slot = 'live'`;
  if (!found) throw new Error(`the checkpoint of ${projection.name} is gone`);
  if (found.version !== versionOf(projection)) {
    throw new TidemarkError(
      'BAD_USER_INPUT',
      `name: the table of ${projection.name} was made by version ${found.version} of its fold: rebuild it first.`,
    );
  }
  const { position, generation, revision, skips, rows } = found;
  return {
    ...{ position, generation, revision },
    leaveOut: new Set(skips),
    rows: rowsIn(projection, rows),
  };
}

/** Compares the rows under these keys with the fold of the log. */
export async function verifyKeys(options: VerifyOptions, keys: readonly string[]): Promise<Comparison> {
  const { projection, table, reader } = options;
  const actual = await snapshot(options, table.keyIn(keys));
  const only = new Set(keys);
  const { streamOf } = projection;
  const expected = streamOf
    ? await foldAll(options, actual, (key) => only.has(key), streams(reader, [...new Set(keys.map(streamOf))]))
    : await foldAll(options, actual, (key) => only.has(key), wholeLog(reader));
  return compare(options, actual, expected, keys);
}

/**
 * Compares the whole table with the whole log, in as many passes as memory asks for. Each pass compares a share of the keys,
 * at a checkpoint of its own.
 */
export async function* verifyAll(options: VerifyOptions): AsyncGenerator<Comparison, void, void> {
  const { database, table, reader, signal } = options;
  const [size] = await database.$queryRaw<{ rows: number }[]>`SELECT count(*)::int AS rows FROM ${table.name}`;
  const passes = Math.max(1, Math.ceil((size?.rows ?? 0) / PASS_ROWS));
  for (let pass = 0; pass < passes && !signal.aborted; pass++) {
    const inPass = (each: string) => shareOf(each, passes) === pass;
    const actual = await snapshot(
      options,
      Prisma.sql`mod(('x' || left(md5(${table.keyText}), 8))::bit(32)::bigint, ${passes}) = ${pass}`,
    );
    const expected = await foldAll(options, actual, inPass, wholeLog(reader));
    yield compare(options, actual, expected, new Set([...actual.rows.keys(), ...expected.keys()]));
  }
}

/** In which of so many passes a key is: the same as the SQL above says. */
const shareOf = (key: string, passes: number): number =>
  passes === 1 ? 0 : createHash('md5').update(key).digest().readUInt32BE() % passes;

type Source = (until: bigint) => AsyncGenerator<readonly RecordedEvent[], void, void>;

const wholeLog = (reader: LogReader): Source =>
  async function* (until) {
    for (let after = 0n; after < until; ) {
      const { events } = await reader.page(after, PAGE);
      const last = events.at(-1);
      if (!last) return;
      after = last.position;
      yield after <= until ? events : events.filter((event) => event.position <= until);
    }
  };

const streams = (reader: LogReader, streamIds: readonly string[]): Source =>
  async function* (until) {
    for (const streamId of streamIds) {
      // Not further: what comes later may be more than this version can read.
      const end = await reader.versionAt(streamId, { position: until });
      for (let version = 0; version < end; version += PAGE) {
        yield await reader.stream(streamId, version, Math.min(PAGE, end - version));
      }
    }
  };

async function foldAll(
  { projection, signal, spend }: VerifyOptions,
  { position, leaveOut }: Snapshot,
  wanted: (key: string) => boolean,
  source: Source,
): Promise<Rows> {
  let rows: Rows = new Map();
  const state = new Map<string, Row>();
  for await (const events of source(position)) {
    if (signal.aborted) throw signal.reason;
    const folded = events.filter((event) => !leaveOut.has(event.position));
    const only = new Set(folded.flatMap((event) => keysOf(projection, event)).filter(wanted));
    if (only.size > 0) {
      rows = foldRows(projection, pick(state, only), folded, { only });
      for (const key of only) {
        const row = rows.get(key);
        if (row) state.set(key, row);
        else state.delete(key);
      }
    }
    await spend?.(events.length, events.at(-1)?.position ?? position);
  }
  return state;
}

const pick = (rows: Rows, keys: ReadonlySet<string>): Rows =>
  new Map([...keys].flatMap((key) => [...(rows.has(key) ? [[key, rows.get(key) as Row] as const] : [])]));

function compare(
  { table }: VerifyOptions,
  { position, generation, revision, leaveOut, rows }: Snapshot,
  expected: Rows,
  keys: Iterable<string>,
): Comparison {
  const checked = [...keys];
  const drift = checked.flatMap((key) => {
    const [actual, wanted] = [rows.get(key) ?? null, expected.get(key) ?? null];
    if (!actual && !wanted) return [];
    const fields =
      actual && wanted ? changedFields(actual, wanted, table.columns).map(({ field }) => field) : [...table.columns];
    return fields.length > 0 ? [{ key, fields, expected: wanted }] : [];
  });
  return { checked, drift, position, generation, revision, leaveOut };
}
