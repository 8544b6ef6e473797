import DataLoader from 'dataloader';
import { type JsonQueries, Prisma, type Queryable } from '../database/client.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import type { AnyProjection, Row } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import type { Tail } from '../log/tail.ts';
import type { Past } from './past.ts';
import type { Progress } from './progress.ts';
import type { Table } from './table.ts';

/** The reading side of a projection. */
export interface ReadModel<R extends Row = Row> {
  readonly table: Table<R>;
  /** How far the read table has got: what is read from now on is at least this new. */
  readonly position: bigint;
  /** The rows as they were. */
  readonly past: Past<R>;
  /** The row now. Loads of one turn of the event loop become one statement, over all requests. */
  row(key: string): Promise<R | null>;
  /** The row now and where its table is, as of one moment. Who asks in the same turn for the same gets the same object. */
  placedRow(key: string): Promise<PlacedRow<R>>;
  /** The row as one stream's first `version` events left it, whatever the read table's position. */
  rowAt(key: string, at: { streamId: string; version: number; events: readonly RecordedEvent[] }): Promise<R | null>;
  /** Rows that a condition on `t` selects, in order. What is asked for twice in one turn is read once. */
  rows(where: Prisma.Sql, orderBy: Prisma.Sql, limit: number): Promise<readonly R[]>;
  count(where: Prisma.Sql): Promise<number>;
  /** Whatever a SELECT on read tables gives. */
  query<T>(select: Prisma.Sql): Promise<T[]>;
  /**
   * Waits until the read table has reached a position; at once when none is given.
   * @throws {TidemarkError} PROJECTION_STALE after the time limit, BAD_USER_INPUT beyond the end of the log
   */
  reach(minPosition: bigint | null | undefined): Promise<void>;
  /** Like `reach`, without a limit: resolves with false when the signal fires. */
  reached(position: bigint, signal: AbortSignal): Promise<boolean>;
}

/** A row, and the position up to which its table has been folded. */
export interface PlacedRow<R extends Row = Row> {
  readonly row: R | null;
  readonly position: bigint;
}

export interface ReadModelOptions<R extends Row> {
  /** Where read tables are read: the database, or a replica of it. */
  readonly reading: Queryable & JsonQueries;
  readonly projection: AnyProjection;
  readonly table: Table<R>;
  /** How far the table has got there. */
  readonly progress: Progress;
  readonly past: Past<R>;
  readonly reader: LogReader;
  readonly tail: Tail;
  /** How long `reach` waits, ms. */
  readonly waitMs: number;
}

/** Keys in one statement. */
const LOAD_AT_ONCE = 500;
const READ_PAGE = 1_000;

export function createReadModel<R extends Row>(options: ReadModelOptions<R>): ReadModel<R> {
  const { reading: database, projection, table, progress, past, reader, tail } = options;

  /** All rows in one value: PostgreSQL makes it and JavaScript reads it faster than so many values. */
  const select = (condition: Prisma.Sql) =>
    database.$json<R[]>(Prisma.sql`
      SELECT coalesce(json_agg(page.*), '[]') FROM (
        SELECT ${table.fields} FROM ${table.name} t WHERE ${condition}
      ) page`);

  const byKey = (rows: readonly R[]) => new Map(rows.map((row) => [String(row[projection.keyColumn]), row]));

  const loader = new DataLoader<string, R | null>(
    async (keys) => {
      const rows = byKey(await select(table.keyIn(keys)));
      return keys.map((key) => rows.get(key) ?? null);
    },
    { cache: false, maxBatchSize: LOAD_AT_ONCE, batchScheduleFn: setImmediate },
  );

  // In one statement: between two, another table may be put in its place.
  const placed = new DataLoader<string, PlacedRow<R>>(
    async (keys) => {
      const { position, rows } = await database.$json<{ position: string; rows: R[] }>(Prisma.sql`
        SELECT json_build_object(
          'position', (SELECT position::text FROM checkpoints WHERE name = ${projection.name} AND slot = 'live'),
          'rows', (SELECT coalesce(json_agg(page.*), '[]') FROM (
            SELECT ${table.fields} FROM ${table.name} t WHERE ${table.keyIn(keys)}) page))`);
      const found = byKey(rows);
      const placedRows = new Map(keys.map((key) => [key, { row: found.get(key) ?? null, position: BigInt(position) }]));
      return keys.map((key) => placedRows.get(key) as PlacedRow<R>);
    },
    { cache: false, maxBatchSize: LOAD_AT_ONCE, batchScheduleFn: setImmediate },
  );

  const pages = new DataLoader<Prisma.Sql, readonly R[]>(
    (conditions) => {
      const asked = new Map<string, Promise<readonly R[] | Error>>();
      return Promise.all(
        conditions.map((condition) => {
          const key = JSON.stringify([condition.sql, condition.values], bigints);
          const page = asked.get(key) ?? select(condition).catch((error: Error) => error);
          asked.set(key, page);
          return page;
        }),
      );
    },
    { cache: false, batchScheduleFn: setImmediate },
  );

  return {
    table,
    past,
    get position() {
      return progress.position;
    },
    row: (key) => loader.load(key),
    placedRow: (key) => placed.load(key),

    async rowAt(key, { streamId, version, events }) {
      // A command may have written to other streams too.
      const own = events.filter((event) => event.streamId === streamId);
      const inHand = own[0]?.version ?? version + 1;
      let row = inHand === 1 ? null : await loader.load(key);
      // A row that is past that version cannot be taken back: fold from the start.
      if (row && versionIn(row) > version) row = null;
      for (let from = row ? versionIn(row) : 0; from + 1 < inHand; ) {
        const missing = await reader.stream(streamId, from, Math.min(READ_PAGE, inHand - 1 - from));
        if (missing.length === 0) break;
        row = past.fold(key, row, missing);
        from += missing.length;
      }
      const from = row ? versionIn(row) : 0;
      return past.fold(
        key,
        row,
        own.filter((event) => event.version > from),
      );
    },

    rows: (where, orderBy, limit) => pages.load(Prisma.sql`${where} ORDER BY ${orderBy} LIMIT ${limit}`),

    async count(where) {
      const [found] = await database.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM ${table.name} t WHERE ${where}`;
      return found?.count ?? 0;
    },

    query: (select) => database.$queryRaw(select),

    async reach(minPosition) {
      if (minPosition === null || minPosition === undefined || progress.position >= minPosition) return;
      if (minPosition > tail.head && minPosition > (await tail.refresh())) {
        throw new TidemarkError('BAD_USER_INPUT', 'minPosition: it is beyond the head of the log.');
      }
      if (!(await progress.reached(minPosition, AbortSignal.timeout(options.waitMs)))) {
        throw new TidemarkError(
          'PROJECTION_STALE',
          `The read table did not reach minPosition within ${options.waitMs} ms. Ask again.`,
          { position: progress.position.toString() },
        );
      }
    },
    reached: (position, signal) => progress.reached(position, signal),
  };
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

/** The version of its stream that a row shows. */
function versionIn(row: Row): number {
  if (typeof row.version !== 'number') throw new Error('the rows of this projection have no column version');
  return row.version;
}
