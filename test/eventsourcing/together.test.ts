import { describe, expect, it } from 'vitest';
import { checkTogether } from '../../src/eventsourcing/together.ts';
import { modules } from '../../src/modules/index.ts';
import { counter } from '../support/log.ts';
import { counters } from '../support/projections.ts';

describe('domains in one server', () => {
  it('fit together', () => {
    const all = modules.flatMap((module) => module.deciders);
    expect(() => checkTogether([...all, counter], [counters])).not.toThrow();
  });

  it.each([
    ['one category', [counter, { ...counter, events: {} }], [], /category counter/],
    ['one event type', [counter, { ...counter, category: 'clock' }], [], /event type CounterNamed/],
    ['one projection', [counter], [counters, { ...counters }], /projection counters/],
    ['a dash in a category', [{ ...counter, category: 'alarm-clock' }], [], /alarm-clock must be lower case/],
    ['a claim from the start', [{ ...counter, claims: () => [{ key: 'k', taken: 'T' }] }], [], /in its initial state/],
  ])('do not with %s', (_, deciders, projections, message) => {
    expect(() => checkTogether(deciders, projections)).toThrow(message);
  });
});
