import { onTestFinished } from 'vitest';
import { defineProjection } from '../../src/eventsourcing/projection.ts';
import { createReadModel } from '../../src/projections/read-model.ts';
import { startRunner } from '../../src/projections/runner.ts';
import { describeTable } from '../../src/projections/table.ts';
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

/** The projection at work in one process. */
export async function openCounters(log: Awaited<ReturnType<typeof openLog>>, batchEvents = 100, waitMs = 60_000) {
  const { database, tail, reader } = log;
  const errors: unknown[] = [];
  const table = await describeTable<CounterRow>(database, counters);
  const runner = await startRunner({
    database,
    tail,
    projection: counters,
    table,
    batchEvents,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => runner.close());
  const model = createReadModel({ database, projection: counters, table, runner, reader, tail, waitMs });
  return { runner, model, errors };
}
