import type { AnyDecider, Command } from '../eventsourcing/decider.ts';
import type { Projection, Row } from '../eventsourcing/projection.ts';
import type { CommandOptions, Outcome, Step, StepsOptions } from '../log/commands.ts';
import type { LogReader } from '../log/reader.ts';
import type { Tail } from '../log/tail.ts';
import type { Projections } from '../projections/projections.ts';
import type { ReadModel } from '../projections/read-model.ts';
import type { Catalogue } from './catalogue.ts';
import type { ResumableFeed } from './feeds/feed.ts';
import type { Feeds } from './feeds.ts';

/** What resolvers work with; the same for every request. */
export interface Services {
  readonly log: LogReader;
  readonly tail: Tail;
  readonly catalogue: Catalogue;
  readonly feeds: Feeds;
  readonly projections: Projections;
  // biome-ignore lint/suspicious/noExplicitAny: any projection's events
  readModel<R extends Row>(projection: Projection<R, any>): ReadModel<R>;
}

/** Where the pipeline leaves the results of a subscription for its transport. */
export interface StreamSlot {
  results: ResumableFeed<string> | null;
}

/** What resolvers get: the services, and who is asking. */
export interface Context extends Services {
  readonly actor: string | null;
  readonly correlationId: string;
  /** How far a client says that it had come when its connection broke. It takes the place of where its operation starts. */
  readonly resumeAfter: bigint | null;
  /** Sends a command on behalf of this request. */
  dispatch(decider: AnyDecider, id: string | null, command: Command, options: CommandOptions): Promise<Outcome>;
  /** Sends several commands as one unit of work: all are carried out, or none. */
  dispatchAll(steps: readonly [Step, ...Step[]], options: StepsOptions): Promise<Outcome>;
  /** Null when the transport carries one result only. */
  readonly slot: StreamSlot | null;
}
