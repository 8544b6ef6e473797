import type { AnyDecider, Versioned } from '../eventsourcing/decider.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { EVENTS_SINCE } from './commands.ts';
import type { LogReader } from './reader.ts';
import type { States } from './states.ts';
import type { FailedGuard } from './unit.ts';

/** What the sender of a command expects of a stream. */
export interface Condition {
  readonly decider: AnyDecider;
  readonly streamId: string;
  readonly version: number | 'exists';
  /** Types of the events that may have come since that version. */
  readonly undisturbedBy: readonly string[];
}

export interface Checked {
  readonly failed: FailedGuard | null;
  /** By stream: what came since the expected version without disturbing. */
  readonly eventsSince: ReadonlyMap<string, readonly RecordedEvent[]>;
}

const holds = (version: number | 'exists', actual: number): boolean =>
  version === 'exists' ? actual > 0 : actual === version;

/** Checks conditions against the states found, which it brings up to the log where they do not hold. */
export async function check(
  conditions: readonly Condition[],
  found: Map<string, Versioned<unknown>>,
  { states, reader }: { states: States; reader: LogReader },
): Promise<Checked> {
  const eventsSince = new Map<string, readonly RecordedEvent[]>();

  /** What came since, if there is something and none of it disturbs. */
  async function undisturbed({ streamId, version, undisturbedBy }: Condition, actual: number) {
    if (version === 'exists' || undisturbedBy.length === 0) return null;
    const count = actual - version;
    if (count < 0 || count > EVENTS_SINCE) return null;
    const events = await reader.stream(streamId, version, count);
    return events.every((event) => undisturbedBy.includes(event.type)) ? events : null;
  }

  for (const condition of conditions) {
    const { decider, streamId, version } = condition;
    let actual = found.get(streamId)?.version ?? 0;
    if (!holds(version, actual)) {
      const current = await states.reload(decider, streamId);
      found.set(streamId, current);
      actual = current.version;
    }
    if (holds(version, actual)) continue;
    const since = await undisturbed(condition, actual);
    if (!since) return { failed: { streamId, expected: version, actual }, eventsSince };
    eventsSince.set(streamId, since);
  }
  return { failed: null, eventsSince };
}
