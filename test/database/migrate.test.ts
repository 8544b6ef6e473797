import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createMigration, migrationDiff } from '../../scripts/migration-diff.ts';
import { type MigrateOptions, migrate, readMigrations } from '../../src/database/migrate.ts';
import { MigrationError } from '../../src/database/migration-history.ts';

const serverUrl = inject('serverUrl');
const randomName = () => `tidemark_test_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;

describe('an empty database', () => {
  it('gets all migrations, in the order of their names', async () => {
    const { url, query } = await emptyDatabase();
    const directory = await folder({ '2_rename': 'ALTER TABLE a RENAME TO b', '1_create': 'CREATE TABLE a (x int)' });
    expect(await migrate({ url, directory })).toEqual(['1_create', '2_rename']);
    expect(await query('SELECT * FROM b')).toEqual([]);
  });

  it("gets the project's own migrations", async () => {
    const { url } = await emptyDatabase();
    const names = (await readMigrations(new URL('../../prisma/migrations', import.meta.url))).map(({ name }) => name);
    expect(await migrate({ url })).toEqual(names);
    expect(await migrate({ url })).toEqual([]);
  });

  it('gets functions, triggers, DO blocks and grants, whose bodies hold semicolons', async () => {
    const reader = await role('NOLOGIN');
    const { url, query } = await emptyDatabase();
    const directory = await folder({
      '1_by_hand': `
        CREATE TABLE facts (id int PRIMARY KEY, note text DEFAULT 'semi;colon');
        CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE what text := 'not; ever';
        BEGIN
          RAISE EXCEPTION '% on % is forbidden', TG_OP, TG_TABLE_NAME USING HINT = what;
        END;
        $$;
        CREATE TRIGGER facts_are_kept BEFORE UPDATE OR DELETE ON facts FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER facts_stay BEFORE TRUNCATE ON facts EXECUTE FUNCTION forbid();
        DO $body$
        BEGIN
          FOR i IN 1..3 LOOP INSERT INTO facts VALUES (i); END LOOP; -- a comment; with one more
        END
        $body$;
        CREATE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM facts; END;
        GRANT SELECT ON facts TO ${reader};
      `,
      '2_more': 'SELECT total(); INSERT INTO facts VALUES (4)',
    });
    await migrate({ url, directory });
    expect(await query('SELECT total()::int AS total')).toEqual([{ total: 4 }]);
    await expect(query('DELETE FROM facts')).rejects.toThrow('DELETE on facts is forbidden');
    await expect(query('TRUNCATE facts')).rejects.toThrow('TRUNCATE on facts is forbidden');
    expect(await query(`SET ROLE ${reader}; SELECT note FROM facts LIMIT 1; RESET ROLE`)).toEqual([
      { note: 'semi;colon' },
    ]);
  });

  it('gets an index that is built concurrently, while other servers wait', async () => {
    const { url } = await emptyDatabase();
    const directory = await folder({
      '1_table': 'CREATE TABLE a (x int); INSERT INTO a SELECT generate_series(1, 50000)',
      '2_index': 'CREATE INDEX CONCURRENTLY a_x ON a (x)',
    });
    const applied = await Promise.all([1, 2, 3].map(() => migrate({ url, directory })));
    expect(applied.flat().sort()).toEqual(['1_table', '2_index']);
  });

  it('records them as Prisma does, with the SHA-256 of the file', async () => {
    const { url, query } = await emptyDatabase();
    await migrate({ url, directory: await folder({ '1_one': 'SELECT 1' }) });
    expect(await query('SELECT migration_name, checksum, applied_steps_count FROM _prisma_migrations')).toEqual([
      {
        migration_name: '1_one',
        checksum: 'e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5',
        applied_steps_count: 1,
      },
    ]);
  });
});

describe('a database that has some of them', () => {
  it('gets only those it lacks, and then none', async () => {
    const { url, query } = await emptyDatabase();
    const lines: string[] = [];
    const migrations = { '1_one': 'CREATE TABLE one (x int)' };
    await migrate({ url, directory: await folder(migrations) });
    const directory = await folder({ ...migrations, '2_two': 'CREATE TABLE two (x int)' });
    expect(await migrate({ url, directory, log: (line) => lines.push(line) })).toEqual(['2_two']);
    expect(lines).toEqual([expect.stringMatching(/^Applied migration 2_two in \d+ ms$/)]);
    expect(await migrate({ url, directory })).toEqual([]);
    expect(await query('SELECT count(*)::int AS rows FROM _prisma_migrations')).toEqual([{ rows: 2 }]);
  });

  it('needs neither the lock nor the right to create anything when it lacks none', async () => {
    const reader = await role(`LOGIN PASSWORD 'reader'`);
    const { url, query } = await emptyDatabase();
    const directory = await folder({ '1_one': 'CREATE TABLE one (x int)' });
    await migrate({ url, directory });
    await query(`GRANT SELECT ON _prisma_migrations TO ${reader}`);
    await query('SELECT pg_advisory_lock(72707369)');
    expect(await migrate({ url: as(url, { user: reader, password: 'reader' }), directory, lockTimeoutMs: 0 })).toEqual(
      [],
    );
  });

  it('does not care whether git has changed line endings', async () => {
    const { url } = await emptyDatabase();
    await migrate({ url, directory: await folder({ '1_one': 'SELECT 1;\nSELECT 2;\n' }) });
    expect(await migrate({ url, directory: await folder({ '1_one': 'SELECT 1;\r\nSELECT 2;\r\n' }) })).toEqual([]);
  });
});

describe('several servers that start at once', () => {
  const slow = { '1_slow': 'CREATE TABLE a (x int); SELECT pg_sleep(0.3)', '2_next': 'CREATE TABLE b (x int)' };

  it('apply each migration once', async () => {
    const { url } = await emptyDatabase();
    const directory = await folder(slow);
    const applied = await Promise.all([1, 2, 3, 4, 5].map(() => migrate({ url, directory })));
    expect(applied.flat()).toEqual(['1_slow', '2_next']);
  });

  it('apply each migration once, also as processes of their own', { timeout: 60_000 }, async () => {
    const { url } = await emptyDatabase();
    const options = { url, directory: await folder(slow) };
    const processes = await Promise.all([1, 2, 3, 4, 5].map(() => inAnotherProcess(options)));
    expect(processes.flatMap(({ applied }) => applied)).toEqual(['1_slow', '2_next']);
    expect(processes.flatMap(({ timers }) => timers)).toEqual([]); // which would keep a process alive that is done
  });

  it('say whom they wait for, and give up after the timeout', async () => {
    const { url, query } = await emptyDatabase();
    const directory = await folder(slow);
    const lines: string[] = [];
    const [holder] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_advisory_lock(72707369)');
    const error = await failure({ url, directory, lockTimeoutMs: 300, log: (line) => lines.push(line) });
    expect(error).toMatchObject({ code: 'MIGRATION_LOCKED' });
    expect(error.message).toContain(`PostgreSQL process ${holder?.pid}`);
    expect(lines).toEqual([expect.stringContaining(`PostgreSQL process ${holder?.pid}`)]);
  });

  it('all learn of a failure that one of them has seen', async () => {
    const { url } = await emptyDatabase();
    const directory = await folder({ '1_bad': 'SELECT pg_sleep(0.2); SELECT nonsense' });
    const errors = await Promise.all([1, 2, 3].map(() => failure({ url, directory })));
    for (const error of errors) expect(error.message).toContain('column "nonsense" does not exist');
  });

  it('leave the rest to the next start when the connection, and the lock with it, is lost', async () => {
    const { url, query } = await emptyDatabase();
    const directory = await folder({
      '1_killed': 'SELECT pg_terminate_backend(pg_backend_pid())',
      '2_never': 'CREATE TABLE never (x int)',
    });
    expect(await failure({ url, directory })).toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(
        /^Migration 1_killed did not come to its end: the connection to the database was lost/,
      ),
    });
    expect(await query(`SELECT to_regclass('never') AS never`)).toEqual([{ never: null }]);
    expect((await failure({ url, directory })).message).toMatch(/^Migration 1_killed was interrupted/);
  });
});

describe('a migration that fails', () => {
  const bad = {
    '1_good': 'CREATE TABLE a (x int)',
    '2_bad': 'CREATE TABLE b (x int);\nINSERT INTO missing\nVALUES (1)',
  };

  it('is named, with what PostgreSQL says and where', async () => {
    const { url } = await emptyDatabase();
    const error = await failure({ url, directory: await folder(bad) });
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(error.message).toContain('Migration 2_bad failed: relation "missing" does not exist (42P01, line 2).');
    expect(error.message).not.toMatch(/[{}]|connector|\.rs/);
  });

  it('is undone, also when it has begun a transaction itself', async () => {
    const { url, query } = await emptyDatabase();
    const sql = 'BEGIN; CREATE TABLE b (x int); SELECT 1 / 0; COMMIT';
    const error = await failure({ url, directory: await folder({ '1_bad': sql }) });
    expect(error.message).toContain('division by zero');
    expect(await query(`SELECT to_regclass('b') AS b`)).toEqual([{ b: null }]);
  });

  it('stops every later start, with the same words', async () => {
    const { url } = await emptyDatabase();
    const directory = await folder(bad);
    const first = await failure({ url, directory });
    expect(await failure({ url, directory })).toMatchObject({ code: 'MIGRATION_FAILED', message: first.message });
  });

  it('runs again after it was corrected and marked as the message says', async () => {
    const { url, query } = await emptyDatabase();
    const { message } = await failure({ url, directory: await folder(bad) });
    await query(message.slice(message.indexOf('UPDATE')));
    const corrected = { ...bad, '2_bad': 'CREATE TABLE b (x int)', '3_next': 'CREATE TABLE c (x int)' };
    expect(await migrate({ url, directory: await folder(corrected) })).toEqual(['2_bad', '3_next']);
  });

  it('keeps rows that it stumbles over out of the message', async () => {
    const { url } = await emptyDatabase();
    const sql = `CREATE TABLE a (email text); INSERT INTO a VALUES ('ada@example.org'), ('ada@example.org'); CREATE UNIQUE INDEX ON a (email)`;
    const { message } = await failure({ url, directory: await folder({ '1_bad': sql }) });
    expect(message).toContain('could not create unique index "a_email_idx" (23505)');
    expect(message).not.toContain('ada@');
  });

  it('that was interrupted says how to settle it either way', async () => {
    const { url, query } = await emptyDatabase();
    const directory = await folder({ '1_one': 'CREATE TABLE one (x int)' });
    await migrate({ url, directory });
    await query('UPDATE _prisma_migrations SET finished_at = NULL');
    const { message, code } = await failure({ url, directory });
    expect([code, message]).toEqual(['MIGRATION_FAILED', expect.stringContaining('1_one was interrupted')]);
    await query(/UPDATE .* SET finished_at .*(?=\. If not)/.exec(message)?.[0] ?? '');
    expect(await migrate({ url, directory })).toEqual([]);
  });
});

describe('a start is refused', () => {
  it('when an applied migration was edited', async () => {
    const { url } = await emptyDatabase();
    await migrate({ url, directory: await folder({ '1_one': 'SELECT 1' }) });
    expect(await failure({ url, directory: await folder({ '1_one': 'SELECT 2' }) })).toMatchObject({
      code: 'MIGRATION_EDITED',
      message: expect.stringContaining('1_one was edited'),
    });
  });

  it('when the database has migrations of a newer version', async () => {
    const { url, query } = await emptyDatabase();
    await migrate({ url, directory: await folder({ '1_one': 'SELECT 1', '2_newer': 'SELECT 2' }) });
    const error = await failure({
      url,
      directory: await folder({ '1_one': 'SELECT 1', '1_other': 'CREATE TABLE a (x int)' }),
    });
    expect(error).toMatchObject({ code: 'MIGRATION_UNKNOWN', message: expect.stringContaining('(2_newer)') });
    expect(await query(`SELECT to_regclass('a') AS a`)).toEqual([{ a: null }]);
  });

  it('when the database belongs to something else', async () => {
    const { url, query } = await emptyDatabase();
    await query('CREATE TABLE theirs (x int)');
    expect(await failure({ url, directory: await folder({ '1_one': 'SELECT 1' }) })).toMatchObject({
      code: 'DATABASE_NOT_EMPTY',
      message: expect.stringContaining('empty database of its own'),
    });
    expect(await query(`SELECT to_regclass('_prisma_migrations') AS record`)).toEqual([{ record: null }]);
  });

  it('when the folder of migrations is missing or incomplete', async () => {
    const { url } = await emptyDatabase();
    const directory = await folder({});
    expect(await failure({ url, directory: join(directory, 'nowhere') })).toMatchObject({
      code: 'MIGRATIONS_NOT_FOUND',
    });
    await mkdir(join(directory, '1_without_sql'));
    expect(await failure({ url, directory })).toMatchObject({
      code: 'MIGRATIONS_NOT_FOUND',
      message: expect.stringContaining('1_without_sql'),
    });
  });

  it('when the database cannot be used, without telling the password', async () => {
    const { name } = await emptyDatabase();
    const directory = await folder({ '1_one': 'SELECT 1' });
    const urls = [
      'postgresql://ada:s3cret@127.0.0.1:1/nowhere',
      `postgresql://${name}:s3cret@${new URL(serverUrl).host}/${name}`,
      'postgresql://ada:s3cret@127.0.0.1:99999/nowhere',
    ];
    for (const url of urls) {
      const error = await failure({ url, directory });
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('s3cret');
    }
  });
});

