import { Prisma, type Queryable } from '../database/client.ts';
import type { AnyProjection, Row } from '../eventsourcing/projection.ts';

/** SQL for one read table, built once from its columns. Rows have the very form that the fold gives them. */
export interface Table<R extends Row = Row> {
  /** `SELECT` list that yields the column `row`, for `FROM <table> t`. */
  readonly row: Prisma.Sql;
  /** The table's quoted name. */
  readonly name: Prisma.Sql;
  /** A quoted column of `t`. @throws for a column that the table does not have */
  column(name: keyof R & string): Prisma.Sql;
  /** Condition on `t`: its key is one of these. */
  keyIn(keys: readonly string[]): Prisma.Sql;
  /** Upsert of any number of rows. */
  upsert(rows: readonly R[]): Prisma.Sql;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isEnum: boolean;
}

/** Types whose values are the same after a round through JSON. A 64-bit number, for one, would be rounded. */
const faithfulTypes = new Set([
  'text',
  'character varying',
  'uuid',
  'boolean',
  'smallint',
  'integer',
  'double precision',
  'jsonb',
  'timestamp with time zone',
]);

const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** As the log writes times: ISO 8601 in UTC with six decimals. */
const value = ({ name, type }: Column): string =>
  type === 'timestamp with time zone'
    ? `to_char(t.${quote(name)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : `t.${quote(name)}`;

/** @throws when the table or its key column does not exist, or a column has a type that JSON does not keep */
export async function describeTable<R extends Row>(database: Queryable, projection: AnyProjection): Promise<Table<R>> {
  const columns = await database.$queryRaw<Column[]>`
    SELECT attname::text AS name, format_type(atttypid, NULL) AS type, typtype = 'e' AS "isEnum"
    FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = to_regclass(${quote(projection.table)}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
  const key = columns.find((column) => column.name === projection.keyColumn);
  if (!key) {
    throw new Error(
      `projection ${projection.name}: there is no table ${projection.table} with a column ${projection.keyColumn}`,
    );
  }
  const unfaithful = columns.find(({ type, isEnum }) => !isEnum && !faithfulTypes.has(type));
  if (unfaithful) {
    throw new Error(
      `projection ${projection.name}: the column ${unfaithful.name} is ${unfaithful.type}, which rows cannot hold ` +
        `exactly. Use one of: ${[...faithfulTypes].join(', ')}, or an enum.`,
    );
  }
  const { raw, sql } = Prisma;
  const others = columns.filter((column) => column !== key).map((column) => quote(column.name));
  const name = raw(quote(projection.table));
  const conflict =
    others.length > 0
      ? raw(`DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`)
      : raw('DO NOTHING');

  return {
    name,
    row: raw(
      `jsonb_build_object(${columns.map((column) => `'${column.name.replaceAll("'", "''")}', ${value(column)}`).join(', ')}) AS row`,
    ),
    column(wanted) {
      if (!columns.some((column) => column.name === wanted)) {
        throw new Error(`${projection.table} has no column ${wanted}`);
      }
      return raw(`t.${quote(wanted)}`);
    },
    keyIn: (keys) => sql`t.${raw(quote(key.name))} = ANY(${[...keys]}::${raw(key.type)}[])`,
    upsert: (rows) => sql`
      INSERT INTO ${name} SELECT * FROM jsonb_populate_recordset(NULL::${name}, ${JSON.stringify(rows)}::jsonb)
      ON CONFLICT (${raw(quote(key.name))}) ${conflict}`,
  };
}
