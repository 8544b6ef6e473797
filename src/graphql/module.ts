import type { AnyDecider } from '../eventsourcing/decider.ts';
import type { AnyProjection } from '../eventsourcing/projection.ts';

// biome-ignore lint/complexity/noBannedTypes: type-graphql takes classes as Function
type Class = Function;

/** A domain: what `src/modules/index.ts` lists. */
export interface Module {
  readonly deciders: readonly AnyDecider[];
  readonly projections: readonly AnyProjection[];
  readonly resolvers: readonly Class[];
  /** One GraphQL object type per event type, of the same name. */
  readonly eventTypes: readonly Class[];
}
