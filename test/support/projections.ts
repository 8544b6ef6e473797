import { onTestFinished } from 'vitest';
import type { Database } from '../../src/database/client.ts';
import type { NewEvent, RecordedEvent } from '../../src/eventsourcing/event.ts';
import { type AnyProjection, defineProjection, keysOf, project, type Row } from '../../src/eventsourcing/projection.ts';
import { createOperator, type Operator } from '../../src/projections/operator.ts';
import { type ProjectionLimits, type Projections, startProjections } from '../../src/projections/projections.ts';
import { describeTable } from '../../src/projections/table.ts';
import { clientFor } from './database.ts';
import type { CounterEvent, openLog } from './log.ts';
import { execute } from './postgres.ts';

export type CounterRow = {
  readonly id: string;
  readonly name: string | null;
  readonly value: number;
  readonly version: number;
  readonly movedAt: string | null;
};

/** One row per counter; none while its value is 0. */
export const counters = defineProjection<CounterRow, CounterEvent>({
  name: 'counters',
  table: 'counters',
  keyColumn: 'id',
  key: ({ streamId }) => streamId,
  streamOf: (key) => key,
  on: {
    CounterNamed: (row, { streamId, version, data }) => ({ ...(row ?? empty(streamId)), name: data.name, version }),
    CounterMoved: (row, { streamId, version, recordedAt, data }) => {
      const before = row ?? empty(streamId);
      const value = before.value + data.by;
      return value === 0 ? null : { ...before, value, version, movedAt: recordedAt };
    },
  },
});

const empty = (id: string): CounterRow => ({ id, name: null, value: 0, version: 0, movedAt: null });

export const createCountersTable = (url: string) =>
  execute(
    url,
    `CREATE TABLE counters (id text PRIMARY KEY, name text, value int NOT NULL, version int NOT NULL, "movedAt" timestamptz)`,
  );

export type TallyRow = {
  readonly id: string;
  readonly events: number;
  readonly sum: number;
  readonly last: string;
};

/** Counts by the stream, by the distance moved, and over all: one event touches several rows, many streams one row. */
export const tallies = defineProjection<TallyRow, CounterEvent>({
  name: 'tallies',
  table: 'tallies',
  keyColumn: 'id',
  key: ({ streamId, type, data }) => (type === 'CounterMoved' ? ['all', streamId, `by ${data.by}`] : ['all', streamId]),
  on: {
    CounterNamed: (row, event, key) => tallied(row, event.recordedAt, key, 0),
    CounterMoved: (row, event, key) => tallied(row, event.recordedAt, key, event.data.by),
  },
});

function tallied(row: TallyRow | null, last: string, id: string, by: number): TallyRow | null {
  const { events, sum } = row ?? { events: 0, sum: 0 };
  return id !== 'all' && sum + by === 0 ? null : { id, events: events + 1, sum: sum + by, last };
}

export const createTalliesTable = (url: string) =>
  execute(
    url,
    'CREATE TABLE tallies (id text PRIMARY KEY, events int NOT NULL, sum int NOT NULL, last timestamptz NOT NULL)',
  );

type OpenLog = Awaited<ReturnType<typeof openLog>>;

/** Projections at work in one process, until the test ends. */
export async function openProjections(
  { url, database, tail, reader }: OpenLog,
  projections: readonly AnyProjection[],
  limits: Partial<ProjectionLimits> = {},
  onError: (error: unknown) => void = () => undefined,
  replica?: Database,
): Promise<Projections> {
  const opened = await startProjections({
    ...{ database, tail, reader, projections, replica },
    openForRebuild: () => clientFor(url),
    limits: { batchEvents: 100, waitMs: 60_000, pollMs: 100, verifyEventsPerSecond: 0, ...limits },
    log: () => undefined,
    onError: (_, error) => onError(error),
  });
  onTestFinished(() => opened.close());
  return opened;
}

/** The counters at work in one process. */
export async function openCounters(log: OpenLog, batchEvents = 100, waitMs = 60_000) {
  const errors: unknown[] = [];
  const projections = await openProjections(log, [counters], { batchEvents, waitMs }, (error) => errors.push(error));
  return { projections, model: projections.readModel<CounterRow>(counters), errors };
}

/** What an operator can do with projections while no server runs, or beside those that do. */
export const operatorFor = (
  { database, reader }: Pick<OpenLog, 'database' | 'reader'>,
  projections: readonly AnyProjection[],
  onError: (error: unknown) => void = () => undefined,
): Operator => createOperator({ database, reader, projections, onError });

const byKey = <R extends Row>({ keyColumn }: AnyProjection, rows: readonly R[]): R[] =>
  [...rows].sort((a, b) => (String(a[keyColumn]) < String(b[keyColumn]) ? -1 : 1));

/** Every row of a read table, by its key, in the form that the fold gives rows. */
export async function rowsIn({ database }: Pick<OpenLog, 'database'>, projection: AnyProjection): Promise<Row[]> {
  const table = await describeTable(database, projection);
  const found = await database.$queryRaw<
    { row: Row }[]
  >`SELECT row_to_json(r) AS row FROM (SELECT ${table.fields} FROM ${table.name} t) r`;
  return byKey(
    projection,
    found.map(({ row }) => row),
  );
}

/** What a read table must hold: the plain fold of these events, row by row. */
export function foldOf(projection: AnyProjection, events: readonly RecordedEvent[]): Row[] {
  const rows = new Map<string, Row>();
  for (const event of events) {
    for (const key of keysOf(projection, event)) {
      const row = project<Row, NewEvent>(projection, rows.get(key) ?? null, event, key);
      if (row) rows.set(key, row);
      else rows.delete(key);
    }
  }
  return byKey(projection, [...rows.values()]);
}

/** The whole log. */
export async function allEvents({ reader }: Pick<OpenLog, 'reader'>): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await reader.page(events.at(-1)?.position ?? 0n, 5_000);
    if (page.events.length === 0) return events;
    events.push(...page.events);
  }
}
