import type { AnyDecider } from '../eventsourcing/decider.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { currentSchemaVersion, type NewEvent, type RecordedEvent } from '../eventsourcing/event.ts';
import type { Secrets } from '../privacy/secrets.ts';
import { newId } from './ids.ts';

/** What one command adds to the log, or why it does not: checked and written as a whole. */
export interface UnitOfWork {
  readonly commandId: string;
  /** The command's type. */
  readonly type: string;
  readonly streamId: string;
  readonly actor: string | null;
  /** Hex. */
  readonly requestHash: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  /** The code with which the decider refused, else null. */
  readonly rejection: string | null;
  /** Version of `streamId` afterwards. */
  readonly version: number;
  /** Check everything, write nothing. */
  readonly dryRun: boolean;
  /** Versions that these streams must still have, also of streams that are only read. */
  readonly guards: readonly { readonly streamId: string; readonly version: number }[];
  readonly events: readonly UnitEvent[];
  /** Keys (hex) to take, with the rejection of whoever comes second, or, with a null code, to release. */
  readonly claims: readonly { readonly key: string; readonly streamId: string; readonly code: string | null }[];
}

export interface UnitEvent {
  readonly id: string;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
}

/** What the log says to a unit of work. */
export type Verdict =
  | { readonly outcome: 'accepted'; readonly events: readonly RecordedEvent[]; readonly position: bigint }
  | { readonly outcome: 'rejected'; readonly code: string }
  | { readonly outcome: 'conflict'; readonly streamId: string; readonly expected: number; readonly actual: number }
  | { readonly outcome: 'known'; readonly answer: StoredAnswer };

/** The stored answer to a command id that was seen before. */
export interface StoredAnswer {
  readonly streamId: string;
  readonly requestHash: string;
  readonly rejection: string | null;
  readonly version: number;
  /** Decimal; null when the command was refused. */
  readonly position: string | null;
  readonly eventCount: number;
}

/**
 * Numbers the events that a decider made, in the form in which the log will give them back.
 * @throws {TidemarkError} BAD_USER_INPUT when a payload has more than `eventBytes` bytes of JSON
 */
export function unitEvents(
  decider: AnyDecider,
  streamId: string,
  version: number,
  events: readonly NewEvent[],
  { eventBytes }: { eventBytes: number },
): UnitEvent[] {
  return events.map(({ type, data }, index) => {
    const definition = decider.events[type];
    if (!definition) throw new Error(`the decider of ${decider.category} made an event it does not declare: ${type}`);
    const json = JSON.stringify(data);
    if (Buffer.byteLength(json) > eventBytes) {
      throw new TidemarkError('BAD_USER_INPUT', `The input is too large: one event holds ${eventBytes} bytes at most.`);
    }
    const schemaVersion = currentSchemaVersion(definition);
    return { id: newId(), streamId, version: version + index + 1, type, schemaVersion, data: JSON.parse(json) };
  });
}

/** The keys that the stream holds after but not before, to take, and before but not after, to release. */
export function claimChanges(
  decider: AnyDecider,
  streamId: string,
  before: unknown,
  after: unknown,
  secrets: Secrets,
): UnitOfWork['claims'] {
  if (!decider.claims || before === after) return [];
  const held = new Map(decider.claims(before).map((claim) => [claim.key, claim.taken]));
  const wanted = new Map(decider.claims(after).map((claim) => [claim.key, claim.taken]));
  const change = (key: string, code: string | null) => ({ key: secrets.blindIndex(key), streamId, code });
  return [
    ...[...wanted].filter(([key]) => !held.has(key)).map(([key, code]) => change(key, code)),
    ...[...held.keys()].filter((key) => !wanted.has(key)).map((key) => change(key, null)),
  ];
}
