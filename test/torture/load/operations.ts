import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { Row } from '../../../src/eventsourcing/projection.ts';
import type { Answer, Request } from '../history.ts';

/** All of an event: it must be, field by field, what the log holds. */
const event = `{ id position streamId version type data recordedAt
  metadata { commandId correlationId causationId actor schemaVersion } }`;

const rows: Readonly<Record<string, string>> = {
  user: 'user { id email displayName status version registeredAt updatedAt }',
  account: 'account { id owner name balance version openedAt changedAt }',
};

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** The mutation of a request. */
export function mutationFor({ mutation, input, steps }: Request): string {
  const category = steps[0]?.category ?? '';
  const query = `mutation ($input: ${capital(mutation)}Input!) { result: ${mutation}(input: $input) {
    ... on ${capital(category)}CommandAccepted {
      commit { position version replayed dryRun events ${event} eventsSince ${event} } row: ${rows[category]} }
    ... on CommandRejected { code }
    ... on VersionConflict { expectedVersion actualVersion eventsSince ${event} } } }`;
  return JSON.stringify({ query, variables: { input } });
}

/** The query for one row, not before its projection has reached a position. */
export const queryFor = (category: string, id: string, minPosition: bigint): string =>
  JSON.stringify({
    query: `query ($id: ID!, $minPosition: Position) {
      row: ${rows[category]?.replace(' {', '(id: $id, minPosition: $minPosition) {')} }`,
    variables: { id, minPosition: String(minPosition) },
  });

export const subscription = `subscription ($after: Position, $filter: EventFilter) {
  events(after: $after, filter: $filter) { cursor events ${event} } }`;

/** An event as it comes over the wire. */
export type WireEvent = Omit<RecordedEvent, 'position'> & { readonly position: string };
export const eventOf = (wire: WireEvent): RecordedEvent => ({ ...wire, position: BigInt(wire.position) });

interface WireCommit {
  readonly position: string;
  readonly version: number;
  readonly replayed: boolean;
  readonly dryRun: boolean;
  readonly events: readonly WireEvent[];
  readonly eventsSince: readonly WireEvent[];
}

interface WireResult {
  readonly commit?: WireCommit;
  readonly row?: Row | null;
  readonly code?: string;
  readonly expectedVersion: number;
  readonly actualVersion: number;
  readonly eventsSince: readonly WireEvent[];
}

interface WireAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** What a server's answer to a mutation says. */
export function answerOf(text: string): Answer {
  const { data, errors = [] }: WireAnswer<{ result?: WireResult | null }> = JSON.parse(text);
  const [error] = errors;
  const code = error?.extensions?.code;
  if (error && code !== 'UNAVAILABLE' && code !== 'COMMAND_ID_REUSED' && code !== 'BAD_USER_INPUT') {
    return { kind: 'defect', why: JSON.stringify(error) };
  }
  const result = data?.result;
  if (result?.commit) {
    const { position, events, eventsSince, ...rest } = result.commit;
    return {
      kind: 'accepted',
      ...rest,
      position: BigInt(position),
      events: events.map(eventOf),
      eventsSince: eventsSince.map(eventOf),
      // The row is read after the commit: it may fail by itself.
      ...(result.row !== undefined && !error && { row: result.row }),
    };
  }
  if (result?.code) return { kind: 'rejected', code: result.code };
  if (result) {
    const { expectedVersion, actualVersion, eventsSince } = result;
    return { kind: 'conflict', expectedVersion, actualVersion, eventsSince: eventsSince.map(eventOf) };
  }
  if (code === 'COMMAND_ID_REUSED' || code === 'BAD_USER_INPUT') return { kind: 'refused', code };
  return error ? { kind: 'unknown', why: `${code}` } : { kind: 'defect', why: text.slice(0, 500) };
}

/** What an answer to `queryFor` says; undefined for none. */
export function rowOf(text: string): Row | null | undefined {
  const { data, errors }: WireAnswer<{ row: Row | null }> = JSON.parse(text);
  return errors ? undefined : data?.row;
}
