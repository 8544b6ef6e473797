import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { Row } from '../../../src/eventsourcing/projection.ts';
import type { Answer, Freshness, Listing, Operation, Reading, Request } from '../history.ts';

/** All of an event: it must be, field by field, what the log holds. */
const event = `{ id position streamId version type data recordedAt
  metadata { commandId correlationId causationId actor schemaVersion } }`;

const fieldsOfUser = 'id email displayName status version registeredAt updatedAt';
const rows: Readonly<Record<string, string>> = {
  user: `user { ${fieldsOfUser} }`,
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

const freshness = 'freshness { name position }';

/** The query for one row, not before its projection has reached a position. */
export const queryFor = (category: string, id: string, minPosition: bigint): string =>
  JSON.stringify({
    query: `query ($id: ID!, $minPosition: Position) { ${freshness}
      row: ${rows[category]?.replace(' {', '(id: $id, minPosition: $minPosition) {')} }`,
    variables: { id, minPosition: String(minPosition) },
  });

/** The query for whole tables: there are fewer users than a page holds, and no day is left out. */
export function listQuery(minPosition: bigint): string {
  const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
  return JSON.stringify({
    query: `query ($minPosition: Position, $from: Date!, $to: Date!) { ${freshness}
      users(first: 100, minPosition: $minPosition) { edges { node { ${fieldsOfUser} } } }
      days: registrations(from: $from, to: $to, minPosition: $minPosition) { registered active } }`,
    variables: { minPosition: String(minPosition), from: day(-1), to: day(1) },
  });
}

const DAY_MS = 86_400_000;

/** The mutation of an operator. */
export function operationFor(kind: Operation['kind'], name: string): string {
  const verification = 'verifyProjection(name: $name, sample: 50) { drift { key } }';
  const others = { rebuild: 'rebuildProjection', rollback: 'rollbackProjection', drop: 'dropPreviousTable' };
  const field = kind === 'verify' ? verification : `${others[kind]}(name: $name) { name }`;
  return JSON.stringify({ query: `mutation ($name: String!) { result: ${field} }`, variables: { name } });
}

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

interface WireFreshness {
  readonly freshness: readonly { readonly name: string; readonly position: string }[];
}
type Found<Data> = { readonly freshness: Freshness; readonly data?: Data; readonly defect?: string };

/** What an answer to a query says: no data when it was late, or the server has trouble. */
function foundIn<Data>(text: string): Found<Data> {
  const { data, errors }: WireAnswer<Data & WireFreshness> = JSON.parse(text);
  const late = ['UNAVAILABLE', 'PROJECTION_STALE'];
  const wrong = errors?.find(({ extensions }) => !late.includes(extensions?.code ?? ''));
  if (wrong) return { freshness: new Map(), defect: JSON.stringify(wrong) };
  if (errors || !data) return { freshness: new Map() };
  return { freshness: new Map(data.freshness.map(({ name, position }) => [name, BigInt(position)])), data };
}

/** What an answer to `queryFor` says. */
export function rowIn(text: string): Pick<Reading, 'freshness' | 'row' | 'defect'> {
  const { data, ...found } = foundIn<{ row: Row | null }>(text);
  return { ...found, row: data?.row };
}

/** What an answer to `listQuery` says. */
export function listIn(text: string): Pick<Listing, 'freshness' | 'users' | 'count' | 'defect'> {
  interface Lists {
    readonly users: { readonly edges: readonly { readonly node: Row }[] };
    readonly days: readonly { readonly registered: number; readonly active: number }[];
  }
  const { data, ...found } = foundIn<Lists>(text);
  return {
    ...found,
    users: data?.users.edges.map(({ node }) => node),
    count: data && {
      registered: data.days.reduce((sum, { registered }) => sum + registered, 0),
      active: data.days.at(-1)?.active ?? 0,
    },
  };
}

/** What a server's answer to an operator says. Only a rollback may find nothing to do. */
export function operationAnswer(kind: Operation['kind'], text: string): Operation['answer'] {
  interface Result {
    readonly result: { readonly drift?: readonly { readonly key: string }[] };
  }
  const { data, errors = [] }: WireAnswer<Result> = JSON.parse(text);
  const [error] = errors;
  const code = error?.extensions?.code ?? '';
  if (code === 'UNAVAILABLE') return { kind: 'unknown', why: code };
  if (code === (kind === 'verify' ? 'TOO_MANY_REQUESTS' : kind === 'rollback' ? 'BAD_USER_INPUT' : undefined)) {
    return { kind: 'refused', why: code };
  }
  if (error || !data) return { kind: 'defect', why: JSON.stringify(error) ?? text.slice(0, 500) };
  return { kind: 'done', drift: (data.result.drift ?? []).map(({ key }) => key) };
}
