import { now } from './clock.ts';
import { percentile } from './statistics.ts';

/** What subscribers have received since the last `begin`. */
export interface Received {
  readonly deliveries: number;
  readonly frames: number;
  readonly bytes: number;
  /** Events that a subscriber has not got although it got a later one. */
  readonly lost: number;
  /** Events that a subscriber has got again. */
  readonly twice: number;
  /** When the first and the last one came. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** One subscriber's place in the log. */
export interface Place {
  /** The position that must come next; null until its first message tells. */
  next: number | null;
}

/** The events of a message. */
interface Piece {
  readonly first: number;
  readonly count: number;
  /** The position that must come after it. */
  readonly next: number;
}

interface Known {
  readonly text: Buffer;
  readonly piece: Piece;
}

/** How the payload of a message without errors starts, and what stands before the numbers in it. */
const START = Buffer.from('{"data":{"events":{');
const POSITION = Buffer.from('"position":"');
const CURSOR = Buffer.from('"cursor":"');
const QUOTE = '"'.charCodeAt(0);

const SAMPLES = 1_000_000;
/** Texts that are kept to compare others with them: those of so many places. */
const PLACES = 500;

/**
 * Counts what comes, and finds what is missing, out of order or there twice. A text that another subscriber got is
 * compared byte by byte instead of parsed again: the clients share the cores with the server, and are not what is measured.
 */
export function createDeliveries() {
  /** By what was to come next. */
  const known = new Map<number | null, Known[]>();
  let pieces: Piece[] = [];
  let times: number[] = [];
  let totals = { deliveries: 0, bytes: 0, lost: 0, twice: 0 };

  function pieceOf(next: number | null, text: Buffer): Piece {
    const alike = known.get(next) ?? [];
    const same = alike.find((each) => each.text.equals(text));
    if (same) return same.piece;
    const piece = parse(text);
    if (alike.push({ text: Buffer.from(text), piece }) === 1) known.set(next, alike);
    for (const oldest of known.keys()) {
      if (known.size <= PLACES) break;
      known.delete(oldest);
    }
    return piece;
  }

  return {
    /** Takes the payload of one `next` message. @throws when it has errors or events that do not follow each other */
    take(place: Place, text: Buffer): void {
      const piece = pieceOf(place.next, text);
      const { first, count, next } = piece;
      if (count > 0) {
        pieces.push(piece);
        times.push(now());
      }
      totals.deliveries += count;
      totals.bytes += text.length;
      if (place.next !== null) {
        if (first > place.next) totals.lost += first - place.next;
        else totals.twice += Math.min(place.next, next) - first;
      }
      if (place.next === null || next > place.next) place.next = next;
    },

    begin(): void {
      [pieces, times] = [[], []];
      totals = { deliveries: 0, bytes: 0, lost: 0, twice: 0 };
    },

    received: (): Received => ({
      ...totals,
      frames: pieces.length,
      firstAt: times[0] ?? Number.NaN,
      lastAt: times.at(-1) ?? Number.NaN,
    }),

    /**
     * How long deliveries took from the commits of their events, ms.
     * @param commits when the events from position `first` on were committed
     */
    latencies(first: number, commits: readonly number[]): { p50: number; p99: number } {
      const every = Math.ceil(totals.deliveries / SAMPLES);
      const samples: number[] = [];
      let number = 0;
      for (const [index, piece] of pieces.entries()) {
        for (let position = piece.first; position < piece.next; position++) {
          if (number++ % every > 0) continue;
          const commit = commits[position - first];
          if (commit) samples.push((times[index] ?? Number.NaN) - commit);
        }
      }
      const sorted = Float64Array.from(samples).sort();
      return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
    },
  };
}

/** Not by JSON.parse, which would keep a core busy for a third of the time that the server needs for the same events. */
function parse(text: Buffer): Piece {
  const unexpected = (what: string) => new Error(`${what}: ${text.toString('utf8', 0, 2_000)}`);
  if (text.compare(START, 0, START.length, 0, START.length) !== 0) throw unexpected('not the expected message');
  const next = numberAfter(CURSOR, text, text.lastIndexOf(CURSOR)) + 1;
  const positions: number[] = [];
  for (let at = text.indexOf(POSITION); at >= 0; at = text.indexOf(POSITION, at + 1)) {
    positions.push(numberAfter(POSITION, text, at));
  }
  const first = next - positions.length;
  if (Number.isNaN(next) || positions.some((position, index) => position !== first + index))
    throw unexpected('events out of order');
  return { first, count: positions.length, next };
}

/** The decimal number that follows a text that stands there; NaN where there is none. */
function numberAfter(before: Buffer, text: Buffer, at: number): number {
  if (at < 0) return Number.NaN;
  const from = at + before.length;
  const to = text.indexOf(QUOTE, from);
  return to < 0 ? Number.NaN : Number(text.toString('latin1', from, to));
}
