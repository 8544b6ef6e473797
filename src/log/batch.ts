import type { UnitOfWork, Verdict } from './unit.ts';

/** A unit that waits for its turn. */
export interface Pending {
  readonly unit: UnitOfWork;
  /** About what it is on its way to the database. */
  readonly bytes: number;
  /** Ms since 1970. */
  readonly deadline: number;
  resolve(verdict: Verdict): void;
  reject(error: unknown): void;
}

/** Units that can be checked and written together, because none changes what another one looks at. */
export type Batch = readonly Pending[];

/** Names, hashes and ids of a unit, and of one event or claim of it: roughly. */
const UNIT_BYTES = 400;
const PART_BYTES = 200;

/** About how many bytes a unit is on its way to the database: its payloads exactly, and what comes with them roughly. */
export const bytesOf = ({ events, claims, guards }: UnitOfWork): number =>
  events.reduce(
    (bytes, event) => bytes + Buffer.byteLength(event.json),
    UNIT_BYTES + PART_BYTES * (events.length + claims.length + guards.length),
  );

/** What a unit changes. */
const writes = ({ commandId, events, claims }: UnitOfWork): string[] => [
  `command ${commandId}`,
  ...events.map((event) => `stream ${event.streamId}`),
  ...claims.map((claim) => `claim ${claim.key}`),
];

/** What a unit only looks at. Several may do so at once. */
const reads = ({ guards }: UnitOfWork): string[] => guards.map((guard) => `stream ${guard.streamId}`);

/**
 * The next batch, in the order of arrival. A unit that touches what an earlier one changes, or changes what an earlier
 * one touches, stays behind it: what arrived first is decided first. Dry runs go with dry runs only.
 */
export function takeBatch(queue: Iterable<Pending>, maxUnits: number, maxBytes: number): Batch {
  const batch: Pending[] = [];
  const changed = new Set<string>();
  const looked = new Set<string>();
  let bytes = 0;
  for (const pending of queue) {
    const full = batch.length >= maxUnits || (batch.length > 0 && bytes + pending.bytes > maxBytes);
    if (full || pending.unit.dryRun !== (batch[0] ?? pending).unit.dryRun) break;
    const [writing, reading] = [writes(pending.unit), reads(pending.unit)];
    const behind =
      writing.some((key) => changed.has(key) || looked.has(key)) || reading.some((key) => changed.has(key));
    if (!behind) {
      batch.push(pending);
      bytes += pending.bytes;
    }
    for (const key of writing) changed.add(key);
    for (const key of reading) looked.add(key);
  }
  return batch;
}
