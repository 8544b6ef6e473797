import type { Model } from './model.ts';

/** Something that must not be. */
export interface Violation {
  /** Which promise is broken. */
  readonly rule: string;
  /** What is wrong, in one line. */
  readonly says: string;
  /** What a story of it has to show: commands, by their ids, */
  readonly commands?: readonly string[];
  /** events, by their positions, */
  readonly positions?: readonly bigint[];
  /** and what happened around a time. */
  readonly at?: number;
}

/** A promise. Gives what breaks it. */
export type Rule = (model: Model) => Iterable<Omit<Violation, 'rule'>>;
