import type { Freshness } from '../history.ts';
import type { Move } from '../system/audit.ts';
import { grouped, type Model } from './model.ts';
import type { Rule } from './violation.ts';

/**
 * Of what a table was set back to, a server may not yet know that it has caught up, or that it was set back at all: so long
 * after, ms, an answer may still be from before. It is as long as links are held and servers frozen, and a statement more.
 */
const NEWS_MS = 8_000;
/** By which the clocks of the run and of the database may differ, ms. */
const CLOCKS_MS = 100;

/** A claim on how far a table was while a request was under way. */
interface Claim {
  readonly name: string;
  readonly position: bigint;
  readonly sent: number;
  readonly answered: number;
}

/** Whether a rollback had set the table back behind a position, and it had not caught up when the request was sent. */
function wasSetBack({ moves }: Pick<Model, 'moves'>, { name, position, sent, answered }: Claim): boolean {
  const own = moves.filter((move) => move.name === name);
  return own.some((rollback, index) => {
    if (rollback.cameFrom !== 'previous' || rollback.position >= position) return false;
    if (rollback.at > answered + CLOCKS_MS) return false;
    const caughtUp = own.slice(index).find((move) => move.position >= position);
    return !caughtUp || caughtUp.at + NEWS_MS > sent;
  });
}

/** The position that an answer must show: the highest of several, leaving out those that a rollback had set the table behind. */
export function floor(
  model: Pick<Model, 'moves'>,
  { positions, ...claim }: Omit<Claim, 'position'> & { readonly positions: readonly bigint[] },
): bigint {
  const due = positions.filter((position) => !wasSetBack(model, { ...claim, position }));
  return due.reduce((highest, position) => (position > highest ? position : highest), 0n);
}

/** Readers of a table never go back, but by a rollback: each step leads on, and the end of a rebuild at least as far. */
export const tablesGoOn: Rule = function* ({ moves }) {
  for (const [name, own] of grouped(moves, (move) => move.name)) {
    for (const [index, move] of own.entries()) {
      const before = own[index - 1];
      const wrong = before && contradiction(before, move);
      if (wrong) yield { says: `${name} ${wrong}`, positions: [before.position, move.position], at: move.at };
    }
  }
};

function contradiction(before: Move, { cameFrom, generation, position }: Move): string | undefined {
  if (cameFrom === 'live') {
    if (generation !== before.generation) return `became table ${generation} by a step of table ${before.generation}`;
    return position < before.position ? `went back from ${before.position} to ${position}` : undefined;
  }
  if (cameFrom === 'next') {
    if (generation <= before.generation) return `was rebuilt as table ${generation} after ${before.generation}`;
    return position < before.position ? `was set back from ${before.position} to ${position} by a rebuild` : undefined;
  }
  return cameFrom === 'previous' ? undefined : 'had its checkpoint made anew';
}

/** What a server says of a table's freshness has been so, and in its later answers it says no less, but for a rollback. */
export const freshnessIsTrue: Rule = function* (model) {
  const answers = [...model.readings, ...model.listings].filter(({ freshness }) => freshness.size > 0);
  for (const [server, own] of grouped(answers, (answer) => answer.server)) {
    for (const { name } of model.projections) yield* untrue(model, server, name, own);
  }
};

type Told = { readonly freshness: Freshness; readonly sent: number; readonly answered: number };

function* untrue(model: Model, server: string, name: string, answers: readonly Told[]) {
  const moves = model.moves.filter((move) => move.name === name);
  const byAnswer = [...answers].sort((a, b) => a.answered - b.answered);
  let [next, moved, most, told] = [0, 0, 0n, 0n];
  for (const { freshness, sent, answered } of [...answers].sort((a, b) => a.sent - b.sent)) {
    for (let done = byAnswer[next]; done && done.answered < sent; done = byAnswer[++next]) {
      const position = done.freshness.get(name) ?? 0n;
      if (position > told) told = position;
    }
    const position = freshness.get(name) ?? 0n;
    const about = { positions: [position], at: answered };
    if (position < told && !wasSetBack(model, { name, position: told, sent, answered })) {
      yield { says: `${server} said that ${name} is at ${position}, after it had said ${told}`, ...about };
    }
    const ever = moves.filter(({ at }) => at <= answered + CLOCKS_MS);
    for (; moved < ever.length; moved++) most = max(most, ever[moved]?.position ?? 0n);
    if (position > most)
      yield { says: `${server} said that ${name} is at ${position}, but it was at ${most}`, ...about };
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
