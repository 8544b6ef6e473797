import { SubscriptionError } from './errors.ts';

/** A query that knows the type of its data, such as codegen's `TypedDocumentString`. */
export interface TypedQuery<Data> {
  toString(): string;
  readonly __apiType?: (variables: never) => Data;
}

/** What one result of a subscription holds: the value of its one field. */
export type BatchOf<Data> = Data[Exclude<keyof Data, '__typename'>];

/** Everything that there is to know about the events. */
const everything = `subscription Events($after: Position, $filter: EventFilter) {
  events(after: $after, filter: $filter) {
    events {
      id position streamId version type recordedAt data
      metadata { commandId correlationId causationId actor schemaVersion }
    }
    cursor
    caughtUp
  }
}`;

const invalid = (message: string) => new SubscriptionError('INVALID_QUERY', message);

/** The text of the query. @throws {SubscriptionError} INVALID_QUERY when the client could not resume with it */
export function queryFrom(given: string | TypedQuery<unknown> | undefined, filtered: boolean): string {
  const query = String(given ?? everything);
  if (!/\$after\s*:\s*Position\b/.test(query)) {
    throw invalid(
      'The query is a text that declares `$after: Position` and passes it to `events`, as in `subscription ' +
        '($after: Position) { events(after: $after) { cursor } }`. A parsed document has to be printed.',
    );
  }
  // The server would ignore a variable that is not declared, and send everything.
  if (filtered && !/\$filter\s*:/.test(query)) {
    throw invalid('The query does not declare `$filter: EventFilter`: give its own filter in `variables`.');
  }
  return query;
}

/** The parts of a batch by which its place in the log is known. */
interface Placed {
  readonly cursor: string;
  readonly events?: unknown;
}

const isPosition = (value: unknown): value is string => typeof value === 'string' && /^\d+$/.test(value);

/**
 * The batch in the data of a result, which comes after `after` in the log: what does not is another log, or a defect
 * that must not pass for events.
 */
export function batchIn(data: unknown, after: string | null): Placed {
  const batch = Object.values(data ?? {})[0];
  if (!isPosition(batch?.cursor)) throw invalid('The query has to select `cursor`, under this name.');
  let last = after === null ? -1n : BigInt(after);
  for (const { position } of Array.isArray(batch.events) ? batch.events : []) {
    if (!isPosition(position)) continue;
    if (BigInt(position) <= last) throw outOfOrder(`the event at ${position}`, last);
    last = BigInt(position);
  }
  if (BigInt(batch.cursor) < last) throw outOfOrder(`the cursor ${batch.cursor}`, last);
  return batch;
}

const outOfOrder = (what: string, last: bigint) =>
  new SubscriptionError('OUT_OF_ORDER', `The server sent ${what} after ${last}: is it still the same log?`);
