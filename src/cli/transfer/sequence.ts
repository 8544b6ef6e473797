import { kinds, type Line } from './format.ts';

/** How far a text has got: all that tells whether a further line may follow. */
export interface Place {
  readonly lines: number;
  readonly kind: Line['kind'] | null;
  /** Position of the last event; what the header says the text begins after, before there is one. */
  readonly position: bigint;
  readonly events: number;
  readonly commands: number;
  readonly claims: number;
  /** What the next line of the same kind must exceed: the time of an event, time and id of a command, a claim's key. */
  readonly last: string;
}

export const start: Place = { lines: 0, kind: null, position: 0n, events: 0, commands: 0, claims: 0, last: '' };

/** Takes one more line. @throws saying why it may not stand here */
export function advance(place: Place, line: Line): Place {
  const { kind, value } = line;
  if (place.kind === 'end') throw new Error('nothing may follow the end');
  if ((place.kind === null) !== (kind === 'tidemark'))
    throw new Error('the header must be the first line, and only that');
  if (place.kind !== null && kinds.indexOf(kind) < kinds.indexOf(place.kind)) {
    throw new Error(`${kind} may not stand after ${place.kind}`);
  }
  const next = { ...place, kind, lines: place.lines + 1, last: kind === place.kind ? place.last : '' };
  switch (kind) {
    case 'tidemark':
      return { ...next, position: value.after };
    case 'event': {
      const expected = place.position + 1n;
      if (value.position !== expected) {
        throw new Error(
          `position ${value.position} stands where ${expected} should: lines are missing, moved or repeated`,
        );
      }
      return { ...inOrder(next, value.recordedAt), position: expected, events: place.events + 1 };
    }
    case 'command':
      if ((value.position === null) === (value.rejectionCode === null)) {
        throw new Error('a command has either a position or a rejectionCode');
      }
      if ((value.position ?? 0n) > place.position) throw new Error('the command is of a later position than the log');
      return { ...inOrder(next, `${value.recordedAt} ${value.id}`), commands: place.commands + 1 };
    case 'claim':
      return { ...inOrder(next, value.key), claims: place.claims + 1 };
    case 'end':
      if (value.head !== place.position) throw new Error(`the log should end at ${value.head}, not ${place.position}`);
      for (const part of ['events', 'commands', 'claims'] as const) {
        if (value[part] !== place[part]) throw new Error(`there should be ${value[part]} ${part}, not ${place[part]}`);
      }
      return next;
  }
}

function inOrder<P extends Place>(place: P, key: string): P {
  if (key <= place.last) throw new Error(`${key} does not come after ${place.last}: lines are moved or repeated`);
  return { ...place, last: key };
}
