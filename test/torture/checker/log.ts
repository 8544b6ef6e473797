import type { Rule } from './violation.ts';

/** Positions are 1 to the head, without a hole. */
export const gapless: Rule = function* ({ events, head }) {
  let last = 0n;
  for (const { position } of events) {
    if (position !== last + 1n) {
      yield { says: `position ${position} follows position ${last}`, positions: [last, position] };
    }
    last = position;
  }
  if (head !== last) yield { says: `the head is ${head}, the last position ${last}`, positions: [last] };
};

/** Time increases with position. */
export const timeGoesOn: Rule = function* ({ events }) {
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before && event.recordedAt <= before.recordedAt) {
      yield {
        says: `position ${event.position} is of ${event.recordedAt}, the one before it of ${before.recordedAt}`,
        positions: [before.position, event.position],
      };
    }
  }
};

/** Versions of each stream are 1, 2, 3, … in the order of the log. */
export const versionsCount: Rule = function* ({ streams }) {
  for (const [streamId, events] of streams) {
    for (const [index, event] of events.entries()) {
      const before = events[index - 1];
      if (event.version === (before?.version ?? 0) + 1) continue;
      yield {
        says: `${streamId}: version ${event.version} follows version ${before?.version ?? 0}`,
        positions: [...(before ? [before.position] : []), event.position],
      };
    }
  }
};
