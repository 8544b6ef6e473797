import { IsOptional, Max, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { Prisma } from '../database/client.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { Row } from '../eventsourcing/projection.ts';
import type { ReadModel } from '../projections/read-model.ts';
import { isStorable } from './storable.ts';

/** Rows that one page may have, and has when nothing is said. */
export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 20;

/** What every connection takes besides `first`, whose default is in the schema of some. */
@ArgsType()
export abstract class PageArgs {
  @Field(() => String, { nullable: true })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'Instead of `first`: the last ones.' })
  @IsOptional()
  @Min(0)
  @Max(MAX_PAGE)
  last?: number | null;

  @Field(() => String, { nullable: true })
  before?: string | null;
}

/** The arguments of a Relay connection (https://relay.dev/graphql/connections.htm). */
@ArgsType()
export abstract class ConnectionArgs extends PageArgs {
  @Field(() => Int, { nullable: true, description: `From 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when neither is given.` })
  @IsOptional()
  @Min(0)
  @Max(MAX_PAGE)
  first?: number | null;
}

@ObjectType({ simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

export interface Page<R> {
  readonly edges: { readonly node: R; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: () => Promise<number>;
}

/** An order of a read table's rows: by one column, then by key. */
export interface Order<R> {
  readonly column: keyof R & string;
  readonly descending: boolean;
  /** Whether a cursor's value is one that the column can hold: cursors come from strangers. */
  accepts(value: string): boolean;
}

interface Paging<R extends Row> {
  readonly args: ConnectionArgs;
  /** Names the order; part of each cursor, so that one is not used in another order. */
  readonly orderName: string;
  readonly order: Order<R>;
  readonly keyColumn: keyof R & string;
  readonly keyAccepts: (key: string) => boolean;
  readonly where: Prisma.Sql;
}

/**
 * One page by keyset: a page costs the same wherever it is, and rows that come or go meanwhile shift none.
 * @throws {TidemarkError} BAD_USER_INPUT for `first` with `last` or a cursor that is not one of this connection
 */
export async function paginate<R extends Row>(model: ReadModel<R>, paging: Paging<R>): Promise<Page<R>> {
  const { args, order, orderName, keyColumn, where } = paging;
  if (isGiven(args.first) && isGiven(args.last)) {
    throw new TidemarkError('BAD_USER_INPUT', 'last: give either first or last, not both.');
  }
  const backwards = isGiven(args.last);
  const limit = args.first ?? args.last ?? DEFAULT_PAGE;
  const { sql } = Prisma;
  const sortBy = model.table.column(order.column);
  const key = model.table.column(keyColumn);

  const bound = (field: 'after' | 'before'): Prisma.Sql => {
    const cursor = args[field];
    if (!isGiven(cursor)) return sql`true`;
    const place = decodeCursor(paging, field, cursor);
    return (field === 'after') === order.descending
      ? sql`(${sortBy}, ${key}) < (${place.value}, ${place.key})`
      : sql`(${sortBy}, ${key}) > (${place.value}, ${place.key})`;
  };
  const direction = order.descending === backwards ? sql`ASC` : sql`DESC`;
  const rows = await model.rows(
    sql`${where} AND ${bound('after')} AND ${bound('before')}`,
    sql`${sortBy} ${direction}, ${key} ${direction}`,
    limit + 1,
  );
  const more = rows.length > limit;
  const page = backwards ? rows.slice(0, limit).reverse() : rows.slice(0, limit);
  const edges = page.map((node) => ({ node, cursor: encodeCursor(orderName, node[order.column], node[keyColumn]) }));
  return {
    edges,
    pageInfo: {
      // As Relay puts it: on the side that was not asked for, a given cursor shows that there is something.
      hasNextPage: backwards ? isGiven(args.before) : more,
      hasPreviousPage: backwards ? more : isGiven(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: () => model.count(where),
  };
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

const encodeCursor = (...parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

function decodeCursor<R extends Row>(
  { orderName, order, keyAccepts }: Paging<R>,
  field: string,
  cursor: string,
): { value: string; key: string } {
  const foreign = new TidemarkError('BAD_USER_INPUT', `${field}: it is not a cursor of this connection in this order.`);
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw foreign;
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw foreign;
  const [name, value, key] = parts as unknown[];
  if (name !== orderName || typeof value !== 'string' || typeof key !== 'string') throw foreign;
  if (!isStorable(value) || !order.accepts(value) || !keyAccepts(key)) throw foreign;
  return { value, key };
}
