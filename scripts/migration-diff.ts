import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { readMigrations } from '../src/database/migrate.ts';
import {
  filters,
  migrationList,
  migrationLock,
  openSchemaEngine,
  wholeScripts,
} from '../src/database/schema-engine.ts';

/** What the engine answers when nothing differs, and Prisma writes into a migration that is to be filled by hand. */
const emptyMigration = '-- This is an empty migration.';

/**
 * The SQL that the migrations in `folder` lack to make what its *.prisma files describe; undefined when they match.
 * Functions, triggers and grants are not in those files, and are not compared.
 * @param serverUrl of a role that may create databases: the migrations are run in one that exists only meanwhile.
 */
export async function migrationDiff(serverUrl: string, folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.prisma')).sort();
  const read = async (path: string) => ({ path, content: await readFile(join(folder, path), 'utf8') });
  const files = await Promise.all(names.map(read));
  const migrations = migrationList(await readMigrations(join(folder, 'migrations')));
  return withScratchDatabase(serverUrl, async (pool) => {
    const engine = await openSchemaEngine(readingChars(pool));
    try {
      const from = { tag: 'migrations' as const, ...migrations };
      const to = { tag: 'schemaDatamodel' as const, files };
      const sql = (await engine.diff({ from, to, script: true, exitCode: null, filters })).stdout?.trim();
      return sql === '' || sql === emptyMigration ? undefined : sql;
    } finally {
      engine.free();
    }
  });
}

/** Writes the next migration in Prisma's layout; without `sql`, an empty one to be filled by hand. @returns its path. */
export async function createMigration(folder: string, name: string, sql = emptyMigration): Promise<string> {
  if (!/^\w+$/.test(name)) throw new Error(`"${name}" is no name for a migration: use letters, digits and _`);
  const next = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`;
  const migrations = join(folder, 'migrations');
  await mkdir(migrations, { recursive: true });
  const last = (await readMigrations(migrations)).at(-1);
  if (last && last.name >= next) throw new Error(`${next} would come before ${last.name}: is the clock right?`);
  await mkdir(join(migrations, next));
  await writeFile(join(migrations, next, 'migration.sql'), `${sql}\n`);
  await writeFile(join(migrations, 'migration_lock.toml'), migrationLock);
  return join(migrations, next, 'migration.sql');
}

/** Adds the type "char", which the catalogs that diff reads are full of, and at which PrismaPg 7.10 gives up. */
function readingChars(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const [char, text] = [18, 25];
  const charColumns = new WeakMap<object, number[]>();
  const query = async (config: pg.QueryArrayConfig) => {
    const result = await pool.query(config);
    const chars = result.fields.flatMap((field, column) => (field.dataTypeID === char ? [column] : []));
    charColumns.set(result.rows, chars);
    const fields = result.fields.map((field) => ({
      ...field,
      dataTypeID: field.dataTypeID === char ? text : field.dataTypeID,
    }));
    return { ...result, fields };
  };
  const adapters = wholeScripts(
    new Proxy(pool, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)) }),
  );
  const connect = async () => {
    const adapter = await adapters.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      async queryRaw(sql: SqlQuery) {
        const result = await queryRaw(sql);
        for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
        return result;
      },
    });
  };
  return { ...adapters, connect, connectToShadowDb: connect };
}

async function withScratchDatabase<T>(serverUrl: string, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const name = `tidemark_scratch_${crypto.randomUUID().replaceAll('-', '')}`;
  const server = new pg.Pool({ connectionString: serverUrl, max: 1 });
  const url = new URL(serverUrl);
  url.pathname = name;
  try {
    await server.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    const scratch = new pg.Pool({ connectionString: url.href, max: 1 });
    try {
      return await work(scratch);
    } finally {
      await scratch.end();
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  } finally {
    await server.end();
  }
}
