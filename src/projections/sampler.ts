import { Prisma } from '../database/client.ts';
import { type RecordedEvent, UnreadableEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, keysOf, versionOf } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import { readCheckpoint } from './checkpoints.ts';
import { recordDrift } from './drift.ts';
import { pause } from './pause.ts';
import { type Comparison, type VerifyOptions, verifyKeys } from './verify.ts';

/** Keys in one sample, half of them of rows, half of events. */
const SAMPLE_KEYS = 20;
/** Bytes of a row, about, of a table about which nothing is known yet. */
const ROW_BYTES = 100;
/** Between two samples at least, ms. */
const EVERY_MS = 5_000;

/**
 * Keys to look at: of rows, for there may be some that should not be there or are wrong, and of events, for rows may be
 * missing. Both are taken at random without reading everything.
 */
export async function sampleKeys(
  { database, reader, projection, table }: VerifyOptions,
  count: number,
): Promise<string[]> {
  const { raw } = Prisma;
  const [size] = await database.$queryRaw<{ rows: number; pages: number }[]>`
    SELECT greatest(CASE WHEN reltuples < 0 THEN pg_relation_size(oid) / ${ROW_BYTES}::int ELSE reltuples END, 1)::float8 AS rows,
           greatest(pg_relation_size(oid) / current_setting('block_size')::int, 1)::int AS pages
    FROM pg_class WHERE oid = to_regclass(${`public."${projection.table.replaceAll('"', '""')}"`})`;
  // Whole blocks are taken: two of them at least, or there may be none.
  const percent = Math.min(100, Math.max((100 * count) / (size?.rows ?? 1), 200 / (size?.pages ?? 1)));
  const rows = await database.$queryRaw<{ key: string }[]>`
    SELECT ${table.keyText} AS key FROM ${table.name} t TABLESAMPLE SYSTEM (${raw(percent.toFixed(6))})
    ORDER BY random() LIMIT ${Math.ceil(count / 2)}`;
  const head = await reader.head();
  const place = BigInt(Math.floor(Math.random() * Number(head)));
  const events = await eventsAt(reader, place, Math.ceil(count / 2));
  return [...new Set([...rows.map((row) => row.key), ...events.flatMap((event) => keysIfAny(projection, event))])];
}

/** None where there is one that this version cannot read: the table itself stops there. */
async function eventsAt(reader: LogReader, place: bigint, count: number): Promise<readonly RecordedEvent[]> {
  try {
    return (await reader.page(place, count)).events;
  } catch (error) {
    if (error instanceof UnreadableEvent) return [];
    throw error;
  }
}

/** None for an event whose key cannot be told: at it, the table itself stops. */
function keysIfAny(projection: AnyProjection, event: RecordedEvent): readonly string[] {
  try {
    return keysOf(projection, event);
  } catch {
    return [];
  }
}

export interface SamplerOptions extends Omit<VerifyOptions, 'spend'> {
  /** Events folded for it in a second, on average; 0 for none. */
  readonly eventsPerSecond: number;
  onError(error: unknown): void;
}

/** Compares some rows with the log, again and again, for as long as it is let, at a low and bounded cost. */
export async function runSampler(options: SamplerOptions): Promise<void> {
  const { eventsPerSecond, projection, signal, onError } = options;
  if (eventsPerSecond === 0) return;
  // The debt is paid after each page: no more is read in the time that one page is worth.
  const spend = (events: number) => pause((events / eventsPerSecond) * 1_000, signal);
  while (!signal.aborted) {
    await pause(EVERY_MS * (0.5 + Math.random()), signal);
    if (signal.aborted) return;
    try {
      // A table that another version of the fold has made is no drift: it is rebuilt.
      const live = await readCheckpoint(options.database, projection.name, 'live');
      if (live?.version !== versionOf(projection)) continue;
      const keys = await sampleKeys(options, SAMPLE_KEYS);
      if (keys.length > 0) await report(options, await verifyKeys({ ...options, spend }, keys));
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  }
}

/** Drift is noted for everybody to see; what is new of it is trouble. */
async function report({ database, projection, onError }: SamplerOptions, comparison: Comparison): Promise<void> {
  const found = new Set(await recordDrift(database, projection.name, comparison));
  for (const { key, fields } of comparison.drift) {
    if (found.has(key)) onError(new Error(`row ${key} is not what the log says (${fields.join(', ')}): repair it`));
  }
}
