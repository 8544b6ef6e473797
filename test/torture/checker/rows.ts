import { isDeepStrictEqual } from 'node:util';
import { streamIdOf } from '../../../src/eventsourcing/decider.ts';
import { keysOf, project, type Row } from '../../../src/eventsourcing/projection.ts';
import { verdictOn } from './answers.ts';
import type { Rule } from './violation.ts';

/** Every read table is the fold of the log up to its checkpoint: no row too many, too few or different. */
export const rowsAreFolds: Rule = function* ({ projections, events, checkpoints, rows, head }) {
  for (const projection of projections) {
    const { name, keyColumn } = projection;
    const checkpoint = checkpoints.get(name) ?? 0n;
    if (checkpoint !== head) yield { says: `${name} is at ${checkpoint}, the log at ${head}`, positions: [checkpoint] };
    const due = new Map<string, Row>();
    const touchedAt = new Map<string, bigint>();
    for (const event of events.filter(({ position }) => position <= checkpoint)) {
      for (const key of keysOf(projection, event)) {
        touchedAt.set(key, event.position);
        const row = project(projection, due.get(key) ?? null, event, key);
        if (row) due.set(key, row);
        else due.delete(key);
      }
    }
    const found = new Map((rows.get(name) ?? []).map((row) => [String(row[keyColumn]), row]));
    for (const key of new Set([...due.keys(), ...found.keys()])) {
      if (isDeepStrictEqual(due.get(key), found.get(key))) continue;
      yield {
        says: `${name}: the row ${key} is ${JSON.stringify(found.get(key))}, not ${JSON.stringify(due.get(key))}`,
        positions: [touchedAt.get(key) ?? 0n],
      };
    }
  }
};

/** All accounts together hold what was paid in less what was paid out, by the answers that clients got. */
export const moneyAddsUp: Rule = function* ({ sentAs, rows }) {
  let paid = 0;
  for (const invocations of sentAs.values()) {
    const { request, answer } = verdictOn(invocations) ?? {};
    const [step, ...others] = request?.steps ?? [];
    if (!step || others.length > 0 || answer?.kind !== 'accepted') continue;
    if (step.command.type === 'Deposit') paid += Number(step.command.data.amount);
    if (step.command.type === 'Withdraw') paid -= Number(step.command.data.amount);
  }
  const held = (rows.get('accounts') ?? []).reduce((sum, { balance }) => sum + Number(balance), 0);
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

/** A client that asks with the position of its command finds what it wrote, or what came after. */
export const readersSeeTheirWrites: Rule = function* ({ readings, streams, row: rowAt }) {
  for (const { category, id, minPosition, row, answered } of readings) {
    if (row === undefined) continue;
    const stream = streams.get(streamIdOf(category, id)) ?? [];
    const written = stream.filter(({ position }) => position <= minPosition).length;
    const version = Number(row?.version ?? 0);
    const says = `${category}-${id} was read at version ${version}, as ${JSON.stringify(row)}`;
    const found = { positions: [minPosition], at: answered };
    if (version < written) yield { says: `${says}, though ${written} was written at ${minPosition}`, ...found };
    else if (!shows(row, rowAt(streamIdOf(category, id), version))) yield { says, ...found };
  }
};

/** Whether what a client sees of a row is what is there. */
const shows = (seen: Row | null, row: Row | null): boolean =>
  seen === null || row === null
    ? seen === row
    : Object.entries(seen).every(([field, value]) => isDeepStrictEqual(value, row[field]));
