import type { RecordedEvent } from '../eventsourcing/event.ts';

/** What one command adds to the log, or why it does not: checked and written as a whole. */
export interface UnitOfWork {
  readonly commandId: string;
  /** The command's type. */
  readonly type: string;
  /** The command's stream; the unit may write to others too. */
  readonly streamId: string;
  readonly actor: string | null;
  /** Hex. */
  readonly requestHash: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  /** Why it was refused before it came to the log, else null. */
  readonly refusal: Refusal | null;
  /** Versions of `streamId` before and afterwards. */
  readonly foundVersion: number;
  readonly version: number;
  /** Check everything, write nothing. */
  readonly dryRun: boolean;
  /** What must still hold of these streams. All that are written need one, so that the versions of their events fit. */
  readonly guards: readonly Guard[];
  readonly events: readonly UnitEvent[];
  readonly claims: readonly ClaimChange[];
}

/** A stream must be at this version, 0 if it must not exist; or it must exist, at whatever version. */
export interface Guard {
  readonly streamId: string;
  readonly version: number | 'exists';
}

export interface UnitEvent {
  readonly id: string;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  /** Its payload as JSON, and as the log will give it back. */
  readonly json: string;
  readonly data: unknown;
}

/** A key (hex) to take, with the rejection of whoever comes second, or, with a null code, to release. */
export interface ClaimChange {
  readonly key: string;
  readonly streamId: string;
  readonly code: string | null;
}

/** Which guard failed. */
export interface FailedGuard {
  readonly streamId: string;
  readonly expected: number | 'exists';
  readonly actual: number;
}

/** Why a command was refused: a rejection code of its decider, or {@link VERSION_CONFLICT}. */
export interface Refusal {
  readonly code: string;
  /** The guard that failed, or the claim (hex) that another stream holds. */
  readonly detail: FailedGuard | { readonly claim: string; readonly heldBy: string } | null;
}

/** The code of a command that came with an `expectedVersion`, or another condition on versions, that did not hold. */
export const VERSION_CONFLICT = 'VERSION_CONFLICT';

/** What the log says to a unit of work. */
export type Verdict =
  | { readonly outcome: 'accepted'; readonly events: readonly RecordedEvent[]; readonly position: bigint }
  | { readonly outcome: 'rejected'; readonly refusal: Refusal }
  | { readonly outcome: 'conflict'; readonly guard: FailedGuard }
  | { readonly outcome: 'known'; readonly answer: StoredAnswer };

/** The stored answer to a command id that was seen before. */
export interface StoredAnswer {
  readonly streamId: string;
  readonly requestHash: string;
  readonly refusal: Refusal | null;
  /** Of the stream, as the command left it or, refused, found it. */
  readonly version: number;
  /** Of its last event, or the head when it changed nothing; null when it was refused. */
  readonly position: bigint | null;
  readonly eventCount: number;
}
