import { Rejection, type Rejections } from './errors.ts';
import type { EventDefinitions, NewEvent } from './event.ts';

/** A request in the imperative. Time and ids come in with it: `decide` makes none. */
export interface Command {
  readonly type: string;
  readonly data: unknown;
}

/** A key that at most one stream may hold, and the rejection of whoever comes second. */
export interface Claim {
  readonly key: string;
  readonly taken: string;
}

/** An aggregate: it folds one stream into the state that a decision needs, and decides. All of it is pure. */
export interface Decider<State, C extends Command, E extends NewEvent> {
  /** Prefix of its streams: `user-42` is in category `user`. Lower case letters. */
  readonly category: string;
  readonly events: EventDefinitions;
  /** Every code that `decide` and `claims` refuse with → what a person is told. */
  readonly rejections: Rejections;
  readonly initialState: State;
  /**
   * Given, long streams are loaded through snapshots of their state, which then must be plain JSON. Raise it whenever
   * `initialState`, `evolve` or what they make of an event changes: snapshots made with another one are ignored.
   */
  readonly stateVersion?: number;
  /**
   * Per command type: the events of others since its `expectedVersion` that do not disturb it. If nothing else happened,
   * it is decided on the state as it is now instead of being a conflict.
   */
  readonly undisturbedBy?: { readonly [T in C['type']]?: readonly E['type'][] };
  /** The keys that a stream in this state holds. The log lets at most one stream hold each. */
  claims?(state: State): readonly Claim[];
  /** The events that the command leads to; none when nothing changes. Refuses with `reject`. */
  decide(command: C, state: State): readonly E[];
  evolve(state: State, event: E): State;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of deciders holds deciders of different types
export type AnyDecider = Decider<any, any, any>;

/** The stream of one aggregate. */
export const streamIdOf = (category: string, id: string): string => `${category}-${id}`;

/** The category of a stream: `user-42` → `user`. */
export const categoryOf = (streamId: string): string => streamId.slice(0, streamId.indexOf('-'));

/** The aggregate's id within a stream's: `user-42` → `42`. */
export const idOf = (streamId: string): string => streamId.slice(streamId.indexOf('-') + 1);

/** A state and the number of events that led to it. */
export interface Versioned<State> {
  readonly state: State;
  readonly version: number;
}

/** Folds further events of one stream into a state. */
export const fold = <State, E extends NewEvent>(
  decider: Pick<Decider<State, never, E>, 'evolve'>,
  from: Versioned<State>,
  events: readonly E[],
): Versioned<State> => ({
  state: events.reduce((state, event) => decider.evolve(state, event), from.state),
  version: from.version + events.length,
});

export type Decision<E> = { readonly events: readonly E[] } | { readonly rejected: string };

/** Runs `decide`, with a refusal as a value. */
export function decide<State, C extends Command, E extends NewEvent>(
  decider: Decider<State, C, E>,
  command: C,
  state: State,
): Decision<E> {
  try {
    return { events: decider.decide(command, state) };
  } catch (error) {
    if (error instanceof Rejection) return { rejected: error.code };
    throw error;
  }
}
