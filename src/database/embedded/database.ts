import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { type Cluster, USER } from './cluster.ts';
import { codeOf, EmbeddedPostgresError } from './error.ts';
import type { Postmaster } from './postmaster.ts';

const DATABASE = 'tidemark';
const LIMIT_MS = 10_000;

/** It says that there is no TLS on loopback, or a PGSSLMODE meant for another server would make `pg` ask for it. */
export const urlOf = ({ password }: Cluster, port: number, database = DATABASE) =>
  `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;

/**
 * Makes sure that it is really our cluster which answers on the port, to our password, and that it has our database.
 * @throws EmbeddedPostgresError when a stranger answers
 */
export const ensureDatabase = (cluster: Cluster, postmaster: Postmaster): Promise<void> =>
  withCluster(cluster, postmaster, async (client, exists) => {
    if (!exists) await client.query(`create database ${escapeIdentifier(DATABASE)}`);
  });

/** Whether our cluster, which another process keeps up, has our database already. @throws as `ensureDatabase` */
export const hasDatabase = (cluster: Cluster, postmaster: Pick<Postmaster, 'pid' | 'port'>): Promise<boolean> =>
  withCluster(cluster, postmaster, async (_, exists) => exists);

async function withCluster<T>(
  cluster: Cluster,
  { pid, port }: Pick<Postmaster, 'pid' | 'port'>,
  work: (client: Client, exists: boolean) => Promise<T>,
): Promise<T> {
  const client = await connect(urlOf(cluster, port, 'postgres')).catch((error) => {
    throw new EmbeddedPostgresError(
      `PostgreSQL (pid ${pid}) on ${cluster.path} does not let us in (${codeOf(error) ?? error}): ` +
        `bring back the right password file, or stop it (kill -INT ${pid}), delete the password file and start again.`,
      { cause: error },
    );
  });
  try {
    const { rows } = await client.query<{ folder: string; exists: boolean }>(
      `select current_setting('data_directory') as folder,
              exists (select from pg_database where datname = $1) as exists`,
      [DATABASE],
    );
    const folder = rows[0]?.folder ?? '';
    if ((await realpath(folder).catch(() => folder)) !== cluster.path) {
      throw new EmbeddedPostgresError(
        `The PostgreSQL on port ${port} (pid ${pid}) runs on ${folder} instead of ${cluster.path}: ` +
          `stop it (kill -INT ${pid}) and start again.`,
      );
    }
    return await work(client, rows[0]?.exists ?? false);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A server that has just recovered, or whose connections a crowd of reconnecting pools has taken, wants a second try. */
async function connect(connectionString: string): Promise<Client> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const client = new Client({ connectionString, connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS });
    // Or a server that goes away at this moment would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const passing = ['57P03', '53300', 'ECONNRESET', 'ECONNREFUSED'].includes(codeOf(error) ?? '');
      if (!passing || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
