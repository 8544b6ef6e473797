import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';

export { Prisma };

/** The Prisma client, or a transaction of it: whoever needs one is given it. */
export type Database = PrismaClient & JsonQueries;
export type Queryable = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export interface JsonQueries {
  /**
   * The only column, of type json, of a SELECT of one row. It goes to `pg` itself: for rows that are read all the time,
   * Prisma's way takes twice the time of the statement.
   */
  $json<T>(select: Prisma.Sql): Promise<T>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** How long to wait for a free or new connection, ms. Prisma's own default is for ever. */
  readonly connectTimeoutMs: number;
  /** How long one statement may run, ms. */
  readonly statementTimeoutMs: number;
  /** How long a statement may wait for a lock, ms: a stranger's lock on the head must not stop the server for good. */
  readonly lockTimeoutMs: number;
  /** How long a session may leave its transaction, and the locks that it holds, waiting for the next statement, ms. */
  readonly idleInTransactionMs?: number | undefined;
  /** For a pool that serves one statement only: it is prepared once per connection, under this name. */
  readonly statementName?: string | undefined;
  /** Called with the trouble of idle connections, which would otherwise end the process. */
  onError(error: Error): void;
}

/** Opens a pool. Nothing connects before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const { statementName } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'tidemark',
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs,
    // The server's limit is of no use when its answer does not come through: a half-open connection is silent.
    query_timeout: options.statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? options.statementTimeoutMs,
    keepAlive: true,
  });
  // Between the pool, which stops listening to a client when it hands it out, and Prisma, which starts a moment later, a
  // session may end; with nobody listening, its error would end the process. Whoever uses the client gets it all the same.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    onPoolError: options.onError,
    onConnectionError: options.onError,
    ...(statementName !== undefined && { statementNameGenerator: () => statementName }),
  });
  // Errors are mapped in errors.ts; a rendering of the calling code would cost time at every call.
  const client = new PrismaClient({ adapter, errorFormat: 'minimal' });
  return Object.assign(client, {
    async $json<T>({ text, values }: Prisma.Sql): Promise<T> {
      const { rows } = await pool.query<[T]>({ text, values, rowMode: 'array' });
      return rows[0]?.[0] as T;
    },
  });
}
