import { Prisma, type Queryable } from '../database/client.ts';
import type { AnyProjection, Row, Rows } from '../eventsourcing/projection.ts';

/** Which of a projection's tables: the one that is read, the one that a rebuild fills, the one from before. */
export type Slot = 'live' | 'next' | 'previous';

/** All three have the same name. */
const schemas: Readonly<Record<Slot, string>> = {
  live: 'public',
  next: 'tidemark_next',
  previous: 'tidemark_previous',
};

/** SQL for one read table, built once from its columns. Rows have the very form that the fold gives them. */
export interface Table<R extends Row = Row> {
  /** Names and types of its columns: two tables with the same shape can stand in for each other. */
  readonly shape: string;
  /** `SELECT` list of the columns as a row has them, for `FROM <table> t` inside a `json_agg`, which is faster. */
  readonly fields: Prisma.Sql;
  /** Its columns, unquoted. */
  readonly columns: readonly string[];
  /** The table's quoted name. */
  readonly name: Prisma.Sql;
  /** A quoted column of `t`. @throws for a column that the table does not have */
  column(name: keyof R & string): Prisma.Sql;
  /** The key of `t` as a text, the same as in a row whatever the session's formats. */
  readonly keyText: Prisma.Sql;
  /** Condition on `t`: its key is one of these. */
  keyIn(keys: readonly string[]): Prisma.Sql;
  /** The rows that a condition on `t` selects, as one value: see {@link rowsIn}. */
  rowsWhere(condition: Prisma.Sql): Prisma.Sql;
  /** Upsert of any number of rows, as a statement that comes to nothing unless the condition holds. */
  upsert(rows: readonly R[], condition?: Prisma.Sql): Prisma.Sql;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isEnum: boolean;
  readonly isKey: boolean;
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
  'date',
  'timestamp with time zone',
]);

/** Types whose text in SQL is that of the key in a row. */
const keyTypes = new Set(['text', 'character varying', 'uuid', 'smallint', 'integer', 'date']);

const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** As the log writes times: ISO 8601 in UTC with six decimals. */
const value = ({ name, type }: Column): string =>
  type === 'timestamp with time zone'
    ? `to_char(t.${quote(name)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : `t.${quote(name)}`;

/** Rows by their keys, as the database gives them in one text: the driver takes ten times as long over an array of them. */
export const rowsIn = <R extends Row>({ keyColumn }: AnyProjection, json: string | null): Rows<R> =>
  new Map((JSON.parse(json ?? '[]') as R[]).map((row) => [String(row[keyColumn]), row]));

/** @throws when the table or its key does not exist, or a column has a type that JSON does not keep */
export async function describeTable<R extends Row>(
  database: Queryable,
  projection: AnyProjection,
  slot: Slot = 'live',
): Promise<Table<R>> {
  const refuse = (problem: string) => new Error(`projection ${projection.name}: ${problem}`);
  const qualified = `${schemas[slot]}.${quote(projection.table)}`;
  const columns = await database.$queryRaw<Column[]>`
    SELECT attname::text AS name, format_type(atttypid, NULL) AS type, typtype = 'e' AS "isEnum",
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = attrelid AND i.indisprimary
                   AND i.indnkeyatts = 1 AND i.indkey[0] = attnum) AS "isKey"
    FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = to_regclass(${qualified}) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum`;
  const key = columns.find((column) => column.name === projection.keyColumn && column.isKey);
  if (!key) throw refuse(`there is no table ${projection.table} whose primary key is ${projection.keyColumn}`);
  const unfaithful = columns.find(({ type, isEnum }) => !isEnum && !faithfulTypes.has(type));
  if (unfaithful) {
    throw refuse(
      `the column ${unfaithful.name} is ${unfaithful.type}, which rows cannot hold exactly. Use one of: ` +
        `${[...faithfulTypes].join(', ')}, or an enum.`,
    );
  }
  if (!keyTypes.has(key.type)) {
    throw refuse(`the key ${key.name} is ${key.type}. Use one of: ${[...keyTypes].join(', ')}.`);
  }
  const { raw, sql } = Prisma;
  const others = columns.filter((column) => column !== key).map((column) => quote(column.name));
  const name = raw(qualified);
  const all = raw(columns.map((column) => quote(column.name)).join(', '));
  const conflict =
    others.length > 0
      ? raw(`DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`)
      : raw('DO NOTHING');

  const row = raw(
    `json_build_object(${columns.map((column) => `'${column.name.replaceAll("'", "''")}', ${value(column)}`).join(', ')})`,
  );

  return {
    name,
    columns: columns.map((column) => column.name),
    shape: columns
      .map((column) => `${column.name} ${column.type}`)
      .sort()
      .join(', '),
    fields: raw(columns.map((column) => `${value(column)} AS ${quote(column.name)}`).join(', ')),
    column(wanted) {
      if (!columns.some((column) => column.name === wanted)) {
        throw new Error(`${projection.table} has no column ${wanted}`);
      }
      return raw(`t.${quote(wanted)}`);
    },
    keyText: raw(`(to_json(t.${quote(key.name)}) #>> '{}')`),
    keyIn: (keys) => sql`t.${raw(quote(key.name))} = ANY(${[...keys]}::${raw(key.type)}[])`,
    rowsWhere: (condition) => sql`(SELECT json_agg(${row})::text FROM ${name} t WHERE ${condition})`,
    upsert: (rows, condition = sql`true`) => sql`
      INSERT INTO ${name} (${all})
      SELECT ${all} FROM jsonb_populate_recordset(NULL::${name}, ${JSON.stringify(rows)}::jsonb) WHERE ${condition}
      ON CONFLICT (${raw(quote(key.name))}) ${conflict}`,
  };
}
