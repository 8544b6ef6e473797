import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { failed, MigrationError, pendingMigrations, plainWords, readHistory } from './migration-history.ts';
import type { Migration } from './schema-engine.ts';

export interface MigrateOptions {
  /** A direct connection, with the right to create tables: the lock is the session's, which PgBouncer would share out. */
  url: string;
  /** Default: `prisma/migrations` of this package. */
  directory?: URL | string;
  /** Told what is applied, and who is waited for. */
  log?: (line: string) => void;
  /** How long to wait for another server that is migrating, in ms. Default 60,000. */
  lockTimeoutMs?: number;
}

/** Two levels up from `src/database` and from `dist/database` alike. */
const ownMigrations = new URL('../../prisma/migrations/', import.meta.url);

/**
 * Brings the database up to date: applies the migrations it lacks, one server at a time. When it lacks none, this is
 * two short queries, and neither the lock nor Prisma's engine is touched.
 * @returns the names of those applied, in order; empty when there was nothing to do.
 * @throws MigrationError
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { url, directory = ownMigrations, log = () => {}, lockTimeoutMs = 60_000 } = options;
  const migrations = await readMigrations(directory);
  const pool = singleConnection(url);
  try {
    const history = await readHistory(pool);
    // A migration without an end may be one that another server is running just now: only under the lock is it failed.
    if (history.every((run) => run.finished) && pendingMigrations(migrations, history).length === 0) return [];
    await lock(pool, lockTimeoutMs, log);
    const pending = pendingMigrations(migrations, await readHistory(pool));
    if (pending.length > 0) await apply(pool, migrations, pending, log);
    return pending.map(({ name }) => name);
  } catch (error) {
    throw error instanceof MigrationError ? error : unavailable(url, error);
  } finally {
    await pool.end();
  }
}

/**
 * Looks whether a database is as this version wants it, and changes nothing.
 * @returns 'empty' when no server has used it yet
 * @throws MigrationError
 */
export async function checkMigrated(url: string): Promise<'current' | 'empty'> {
  const migrations = await readMigrations(ownMigrations);
  const pool = singleConnection(url);
  try {
    const history = await readHistory(pool);
    const pending = pendingMigrations(migrations, history);
    if (pending.length === 0) return 'current';
    if (history.length === 0) return 'empty';
    const message = `The database lacks migrations of this version (${pending.map(({ name }) => name).join(', ')}): a server of this version applies them when it starts.`;
    throw new MigrationError('MIGRATION_PENDING', message);
  } catch (error) {
    throw error instanceof MigrationError ? error : unavailable(url, error);
  } finally {
    await pool.end();
  }
}

/** The migrations in a folder of Prisma's layout, in order. @throws MigrationError MIGRATIONS_NOT_FOUND */
export async function readMigrations(directory: URL | string): Promise<Migration[]> {
  const path = directory instanceof URL ? fileURLToPath(directory) : directory;
  try {
    const folders = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const names = folders.map(({ name }) => name).sort();
    return await Promise.all(
      names.map(async (name) => ({ name, sql: await readFile(join(path, name, 'migration.sql'), 'utf8') })),
    );
  } catch (error) {
    const message = `The migrations in ${path} cannot be read: ${reason(error)}. They are part of every release.`;
    throw new MigrationError('MIGRATIONS_NOT_FOUND', message, { cause: error });
  }
}

/**
 * One session for lock, history and engine: if it is lost, everything after it fails too. A replacement would carry on
 * without the lock, which PostgreSQL has by then given to the next server.
 */
function singleConnection(url: string): pg.Pool {
  let opened = false;
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    fallback_application_name: 'tidemark migrate',
    verify(_client, done) {
      done(opened ? new Error('the connection to the database was lost') : undefined);
      opened = true;
    },
  });
  // A loss ends the process if nobody listens; the query that it interrupts, or the next one, fails and says so.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** The number that Prisma's own CLI locks under, and the engine again in our session: each waits for the others. */
const lockNumber = 72_707_369;