describe('the URL', () => {
  const migrations = { '1_one': `CREATE TABLE one AS SELECT current_setting('statement_timeout') AS timeout` };

  it('may be that of a role which only owns the database, with a password', async () => {
    const owner = await role(`LOGIN PASSWORD 'p@ss:w/rd'`);
    const { url } = await emptyDatabase(owner);
    const directory = await folder({
      ...migrations,
      '2_two': 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$',
    });
    expect(await migrate({ url: as(url, { user: owner, password: 'p@ss:w/rd' }), directory })).toEqual([
      '1_one',
      '2_two',
    ]);
  });

  it.skipIf(new URL(serverUrl).password !== '')('may have an empty password', async () => {
    const { url } = await emptyDatabase();
    const { username, host, pathname } = new URL(url);
    expect(
      await migrate({ url: `postgresql://${username}:@${host}${pathname}`, directory: await folder(migrations) }),
    ).toEqual(['1_one']);
  });

  it('keeps its parameters', async () => {
    const { url, query } = await emptyDatabase();
    const withParameters = new URL(url);
    withParameters.search = 'sslmode=disable&options=-c%20statement_timeout%3D4321&application_name=mine';
    await migrate({ url: withParameters.href, directory: await folder(migrations) });
    expect(await query('SELECT timeout FROM one')).toEqual([{ timeout: '4321ms' }]);
  });
});

