import {
  type AnyDecider,
  type Command,
  type Decider,
  decide,
  fold,
  streamIdOf,
  type Versioned,
} from '../eventsourcing/decider.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { NewEvent, RecordedEvent } from '../eventsourcing/event.ts';
import type { Secrets } from '../privacy/secrets.ts';
import { canonicalJson } from './canonical-json.ts';
import { newId } from './ids.ts';
import type { LogReader } from './reader.ts';
import type { States } from './states.ts';
import { createTurns } from './turns.ts';
import { claimChanges, type StoredAnswer, type UnitOfWork, unitEvents } from './unit.ts';
import type { Writer } from './writer.ts';

/** What the sender of a command may ask for. */
export interface CommandOptions {
  /** UUID. The same id with the same input always gets the first answer. Made when absent. */
  readonly commandId?: string | null | undefined;
  /** Refuse unless the stream is still at this version. */
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
  readonly expectedVersion: number;
  readonly actualVersion: number;
  /** What happened since `expectedVersion`, oldest first, at most {@link EVENTS_SINCE}. */
  readonly eventsSince: readonly RecordedEvent[];
}

/**
 * Runs a command on an aggregate: the only way to add to the log.
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

export interface DispatchOptions {
  readonly writer: Writer;
  readonly reader: LogReader;
  readonly states: States;
  readonly secrets: Secrets;
  /** Commands under way at once, waiting for their turn or for the log. Past it, `UNAVAILABLE` at once. */
  readonly commandLimit: number;
  /** How long a command may take, ms, with waiting for its turn and all repetitions. */
  readonly timeoutMs: number;
  /** How often a command is decided anew because another process was first. */
  readonly conflictRetries: number;
  /** Bytes of JSON that one event's payload may have. */
  readonly eventBytes: number;
}

/** Events that a version conflict shows at most. */
export const EVENTS_SINCE = 100;

/** Stored as the rejection code of a command that came with an outdated `expectedVersion`. */
const VERSION_CONFLICT = 'VERSION_CONFLICT';

export function createDispatch({ writer, reader, states, secrets, ...limits }: DispatchOptions): Dispatch {
  // In one process the commands on one stream wait for each other instead of running into each other's guards.
  const inTurn = createTurns();
  let underWay = 0;

  return async (decider, id, command, options, cause) => {
    if (underWay >= limits.commandLimit) throw overloaded();
    const deadline = Date.now() + limits.timeoutMs;
    const streamId = streamIdOf(decider.category, id ?? newId());
    const commandId = options.commandId ?? newId();
    const expectedVersion = options.expectedVersion ?? null;
    const request = { commandId, dryRun: options.dryRun ?? false, ...cause };
    const requestHash = secrets.requestHash(
      canonicalJson([cause.actor, decider.category, id, command.type, command.data, expectedVersion]),
    );

    async function run(): Promise<Outcome> {
      if (Date.now() >= deadline) throw overloaded();
      let current: Versioned<unknown> =
        id !== null ? await states.load(decider, streamId) : { state: decider.initialState, version: 0 };
      for (let attempt = 0; attempt <= limits.conflictRetries && Date.now() < deadline; attempt++) {
        if (expectedVersion !== null && expectedVersion !== current.version) {
          current = await states.reload(decider, streamId);
        }
        const outdated = expectedVersion !== null && expectedVersion !== current.version;
        const decision = outdated ? { rejected: VERSION_CONFLICT } : decide(decider, command, current.state as never);
        const events =
          'events' in decision ? unitEvents(decider, streamId, current.version, decision.events, limits) : [];
        const next = fold(decider as AnyDecider, current, events);
        const unit: UnitOfWork = {
          ...request,
          streamId,
          type: command.type,
          requestHash,
          rejection: 'rejected' in decision ? decision.rejected : null,
          version: next.version,
          guards: [{ streamId, version: current.version }],
          events,
          claims: claimChanges(decider, streamId, current.state, next.state, secrets),
        };
        const verdict = await writer.append(unit, deadline);
        switch (verdict.outcome) {
          case 'accepted':
            if (!unit.dryRun) states.keep(decider, streamId, next);
            return accepted(unit, verdict.position, verdict.events, false);
          case 'rejected':
            return refused(streamId, verdict.code, current.version);
          case 'known':
            return replay(unit, verdict.answer);
          case 'conflict':
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** attempt));
            current = await states.reload(decider, streamId);
        }
      }
      throw new TidemarkError('UNAVAILABLE', 'Too much is going on here at once. Nothing was written; try again.');
    }

    /** The first answer to this command id, or a refusal if that was for another input. */
    async function replay(unit: UnitOfWork, answer: StoredAnswer): Promise<Outcome> {
      if (answer.requestHash !== requestHash) {
        throw new TidemarkError(
          'COMMAND_ID_REUSED',
          'commandId: it was used for another input. Send a new one with a new command.',
        );
      }
      if (answer.rejection !== null) return refused(answer.streamId, answer.rejection, answer.version);
      const position = BigInt(answer.position ?? 0);
      const events = answer.eventCount > 0 ? await reader.upTo(position, answer.eventCount) : [];
      // The writer repeats a batch whose answer was lost: what it then finds is our own first answer.
      const own = events.length > 0 && events[0]?.id === unit.events[0]?.id;
      return accepted({ ...unit, streamId: answer.streamId, version: answer.version }, position, events, !own);
    }

    async function refused(stream: string, code: string, version: number): Promise<Outcome> {
      if (code !== VERSION_CONFLICT || expectedVersion === null) return { kind: 'rejected', commandId, code };
      const since = Math.min(version - expectedVersion, EVENTS_SINCE);
      const eventsSince = since > 0 ? await reader.stream(stream, expectedVersion, since) : [];
      return { kind: 'conflict', commandId, expectedVersion, actualVersion: version, eventsSince };
    }

    underWay++;
    try {
      return await inTurn(streamId, run);
    } finally {
      underWay--;
    }
  };
}

const overloaded = () => new TidemarkError('UNAVAILABLE', 'The server is overloaded. Nothing was written; try again.');

const accepted = (
  unit: UnitOfWork,
  position: bigint,
  events: readonly RecordedEvent[],
  replayed: boolean,
): Accepted => ({
  kind: 'accepted',
  commandId: unit.commandId,
  streamId: unit.streamId,
  position,
  version: unit.version,
  events,
  replayed,
  dryRun: unit.dryRun,
});