async function lock(pool: pg.Pool, timeoutMs: number, log: (line: string) => void): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let told = false; ; told = true) {
    // Asked again and again, never waited for in PostgreSQL: a statement that waits holds a snapshot, and a CREATE
    // INDEX CONCURRENTLY in the holder's migration waits for every snapshot, so neither would ever get on.
    const { rows } = await pool.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockNumber]);
    if (rows[0]?.locked) return;
    const left = deadline - Date.now();
    if (left <= 0) throw await locked(pool, timeoutMs);
    if (!told) log(`Waiting for another server to finish migrating this database: ${await lockHolder(pool)}`);
    await sleep(Math.min(200, left));
  }
}

async function locked(pool: pg.Pool, timeoutMs: number): Promise<MigrationError> {
  const message = `Another server has been migrating this database for more than ${timeoutMs / 1000} s. This one needs the migration lock (advisory lock ${lockNumber}), which is held by ${await lockHolder(pool)}. Start again when that has finished; if it is stuck, end it with SELECT pg_terminate_backend(<process>).`;
  return new MigrationError('MIGRATION_LOCKED', message);
}

async function lockHolder(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ holder: string }>(
    `SELECT format('PostgreSQL process %s (%s, from %s, connected at %s)', pid, coalesce(nullif(application_name, ''), 'no name'),
              coalesce(host(client_addr), 'this machine'), date_trunc('second', backend_start)) AS holder
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND objsubid = 1 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [lockNumber],
  );
  return rows[0]?.holder ?? 'a session that has just let go of it';
}

async function apply(
  pool: pg.Pool,
  migrations: readonly Migration[],
  pending: readonly Migration[],
  log: (line: string) => void,
): Promise<void> {
  // Not loaded above: most starts have nothing to apply.
  const { filters, migrationList, openSchemaEngine, wholeScripts } = await import('./schema-engine.ts');
  const engine = await openSchemaEngine(wholeScripts(pool));
  try {
    for (const migration of pending) {
      const start = performance.now();
      // One at a time, so that a failure has a name: the engine sees the folder only up to here.
      const migrationsList = migrationList(migrations.slice(0, migrations.indexOf(migration) + 1));
      await engine.applyMigrations({ migrationsList, filters }).catch(async (error: unknown) => {
        throw await notApplied(pool, migration, error);
      });
      log(`Applied migration ${migration.name} in ${Math.round(performance.now() - start)} ms`);
    }
  } finally {
    engine.free();
  }
}

async function notApplied(pool: pg.Pool, { name }: Migration, error: unknown): Promise<MigrationError> {
  if (error instanceof Error && 'code' in error && error.code === 'P3005') {
    const message = `The database has tables, but no record of migrations: it seems to belong to something else. Give Tidemark an empty database of its own.`;
    return new MigrationError('DATABASE_NOT_EMPTY', message, { cause: error });
  }
  try {
    const run = (await readHistory(pool)).find((each) => each.name === name && !each.finished);
    if (run?.logs) return failed(run);
    const message = `Migration ${name} could not be run: ${plainWords(reason(error))}`;
    return new MigrationError('MIGRATION_FAILED', message, { cause: error });
  } catch (lost) {
    const message = `Migration ${name} did not come to its end: ${reason(lost)}. Start again to learn how it is settled.`;
    return new MigrationError('MIGRATION_FAILED', message, { cause: lost });
  }
}

function unavailable(url: string, error: unknown): MigrationError {
  return new MigrationError('DATABASE_UNAVAILABLE', `Cannot use ${address(url)}: ${reason(error)}`, { cause: error });
}

/** Where a URL leads, without the password or anything else that it may hold. */
function address(url: string): string {
  try {
    const { database, host, port } = new pg.Client({ connectionString: url });
    return `database "${database}" at ${host}:${port}`;
  } catch {
    return 'the database, whose URL is not of the form postgresql://user:password@host:port/database';
  }
}

/** Node reports a host with several addresses as an AggregateError with an empty message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}
