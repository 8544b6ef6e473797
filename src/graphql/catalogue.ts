import type { AnyDecider } from '../eventsourcing/decider.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { EventFilter } from '../log/filter.ts';

/** The names that clients may use: event types, categories, and what each rejection code means. */
export interface Catalogue {
  readonly types: ReadonlySet<string>;
  readonly categories: ReadonlySet<string>;
  readonly rejections: Readonly<Record<string, string>>;
}

export const catalogueOf = (deciders: readonly AnyDecider[]): Catalogue => ({
  types: new Set(deciders.flatMap((decider) => Object.keys(decider.events))),
  categories: new Set(deciders.map((decider) => decider.category)),
  rejections: Object.assign({}, ...deciders.map((decider) => decider.rejections)),
});

/** Entries that one list of a filter may have. */
const LIST_LENGTH = 100;
const ENTRY_LENGTH = 200;

/** @throws {TidemarkError} BAD_USER_INPUT for a name that cannot match anything, naming it: a typing error, surely */
export function checkFilter(catalogue: Catalogue, filter: EventFilter | null | undefined): void {
  for (const [list, entries] of Object.entries(filter ?? {}) as [string, readonly string[] | null | undefined][]) {
    if (!entries) continue;
    const refuse = (problem: string) => new TidemarkError('BAD_USER_INPUT', `filter.${list}: ${problem}`);
    if (entries.length > LIST_LENGTH) throw refuse(`at most ${LIST_LENGTH} entries.`);
    if (entries.some((entry) => entry.length > ENTRY_LENGTH)) {
      throw refuse(`an entry has at most ${ENTRY_LENGTH} characters.`);
    }
    const known = list === 'types' ? catalogue.types : list === 'categories' ? catalogue.categories : null;
    const unknown = known ? entries.findIndex((entry) => !known.has(entry)) : -1;
    if (known && unknown >= 0) throw refuse(`entry ${unknown + 1} is not known. Known: ${[...known].join(', ')}.`);
  }
}
