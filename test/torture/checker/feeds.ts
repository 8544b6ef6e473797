import { isDeepStrictEqual } from 'node:util';
import { filterOf } from '../../../src/log/filter.ts';
import type { Rule } from './violation.ts';

/** Every subscriber has got, over all its connections, what its filter lets through: each event once, and in order. */
export const feedsAreTheLog: Rule = function* ({ feeds, events, head }) {
  for (const { subscriber, filter, batches } of feeds) {
    const matches = filterOf(filter);
    const cursor = batches.at(-1)?.cursor ?? 0n;
    if (cursor !== head) yield { says: `${subscriber} has got to ${cursor}, the log to ${head}`, positions: [cursor] };
    const due = events.filter((event) => event.position <= cursor && matches(event));
    const got = batches.flatMap((batch) => batch.events.map((event) => ({ event, batch })));
    const wrong = due.findIndex((event, index) => !isDeepStrictEqual(event, got[index]?.event));
    const place = wrong >= 0 ? wrong : due.length;
    if (wrong < 0 && got.length === due.length) continue;
    const [expected, found] = [due[place], got[place]];
    yield {
      says: `${subscriber} got ${found ? `position ${found.event.position} from ${found.batch.server}` : 'nothing'} where ${
        expected ? `position ${expected.position}` : 'nothing'
      } was due`,
      positions: [expected, found?.event, got[place - 1]?.event].flatMap((event) => (event ? [event.position] : [])),
      ...(found && { at: found.batch.at }),
    };
  }
};
