import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { Row } from '../eventsourcing/projection.ts';
import type { Point } from '../log/reader.ts';
import { type Change, changedFields } from '../projections/past.ts';
import type { ReadModel } from '../projections/read-model.ts';
import { DEFAULT_PAGE, MAX_PAGE, PageArgs, type PageInfo } from './connection.ts';
import type { Context } from './context.ts';
import { checkPosition } from './log-resolver.ts';
import { DateTime, Json, Position } from './scalars.ts';
import { type EventType, toEventType } from './types.ts';

const MAX_INT = 2 ** 31 - 1;

@InputType('AsOf', { description: 'A point in the past. Give exactly one.' })
export class AsOfInput {
  @Field(() => Position, { nullable: true, description: 'After the event at this position.' })
  position?: bigint | null;

  @Field(() => Int, { nullable: true, description: 'After so many events of its stream.' })
  @IsOptional()
  @Min(0)
  @Max(MAX_INT)
  version?: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'At this time, including what was recorded at that very moment.',
  })
  time?: string | null;
}

@ArgsType()
export class HistoryArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PAGE,
    description: `From 0 to ${MAX_PAGE}: the oldest ones.`,
  })
  @IsOptional()
  @Min(0)
  @Max(MAX_PAGE)
  first?: number | null;
}

@ObjectType({ description: 'What an event made of one field.', simpleResolvers: true })
export class FieldChange {
  @Field(() => String)
  field!: string;

  @Field(() => Json, { nullable: true })
  before!: unknown;

  @Field(() => Json, { nullable: true })
  after!: unknown;
}

/** An event, and what it changed. A domain's own object type is made from it. */
export interface HistoryEntry {
  readonly event: EventType;
  readonly changes: FieldChange[];
}

export interface History {
  readonly edges: { readonly node: HistoryEntry; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/**
 * The row as it was; null before its first event.
 * @throws {TidemarkError} BAD_USER_INPUT unless exactly one point is given, or for one that the log has not reached
 */
export async function rowAsOf<R extends Row>(
  context: Context,
  model: ReadModel<R>,
  key: string,
  asOf: AsOfInput,
): Promise<R | null> {
  const point = pointOf(asOf);
  if ('position' in point) await checkPosition(context, 'asOf.position', point.position);
  const version = await model.past.version(key, point);
  if ('version' in point && version > 0 && version < point.version) {
    throw new TidemarkError('BAD_USER_INPUT', `asOf.version: it is at version ${version} only.`);
  }
  return version === 0 ? null : model.past.row(key, version);
}

function pointOf({ position, version, time }: AsOfInput): Point {
  const points: Point[] = [];
  if (position !== null && position !== undefined) points.push({ position });
  if (version !== null && version !== undefined) points.push({ version });
  if (time !== null && time !== undefined) points.push({ time });
  const [point] = points;
  if (!point || points.length > 1) {
    throw new TidemarkError('BAD_USER_INPUT', 'asOf: give exactly one of position, version and time.');
  }
  return point;
}

/**
 * A page of what happened to a row up to a version, oldest first. The events of a stream are numbered without gaps, so any page
 * is found at once.
 * @throws {TidemarkError} BAD_USER_INPUT for `first` with `last`, or a cursor that is not one of a history
 */
export async function historyOf<R extends Row>(
  model: ReadModel<R>,
  row: { readonly key: string; readonly version: number },
  fields: readonly (keyof R & string)[],
  { first, after, last, before }: HistoryArgs,
): Promise<History> {
  const start = Math.min(after ? versionOfCursor('after', after) : 0, row.version);
  const end = Math.max(start, Math.min(before ? versionOfCursor('before', before) - 1 : row.version, row.version));
  const backwards = last !== null && last !== undefined;
  // The default cannot be told from nothing.
  if (backwards && first !== null && first !== undefined && first !== DEFAULT_PAGE) {
    throw new TidemarkError('BAD_USER_INPUT', 'last: give either first or last, not both.');
  }
  const from = backwards ? Math.max(start, end - last) : start;
  const to = backwards ? end : Math.min(end, start + (first ?? DEFAULT_PAGE));
  const changes = await model.past.changes(row.key, from, to);
  const edges = changes.map((change) => ({ node: toEntry(change, fields), cursor: cursorOf(change.event.version) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: to < row.version,
      hasPreviousPage: from > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: row.version,
  };
}

const toEntry = <R extends Row>(
  { event, before, after }: Change<R>,
  fields: readonly (keyof R & string)[],
): HistoryEntry => ({
  event: toEventType(event),
  changes: changedFields(before, after, fields),
});

const cursorOf = (version: number): string => Buffer.from(JSON.stringify(['HISTORY', version])).toString('base64url');

function versionOfCursor(field: string, cursor: string): number {
  try {
    const [kind, version] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (kind === 'HISTORY' && Number.isInteger(version) && Number(version) > 0) return Number(version);
  } catch {
    // Not one of ours: as below.
  }
  throw new TidemarkError('BAD_USER_INPUT', `${field}: it is not a cursor of a history.`);
}
