import { type AnyDecider, categoryOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import { type AnyProjection, keysOf, project, type Row } from '../../../src/eventsourcing/projection.ts';
import type { Module } from '../../../src/graphql/module.ts';
import type { CommandRow, Evidence, Invocation } from '../history.ts';

/** The evidence, with what the rules look up in it. */
export interface Model extends Evidence {
  readonly projections: readonly AnyProjection[];
  decider(category: string): AnyDecider;
  /** The projection with the rows of a category's aggregates. */
  projectionOf(category: string): AnyProjection;
  /** Stream → its events in the order of the log. */
  readonly streams: ReadonlyMap<string, readonly RecordedEvent[]>;
  /** Command id → its events. */
  readonly eventsOf: ReadonlyMap<string, readonly RecordedEvent[]>;
  readonly commandOf: ReadonlyMap<string, CommandRow>;
  /** Command id → what was sent under it and was to be written. */
  readonly sentAs: ReadonlyMap<string, readonly Invocation[]>;
  /** The state after the first `version` events of a stream. */
  state(streamId: string, version: number): unknown;
  /** The row of a stream's own aggregate after its first `version` events. */
  row(streamId: string, version: number): Row | null;
}

export function modelOf(evidence: Evidence, modules: readonly Module[]): Model {
  const deciders = new Map(modules.flatMap(({ deciders }) => deciders).map((decider) => [decider.category, decider]));
  const projections = new Map(
    modules.flatMap(({ deciders, projections: [own] }) => deciders.map(({ category }) => [category, own] as const)),
  );
  const projectionOf = (category: string): AnyProjection => {
    const found = projections.get(category);
    if (!found) throw new Error(`no projection for the category ${category}`);
    return found;
  };
  const decider = (category: string): AnyDecider => {
    const found = deciders.get(category);
    if (!found) throw new Error(`no decider for the category ${category}`);
    return found;
  };
  const streams = grouped(evidence.events, ({ streamId }) => streamId);

  /** Every state or row that a stream has gone through, the first before its first event. Folded once. */
  function history<T>(first: (streamId: string) => T, step: (before: T, event: RecordedEvent) => T) {
    const known = new Map<string, T[]>();
    return (streamId: string, version: number): T => {
      let states = known.get(streamId);
      if (!states) {
        states = [first(streamId)];
        for (const event of streams.get(streamId) ?? []) states.push(step(states.at(-1) as T, event));
        known.set(streamId, states);
      }
      return states[Math.min(version, states.length - 1)] as T;
    };
  }

  return {
    ...evidence,
    decider,
    projectionOf,
    streams,
    projections: modules.flatMap(({ projections }) => projections),
    eventsOf: grouped(evidence.events, ({ metadata }) => metadata.commandId),
    commandOf: new Map(evidence.commands.map((command) => [command.id, command])),
    sentAs: grouped(
      evidence.invocations.filter(({ request }) => !request.input.dryRun),
      ({ request }) => request.input.commandId,
    ),
    state: history<unknown>(
      (streamId) => decider(categoryOf(streamId)).initialState,
      (state, event) => decider(categoryOf(event.streamId)).evolve(state, event),
    ),
    row: history<Row | null>(
      () => null,
      (row, event) => {
        const projection = projectionOf(categoryOf(event.streamId));
        const [key] = keysOf(projection, event);
        return key === undefined ? row : project(projection, row, event, key);
      },
    ),
  };
}

export function grouped<T>(list: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
