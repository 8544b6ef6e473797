import { onTestFinished } from 'vitest';
import { type AnyProjection, defineProjection } from '../../src/eventsourcing/projection.ts';
import { type ProjectionLimits, type Projections, startProjections } from '../../src/projections/projections.ts';
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

type OpenLog = Awaited<ReturnType<typeof openLog>>;

/** Projections at work in one process, until the test ends. */
export async function openProjections(
  { url, database, tail, reader }: OpenLog,
  projections: readonly AnyProjection[],
  limits: Partial<ProjectionLimits> = {},
  onError: (error: unknown) => void = () => undefined,
): Promise<Projections> {
  const opened = await startProjections({
    ...{ database, tail, reader, projections },
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
