import type { AnyDecider } from './decider.ts';
import type { AnyProjection } from './projection.ts';

/** The first name that is there twice. */
const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index);

/**
 * Checks what no type can: that deciders and projections of different modules do not get in each other's way.
 * @throws naming what is at fault
 */
export function checkTogether(deciders: readonly AnyDecider[], projections: readonly AnyProjection[]): void {
  const unique = {
    category: deciders.map((decider) => decider.category),
    'event type': deciders.flatMap((decider) => Object.keys(decider.events)),
    projection: projections.map((projection) => projection.name),
  };
  for (const [what, names] of Object.entries(unique)) {
    const name = repeated(names);
    if (name !== undefined) throw new Error(`two modules declare the ${what} ${name}`);
  }
  for (const { category, claims, initialState } of deciders) {
    // The first dash of a stream's id ends its category.
    if (!/^[a-z]+$/.test(category)) throw new Error(`the category ${category} must be lower case letters only`);
    // Claims are taken by comparing before and after: one that was always there would never be taken.
    if (claims?.(initialState).length) throw new Error(`the decider of ${category} claims a key in its initial state`);
  }
}