describe('the check of migrations against the Prisma schema', () => {
  const model = 'model Fact {\n  id Int @id\n  @@map("facts")\n}\n';
  const table = 'CREATE TABLE "facts" ("id" INTEGER NOT NULL, CONSTRAINT "facts_pkey" PRIMARY KEY ("id"));';
  const trigger = `CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END; $$;
    CREATE TRIGGER kept BEFORE DELETE ON facts FOR EACH ROW EXECUTE FUNCTION forbid();`;

  it('finds nothing missing when they match, whatever is written by hand', async () => {
    const prisma = await schema({ 'fact.prisma': model }, { '1_facts': table, '2_trigger': trigger });
    expect(await migrationDiff(serverUrl, prisma)).toBeUndefined();
  });

  it('gives the SQL that is missing, and writes it as the next migration', async () => {
    const more = 'enum Kind {\n  A\n  B\n}\nmodel More {\n  id Int @id\n  kind Kind\n}\n';
    const prisma = await schema({ 'fact.prisma': model, 'more.prisma': more }, { '1_facts': table });
    const missing = await migrationDiff(serverUrl, prisma);
    expect(missing).toContain('CREATE TABLE "More"');
    const file = await createMigration(prisma, 'more', missing);
    expect(file).toMatch(/migrations\/\d{14}_more\/migration\.sql$/);
    expect(await readFile(join(prisma, 'migrations/migration_lock.toml'), 'utf8')).toContain('postgresql');
    expect(await migrationDiff(serverUrl, prisma)).toBeUndefined();
    const { url } = await emptyDatabase();
    expect(await migrate({ url, directory: join(prisma, 'migrations') })).toHaveLength(2);
  });

  it('leaves no database behind, also when a migration fails', async () => {
    const prisma = await schema({ 'fact.prisma': model }, { '1_facts': 'CREATE nonsense' });
    await expect(migrationDiff(serverUrl, prisma)).rejects.toThrow(
      'syntax error at or near "nonsense" (42601, line 1)',
    );
  });
});

