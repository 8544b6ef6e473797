import { streamIdOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { Row } from '../../../src/eventsourcing/projection.ts';
import type { Listing } from '../history.ts';
import type { Model } from './model.ts';
import { floor } from './moves.ts';
import { shows } from './rows.ts';
import type { Rule } from './violation.ts';

/** Positions at which the log was when a table looked so: from `first` up to, but without, `end`. */
interface Span {
  readonly first: bigint;
  readonly end: bigint;
}

const END = 2n ** 63n;

/**
 * A list is the fold of the log up to one position, at least that which was asked for: no answer is made half of one table
 * and half of another, or while one is being filled.
 */
export const listsAreOneMoment: Rule = function* (model) {
  const users = [...model.streams].filter(([streamId]) => streamId.startsWith('user-'));
  const counts = countsOf(model.events);
  for (const { server, users: rows, count, minPosition, freshness, sent, answered } of model.listings) {
    const due = (name: string) =>
      floor(model, { name, positions: [minPosition, freshness.get(name) ?? 0n], sent, answered });
    if (rows) {
      const wrong = judge(usersAt(model, users, rows), due('users'));
      if (wrong) yield { says: `${server} listed ${rows.length} users: ${wrong}`, at: answered };
    }
    if (count) {
      const end = counts.findLast((each) => each.registered === count.registered && each.active === count.active)?.end;
      const wrong = judge(end === undefined ? 'the log never had so many' : { first: 0n, end }, due('registrations'));
      if (wrong) yield { says: `${server} counted ${JSON.stringify(count)}: ${wrong}`, at: answered };
    }
  }
};

function judge(span: Span | string, due: bigint): string | undefined {
  if (typeof span === 'string') return span;
  return span.end <= due ? `as of before ${span.end}, though it is to be as of ${due} or later` : undefined;
}

/** When a list of users was right; or what is wrong with it at any time. */
function usersAt(
  model: Model,
  streams: readonly (readonly [string, readonly RecordedEvent[]])[],
  rows: NonNullable<Listing['users']>,
): Span | string {
  const listed = new Map<string, Row>(rows.map((row) => [streamIdOf('user', String(row.id)), row]));
  if (listed.size < rows.length) return 'one of them twice';
  let [first, end] = [0n, END];
  for (const [streamId, events] of streams) {
    const row = listed.get(streamId);
    const version = Number(row?.version ?? 0);
    listed.delete(streamId);
    if (row && !shows(row, model.row(streamId, version))) return `${JSON.stringify(row)} has never been so`;
    const [from, to] = [events[version - 1]?.position ?? 0n, events[version]?.position ?? END];
    if (from > first) first = from;
    if (to < end) end = to;
  }
  if (listed.size > 0) return `${[...listed.keys()].join(', ')} never was one`;
  return first < end ? { first, end } : `one of them is of ${first}, another from before ${end}`;
}

/** How many users had registered and were active, in the order of the log, and up to where. */
function countsOf(events: readonly RecordedEvent[]) {
  const counts = [{ registered: 0, active: 0, end: END }];
  for (const { type, position } of events) {
    const before = counts.at(-1) as (typeof counts)[number];
    const registered = before.registered + Number(type === 'UserRegistered');
    const active =
      before.active +
      Number(type === 'UserRegistered' || type === 'UserReactivated') -
      Number(type === 'UserDeactivated');
    if (registered === before.registered && active === before.active) continue;
    before.end = position;
    counts.push({ registered, active, end: END });
  }
  return counts;
}
