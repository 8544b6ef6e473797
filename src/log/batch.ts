import type { UnitOfWork, Verdict } from './unit.ts';

/** A unit that waits for its turn. */
export interface Pending {
  readonly unit: UnitOfWork;
  readonly json: string;
  readonly deadline: number;
  resolve(verdict: Verdict): void;
  reject(error: unknown): void;
}

/** Units that can be checked and written together, because no two touch the same thing. */
export type Batch = readonly Pending[];

/** Everything that a unit reads or writes and that another unit could change. */
function touches(unit: UnitOfWork): string[] {
  return [
    `command ${unit.commandId}`,
    `stream ${unit.streamId}`,
    ...unit.guards.map((guard) => `stream ${guard.streamId}`),
    ...unit.events.map((event) => `stream ${event.streamId}`),
    ...unit.claims.map((claim) => `claim ${claim.key}`),
  ];
}

/**
 * The next batch, in the order of arrival. A unit that touches what an earlier one touches stays behind it, so what
 * arrived first is decided first.
 */
export function takeBatch(
  queue: readonly Pending[],
  maxUnits: number,
  maxBytes: number,
): { batch: Batch; rest: Pending[] } {
  const batch: Pending[] = [];
  const rest: Pending[] = [];
  const touched = new Set<string>();
  let bytes = 0;
  for (const [index, pending] of queue.entries()) {
    const full = batch.length >= maxUnits || (batch.length > 0 && bytes + pending.json.length > maxBytes);
    if (full) return { batch, rest: [...rest, ...queue.slice(index)] };
    const keys = touches(pending.unit);
    if (keys.some((key) => touched.has(key))) rest.push(pending);
    else {
      batch.push(pending);
      bytes += pending.json.length;
    }
    for (const key of keys) touched.add(key);
  }
  return { batch, rest };
}
