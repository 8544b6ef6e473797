import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded.ts';

/** Of a million events. */
const FOLD_SECONDS = 600;

/** The PostgreSQL server that everything under test shares. */
export interface Postgres {
  /** Its version, such as `18.4`. */
  readonly version: string;
  /** Does work with an empty database that exists only meanwhile. */
  withDatabase<T>(work: (url: string) => Promise<T>): Promise<T>;
  /** The same with several. */
  withDatabases<T>(count: number, work: (urls: readonly string[]) => Promise<T>): Promise<T>;
}

/** The server of BENCH_DATABASE_URL or TEST_DATABASE_URL, else one that is started in a temporary folder. */
export async function withPostgres<T>(work: (postgres: Postgres) => Promise<T>): Promise<T> {
  const given = process.env.BENCH_DATABASE_URL || process.env.TEST_DATABASE_URL;
  if (given) return work(await postgresAt(given));
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir });
    try {
      return await work(await postgresAt(server.url));
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function postgresAt(serverUrl: string): Promise<Postgres> {
  const version = await queryOne<string>(serverUrl, `SELECT split_part(current_setting('server_version'), ' ', 1)`);
  const postgres: Postgres = {
    version,
    async withDatabase(work) {
      const name = `bench_${crypto.randomUUID().replaceAll('-', '')}`;
      await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
      try {
        const url = new URL(serverUrl);
        url.pathname = name;
        return await work(url.href);
      } finally {
        await execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      }
    },
    withDatabases: (count, work) =>
      count === 0
        ? work([])
        : postgres.withDatabase((url) => postgres.withDatabases(count - 1, (urls) => work([url, ...urls]))),
  };
  return postgres;
}

/** Runs a script. */
export const execute = (url: string, sql: string): Promise<unknown> => connected(url, (client) => client.query(sql));

/** The only column of the only row. */
export const queryOne = <T>(url: string, sql: string): Promise<T> =>
  connected(url, async (client) => (await client.query<[T]>({ text: sql, rowMode: 'array' })).rows[0]?.[0] as T);

/** Asks again and again. @throws when the condition does not hold after so many seconds */
export async function until(url: string, condition: string, seconds = 30): Promise<void> {
  for (let tries = 0; tries < seconds * 20; tries++) {
    if (await queryOne<boolean>(url, condition)) return;
    await sleep(50);
  }
  throw new Error(`after ${seconds} s it still does not hold: ${condition}`);
}

/** Waits until a server has folded its whole log into its read tables. */
export const untilFolded = (url: string): Promise<void> =>
  until(url, 'SELECT bool_and(c.position = h.position) FROM checkpoints c, head h', FOLD_SECONDS);

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // When its database is dropped under it, the statement fails; the client need not end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
