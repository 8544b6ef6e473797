import type { AnyDecider, Command, Decider } from '../eventsourcing/decider.ts';
import type { NewEvent, RecordedEvent } from '../eventsourcing/event.ts';

/** What the sender of a command may ask for. */
export interface CommandOptions {
  /** UUID. The same id with the same input always gets the first answer. Made when absent. */
  readonly commandId?: string | null | undefined;
  /** Refuse unless the stream is still at this version, or what happened since does not disturb the command. */
  readonly expectedVersion?: number | null | undefined;
  /** Decide and show the events, but write nothing. */
  readonly dryRun?: boolean | null | undefined;
}

/** Where a command comes from. */
export interface Cause {
  readonly actor: string | null;
  readonly correlationId: string;
  readonly causationId: string | null;
}

/** One command of several that are carried out together. */
export interface Step {
  readonly decider: AnyDecider;
  /** Of the aggregate; null lets the server make one for an aggregate that does not exist yet. */
  readonly id: string | null;
  readonly command: Command;
  readonly expectedVersion?: number | null | undefined;
}

/** An aggregate that is only looked at: it must be at this version, 0 if it must not exist, or exist at any version. */
export interface Read {
  readonly decider: AnyDecider;
  readonly id: string;
  readonly version: number | 'exists';
}

export interface StepsOptions extends Omit<CommandOptions, 'expectedVersion'> {
  readonly reads?: readonly Read[];
}

/**
 * Runs a command on an aggregate: with {@link DispatchAll}, the only way to add to the log.
 * @param id of the aggregate; null lets the server make one for an aggregate that does not exist yet
 * @throws {TidemarkError} COMMAND_ID_REUSED, BAD_USER_INPUT for a payload beyond the limit, or UNAVAILABLE
 */
export type Dispatch = <State, C extends Command, E extends NewEvent>(
  decider: Decider<State, C, E>,
  id: string | null,
  command: C,
  options: CommandOptions,
  cause: Cause,
) => Promise<Outcome>;

/**
 * Runs several commands on one or several aggregates as one unit of work: all of them, or none. Each is decided on what
 * those before it leave. The first one stands for all in the record and the answer: its type, its stream, its version.
 * @throws as {@link Dispatch}
 */
export type DispatchAll = (steps: readonly [Step, ...Step[]], options: StepsOptions, cause: Cause) => Promise<Outcome>;

/** What became of a command. */
export type Outcome = Accepted | Rejected | Conflict;

export interface Accepted {
  readonly kind: 'accepted';
  readonly commandId: string;
  readonly streamId: string;
  /** Of its last event; the head when it changed nothing, and in a dry run. */
  readonly position: bigint;
  /** Of the stream, after the command. */
  readonly version: number;
  readonly events: readonly RecordedEvent[];
  /** What others did to the stream since `expectedVersion` without disturbing the command, oldest first. */
  readonly eventsSince: readonly RecordedEvent[];
  /** True when this is the stored answer to an earlier command with this id. */
  readonly replayed: boolean;
  readonly dryRun: boolean;
}

export interface Rejected {
  readonly kind: 'rejected';
  readonly commandId: string;
  readonly code: string;
}

export interface Conflict {
  readonly kind: 'conflict';
  readonly commandId: string;
  /** The stream that was not as expected. */
  readonly streamId: string;
  /** 1 where the stream only had to exist. */
  readonly expectedVersion: number;
  readonly actualVersion: number;
  /** What happened since `expectedVersion`, oldest first, at most {@link EVENTS_SINCE}. */
  readonly eventsSince: readonly RecordedEvent[];
}

/** Events that a version conflict shows at most, and that a command may be undisturbed by. */
export const EVENTS_SINCE = 100;
