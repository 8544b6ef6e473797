import { isDeepStrictEqual } from 'node:util';
import { streamIdOf } from '../../../src/eventsourcing/decider.ts';
import type { Row } from '../../../src/eventsourcing/projection.ts';
import { verdictOn } from './answers.ts';
import { floor } from './moves.ts';
import type { Rule } from './violation.ts';

/** All accounts together hold what was paid in less what was paid out, by the answers that clients got. */
export const moneyAddsUp: Rule = function* ({ sentAs, tables }) {
  let paid = 0;
  for (const invocations of sentAs.values()) {
    const { request, answer } = verdictOn(invocations) ?? {};
    const [step, ...others] = request?.steps ?? [];
    if (!step || others.length > 0 || answer?.kind !== 'accepted') continue;
    if (step.command.type === 'Deposit') paid += Number(step.command.data.amount);
    if (step.command.type === 'Withdraw') paid -= Number(step.command.data.amount);
  }
  const live = tables.find(({ name, slot }) => name === 'accounts' && slot === 'live');
  const held = (live?.rows ?? []).reduce((sum, { balance }) => sum + Number(balance), 0);
  if (held !== paid) yield { says: `the accounts hold ${held}, but ${paid} was paid in` };
};

/** An answer shows the row as the command left it, and so does a retry's. */
export const answersShowTheirRow: Rule = function* ({ invocations, eventsOf, row: rowAt }) {
  for (const { request, answer } of invocations) {
    const { commandId } = request.input;
    const streamId = eventsOf.get(commandId)?.[0]?.streamId;
    if (answer.kind !== 'accepted' || answer.dryRun || answer.row === undefined || !streamId) continue;
    if (shows(answer.row, rowAt(streamId, answer.version))) continue;
    yield { says: `its answer shows ${JSON.stringify(answer.row)}`, commands: [commandId] };
  }
};

/**
 * A client that asks with the position of its command finds what it wrote, or what came after; and nobody finds less than
 * what `freshness` promised.
 */
export const readersSeeTheirWrites: Rule = function* (model) {
  for (const { category, id, minPosition, freshness, row, sent, answered } of model.readings) {
    if (row === undefined) continue;
    const name = model.projectionOf(category).name;
    const due = floor(model, { name, positions: [minPosition, freshness.get(name) ?? 0n], sent, answered });
    const stream = model.streams.get(streamIdOf(category, id)) ?? [];
    const written = stream.filter(({ position }) => position <= due).length;
    const version = Number(row?.version ?? 0);
    const says = `${category}-${id} was read at version ${version}, as ${JSON.stringify(row)}`;
    const found = { positions: [due], at: answered };
    if (version < written) yield { says: `${says}, though ${written} was written at ${due}`, ...found };
    else if (!shows(row, model.row(streamIdOf(category, id), version))) yield { says, ...found };
  }
};

/** Whether what a client sees of a row is what is there. */
export const shows = (seen: Row | null, row: Row | null): boolean =>
  seen === null || row === null
    ? seen === row
    : Object.entries(seen).every(([field, value]) => isDeepStrictEqual(value, row[field]));
