import { isDeepStrictEqual } from 'node:util';
import { type AnyProjection, keysOf, project, type Row } from '../../../src/eventsourcing/projection.ts';
import type { StoredTable } from '../history.ts';
import type { Model } from './model.ts';
import type { Rule } from './violation.ts';

/**
 * Every table of a projection, the live one and the one from before, is the fold of the log up to its checkpoint: no row too
 * many, too few or different. The live one is at the head, and no rebuild is left half done.
 */
export const tablesAreFolds: Rule = function* (model) {
  for (const projection of model.projections) {
    const own = model.tables.filter(({ name }) => name === projection.name);
    const live = own.find(({ slot }) => slot === 'live');
    if (!live) yield { says: `${projection.name} has no live table` };
    else if (live.position !== model.head) {
      const says = `${projection.name} is at ${live.position}, the log at ${model.head}`;
      yield { says, positions: [live.position] };
    }
    for (const table of own) {
      if (table.slot === 'next') yield { says: `a rebuild of ${table.name} is left at ${table.position}` };
      yield* differences(model, projection, table);
    }
  }
};

function* differences({ events }: Model, projection: AnyProjection, { name, slot, position, rows }: StoredTable) {
  const due = new Map<string, Row>();
  const touchedAt = new Map<string, bigint>();
  for (const event of events) {
    if (event.position > position) break;
    for (const key of keysOf(projection, event)) {
      touchedAt.set(key, event.position);
      const row = project(projection, due.get(key) ?? null, event, key);
      if (row) due.set(key, row);
      else due.delete(key);
    }
  }
  const found = new Map(rows.map((row) => [String(row[projection.keyColumn]), row]));
  for (const key of new Set([...due.keys(), ...found.keys()])) {
    const [actual, expected] = [found.get(key), due.get(key)];
    if (isDeepStrictEqual(actual, expected)) continue;
    yield {
      says: `${name}, ${slot}: the row ${key} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
      positions: [touchedAt.get(key) ?? 0n],
    };
  }
}

/** No fold has ever stopped, and none who compared rows with the log, servers by themselves or when asked, found any different. */
export const nothingIsFoundWrong: Rule = function* ({ findings, operations, tables }) {
  for (const { at, what } of findings) yield { says: what, at };
  for (const { kind, name, answer, answered } of operations) {
    if (answer.kind !== 'done' || answer.drift.length === 0) continue;
    yield { says: `${kind} ${name} found other rows than the log has: ${answer.drift.join(', ')}`, at: answered };
  }
  for (const { name, slot, failure } of tables) {
    if (failure) yield { says: `${name}, ${slot}, has stopped: ${JSON.stringify(failure)}` };
  }
};
