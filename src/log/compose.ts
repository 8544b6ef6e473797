import { type AnyDecider, type Command, decide, fold, type Versioned } from '../eventsourcing/decider.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { currentSchemaVersion, type NewEvent } from '../eventsourcing/event.ts';
import type { Secrets } from '../privacy/secrets.ts';
import { newId } from './ids.ts';
import type { ClaimChange, Refusal, UnitEvent } from './unit.ts';

/** A command and the stream that it is for. */
export interface Intent {
  readonly decider: AnyDecider;
  readonly streamId: string;
  readonly command: Command;
}

/** The states of streams, as found or as left. */
export type StateMap = ReadonlyMap<string, Versioned<unknown>>;

/** What commands that are decided one after the other come to. */
export interface Composition {
  readonly refusal: Refusal | null;
  readonly events: readonly UnitEvent[];
  readonly claims: readonly ClaimChange[];
  /** The states afterwards; those found if refused. */
  readonly states: StateMap;
}

export interface ComposeOptions {
  readonly secrets: Secrets;
  /** Bytes of JSON that one event's payload may have. */
  readonly eventBytes: number;
}

/**
 * Decides the commands, each on what those before it leave, and diffs the claims of their streams.
 * @throws {TidemarkError} BAD_USER_INPUT when a payload is beyond the limit
 */
export function compose(intents: readonly Intent[], found: StateMap, options: ComposeOptions): Composition {
  const refused = (code: string): Composition => ({
    refusal: { code, detail: null },
    events: [],
    claims: [],
    states: found,
  });
  const states = new Map(found);
  const events: UnitEvent[] = [];
  for (const { decider, streamId, command } of intents) {
    const before = states.get(streamId) as Versioned<unknown>;
    const decision = decide(decider, command, before.state);
    if ('rejected' in decision) return refused(decision.rejected);
    const made = unitEvents(decider, streamId, before.version, decision.events, options.eventBytes);
    events.push(...made);
    states.set(streamId, fold(decider, before, made));
  }

  const deciders = new Map(intents.map(({ decider, streamId }) => [streamId, decider]));
  const claims = [...deciders].flatMap(([streamId, decider]) =>
    claimChanges(decider, streamId, found.get(streamId)?.state, states.get(streamId)?.state, options.secrets),
  );
  const twice = claimedTwice(claims);
  return twice ? refused(twice) : { refusal: null, events, claims, states };
}

/** Numbers the events that a decider made, in the form in which the log will give them back. */
function unitEvents(
  decider: AnyDecider,
  streamId: string,
  version: number,
  events: readonly NewEvent[],
  eventBytes: number,
): UnitEvent[] {
  return events.map(({ type, data }, index) => {
    const definition = decider.events[type];
    if (!definition) throw new Error(`the decider of ${decider.category} made an event it does not declare: ${type}`);
    const json = JSON.stringify(data);
    if (Buffer.byteLength(json) > eventBytes) {
      throw new TidemarkError('BAD_USER_INPUT', `The input is too large: one event holds ${eventBytes} bytes at most.`);
    }
    const schemaVersion = currentSchemaVersion(definition);
    return { id: newId(), streamId, version: version + index + 1, type, schemaVersion, json, data: JSON.parse(json) };
  });
}

/** The keys that the stream holds after but not before, to take, and before but not after, to release. */
function claimChanges(
  decider: AnyDecider,
  streamId: string,
  before: unknown,
  after: unknown,
  secrets: Secrets,
): ClaimChange[] {
  if (!decider.claims || before === after) return [];
  const held = new Map(decider.claims(before).map((claim) => [claim.key, claim.taken]));
  const wanted = new Map(decider.claims(after).map((claim) => [claim.key, claim.taken]));
  const change = (key: string, code: string | null) => ({ key: secrets.blindIndex(key), streamId, code });
  return [
    ...[...wanted].filter(([key]) => !held.has(key)).map(([key, code]) => change(key, code)),
    ...[...held.keys()].filter((key) => !wanted.has(key)).map((key) => change(key, null)),
  ];
}

/** The rejection of a key that two streams of the same unit want: the log could not say which of them is second. */
function claimedTwice(claims: readonly ClaimChange[]): string | null {
  const taken = new Set<string>();
  for (const { key, code } of claims) {
    if (code === null) continue;
    if (taken.has(key)) return code;
    taken.add(key);
  }
  return null;
}
