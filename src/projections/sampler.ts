import { Prisma } from '../database/client.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type AnyProjection, keysOf, versionOf } from '../eventsourcing/projection.ts';
import { readCheckpoint } from './checkpoints.ts';
import { recordDrift } from './drift.ts';
import { pause } from './pause.ts';
import { type Comparison, type VerifyOptions, verifyKeys } from './verify.ts';

/** Keys in one sample, half of them of rows, half of events. */
const SAMPLE_KEYS = 20;
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
  const key = table.column(projection.keyColumn);
  const [size] = await database.$queryRaw<{ rows: number; pages: number }[]>`
    SELECT greatest(reltuples, 1)::float8 AS rows, greatest(relpages, 1) AS pages
    FROM pg_class WHERE oid = to_regclass(${`public."${projection.table.replaceAll('"', '""')}"`})`;
  // Whole blocks are taken: two of them at least, or there may be none.
  const percent = Math.min(100, Math.max((100 * count) / (size?.rows ?? 1), 200 / (size?.pages ?? 1)));
  const rows = await database.$queryRaw<{ key: string }[]>`
    SELECT ${key}::text AS key FROM ${table.name} t TABLESAMPLE SYSTEM (${raw(percent.toFixed(6))})
    ORDER BY random() LIMIT ${Math.ceil(count / 2)}`;
  const head = await reader.head();
  const place = BigInt(Math.floor(Math.random() * Number(head)));
  const { events } = await reader.page(place, Math.ceil(count / 2));
  return [...new Set([...rows.map((row) => row.key), ...events.flatMap((event) => keysIfAny(projection, event))])];
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
  /** Told of each row that has drifted. */
  log(line: string): void;
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

/** Drift is noted for everybody to see, and told. */
async function report({ database, projection, log }: SamplerOptions, comparison: Comparison): Promise<void> {
  const { name } = projection;
  await recordDrift(database, name, comparison);
  for (const { key, fields } of comparison.drift) {
    log(`projection ${name}: the row ${key} is not what the log says (${fields.join(', ')}): verify it with repair`);
  }
}
