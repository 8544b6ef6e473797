import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import pino from 'pino';
import { inject, onTestFinished } from 'vitest';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { modules } from '../../src/modules/index.ts';
import { asServer } from './database.ts';
import { execute, inDatabase, randomName } from './postgres.ts';

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: number; readonly msg: string };

/** What a request must not change unless it is a command that is carried out. */
export interface Written {
  readonly head: bigint;
  readonly commands: number;
}

/** A server in this process, on a database of its own. */
export interface TestServer {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly databaseUrl: string;
  /** Everything that it logged at level warn or above. */
  readonly logged: readonly LogLine[];
  /** Past the server, straight in its database. */
  sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  written(): Promise<Written>;
  /** Holds the lock of a projection's checkpoint, so that its read table stays where it is. Resolves with the release. */
  holdProjection(name: string): Promise<() => Promise<void>>;
  /** Starts another server on the same database, and with the same settings but for these. */
  beside(changed?: Settings): Promise<Pick<TestServer, 'url' | 'webSocketUrl' | 'stop'>>;
  /** Stops the server but keeps the database, on which another can be started. */
  stop(): Promise<void>;
  /** Stops the server and drops the database. Idempotent. */
  close(): Promise<void>;
}

/** Settings of `config.ts`, as the environment would give them. */
export type Settings = Readonly<Record<string, string>>;

/** Starts a server on a new database; whoever calls it closes it. */
export async function openServer(settings: Settings = {}): Promise<TestServer> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    const serverUrl = inject('serverUrl');
    const name = randomName('test');
    await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${inject('template')}`);
    closers.push(() => execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
    const databaseUrl = inDatabase(serverUrl, name);
    const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // `end` does not wait for the server to close: the drop may still end a session, and nobody would hear its error.
    pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
    closers.push(() => pool.end());

    const logged: LogLine[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    async function start(changed: Settings) {
      const config = readConfig({
        PORT: '0',
        HOST: '127.0.0.1',
        DATABASE_URL: asServer(databaseUrl),
        DATA_DIR: dataDir,
        QUERY_PLANS: process.env.QUERY_PLANS,
        ...settings,
        ...changed,
      });
      const app = await startApp(config, modules, logger);
      closers.push(() => app.close());
      return { url: app.url, webSocketUrl: app.url.replace(/^http/, 'ws'), stop: () => app.close() };
    }
    const first = await start({});

    async function sql<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
      return (await pool.query<R>(text, values)).rows;
    }

    return {
      ...first,
      databaseUrl,
      logged,
      sql,
      async written() {
        const [row] = await sql<{ position: string; commands: string }>(
          'SELECT position, (SELECT count(*) FROM commands) AS commands FROM head',
        );
        return { head: BigInt(row?.position ?? -1), commands: Number(row?.commands) };
      },
      async holdProjection(projection) {
        const holder = new pg.Client({ connectionString: databaseUrl });
        holder.on('error', () => undefined);
        await holder.connect();
        await holder.query('BEGIN');
        await holder.query('SELECT FROM checkpoints WHERE name = $1 FOR UPDATE', [projection]);
        let held = true;
        const release = async () => {
          if (!held) return;
          held = false;
          await holder.end();
        };
        closers.push(release);
        return release;
      },
      beside: (changed = {}) => start(changed),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A server for the test that runs; gone after it. */
export async function serverForTest(settings: Settings = {}): Promise<TestServer> {
  const server = await openServer(settings);
  onTestFinished(() => server.close());
  return server;
}
