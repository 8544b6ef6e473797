import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../../src/database/migrate.ts';
import { accountsTable } from '../ledger/projection.ts';
import type { Random } from '../random.ts';
import { auditSql } from './audit.ts';
import { bundleServer } from './bundle.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { startReaper } from './reaper.ts';
import { prepareServer, type Server } from './servers.ts';

/** Everything that is tortured: servers, each on a link of its own to one PostgreSQL. */
export interface System {
  readonly postgres: Postgres;
  readonly servers: readonly Server[];
  readonly masterKey: Buffer;
  /** Stops the servers. @returns the names of those that did not end by themselves */
  stop(): Promise<string[]>;
  /** Ends and removes all that is left but the logs. Idempotent. */
  remove(): Promise<void>;
}

export interface SystemOptions {
  /** Empty; the database goes here. */
  readonly folder: string;
  /** Logs go here. */
  readonly logFolder: string;
  readonly servers: number;
  readonly random: Random;
  onIncident(what: string): void;
}

/** As the README tells people to do it: an account of its own, with the rights of `tidemark_server`. */
const SERVER_ROLE = 'torture_server';

export async function startSystem(options: SystemOptions): Promise<System> {
  const { folder, logFolder, random, onIncident } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const remove = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer().catch(() => undefined);
  };
  try {
    await mkdir(logFolder, { recursive: true });
    const reaper = startReaper();
    closers.push(async () => reaper.watch({ pids: [], folders: [] }));
    const bundle = await bundleServer();
    closers.push(bundle.remove);
    const postgres = await startPostgres(folder);
    const servers: Server[] = [];
    const watch = () =>
      reaper.watch({
        pids: [postgres.pid(), ...servers.map(({ pid }) => pid)],
        folders: [folder, postgres.folder, logFolder, bundle.file],
      });
    watch();
    closers.push(postgres.remove);

    await migrate({ url: postgres.url });
    const password = randomBytes(16).toString('hex');
    await asOwner(postgres.url, (owner) => owner.query(setUp(password)));
    const url = new URL(postgres.url);
    url.username = SERVER_ROLE;
    url.password = password;
    const masterKey = randomBytes(32);
    for (let i = 1; i <= options.servers; i++) {
      const name = `server-${i}`;
      const server = await prepareServer({
        name,
        file: bundle.file,
        databaseUrl: url.href,
        logFile: join(logFolder, `${name}.log`),
        settings: { ...settingsFor(random), MASTER_KEY: masterKey.toString('base64') },
        onStart: watch,
        onCrash: (how) => onIncident(`${name} ended by itself: ${how}`),
      });
      servers.push(server);
      closers.push(server.stop);
    }
    await Promise.all(servers.map((server) => server.start()));

    return {
      ...{ postgres, servers, masterKey, remove },
      async stop() {
        const clean = await Promise.all(servers.map((server) => server.stop()));
        return servers.filter((_, index) => !clean[index]).map(({ name }) => name);
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const setUp = (password: string) => `${accountsTable}; ${auditSql};
  CREATE ROLE ${SERVER_ROLE} LOGIN PASSWORD '${password}' IN ROLE tidemark_server`;

/** Short limits, so that many are met in a minute, and small caches in some, so that the ways around them are taken. */
const settingsFor = (random: Random): Record<string, string> => ({
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'warn',
  DATABASE_CONNECT_TIMEOUT_MS: '2000',
  DATABASE_STATEMENT_TIMEOUT_MS: '3000',
  DATABASE_LOCK_TIMEOUT_MS: random.pick(['500', '2500']),
  COMMAND_TIMEOUT_MS: random.pick(['3000', '6000']),
  STATE_CACHE: random.pick(['3', '40', '10000']),
  TAIL_EVENTS: random.pick(['20', '500', '10000']),
  BATCH_UNITS: random.pick(['4', '500']),
  PROJECTION_BATCH: random.pick(['10', '1000']),
  DATABASE_POOL_SIZE: random.pick(['3', '10']),
  POLL_MS: '500',
  VERIFY_EVENTS_PER_SECOND: '20000',
  HEARTBEAT_MS: '1000',
  KEEP_ALIVE_MS: '2000',
});

/** Does something on a connection past the servers, as the database's superuser. */
export async function asOwner<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A database that goes away must not take this process along.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