/** A database of its own for a test, gone with it; `query` runs on one connection to it, as the server's own role. */
async function emptyDatabase(owner?: string) {
  const name = randomName();
  const url = as(serverUrl, { database: name });
  await onServer(`CREATE DATABASE ${name}${owner ? ` OWNER ${owner}` : ''}`);
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  // `end` does not wait for the server to close: the drop may still end the session, and nobody would hear its error.
  pool.on('connect', (client) => client.on('error', () => undefined));
  onTestFinished(async () => {
    await pool.end();
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const query = async <Row extends pg.QueryResultRow>(sql: string) => {
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await pool.query<Row>(sql);
    return Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows;
  };
  return { name, url, query };
}

async function role(attributes: string): Promise<string> {
  const name = randomName();
  await onServer(`CREATE ROLE ${name} ${attributes}`);
  onTestFinished(() => onServer(`DROP ROLE ${name}`));
  return name;
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

function as(base: string, parts: { user?: string; password?: string; database?: string }): string {
  const url = new URL(base);
  if (parts.user !== undefined) Object.assign(url, { username: parts.user, password: parts.password ?? '' });
  if (parts.database !== undefined) url.pathname = parts.database;
  return url.href;
}

/** A migrations folder: name → SQL. */
async function folder(migrations: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-migrations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeMigrations(directory, migrations);
  return directory;
}

/** A folder like `prisma/`: the .prisma files beside a datasource, and migrations. */
async function schema(files: Record<string, string>, migrations: Record<string, string>): Promise<string> {
  const directory = await folder({});
  await writeFile(join(directory, 'schema.prisma'), 'datasource db {\n  provider = "postgresql"\n}\n');
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  await writeMigrations(join(directory, 'migrations'), migrations);
  return directory;
}

async function writeMigrations(directory: string, migrations: Record<string, string>): Promise<void> {
  for (const [name, sql] of Object.entries(migrations)) {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, 'migration.sql'), sql);
  }
}

async function failure(options: MigrateOptions): Promise<MigrationError> {
  const outcome = await migrate(options).catch((error: unknown) => error);
  if (outcome instanceof MigrationError) return outcome;
  throw new Error(`Expected a MigrationError, got ${outcome}`);
}

async function inAnotherProcess(options: MigrateOptions): Promise<{ applied: string[]; timers: string[] }> {
  const code = `import { migrate } from ${JSON.stringify(new URL('../../src/database/migrate.ts', import.meta.url).href)};
    const applied = await migrate(${JSON.stringify(options)});
    const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
    console.log(JSON.stringify({ applied, timers }));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    code,
  ]);
  return JSON.parse(stdout);
}
