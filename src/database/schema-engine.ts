import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  DriverAdapterError,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

/** One folder of `prisma/migrations`: its name, which gives the order, and its `migration.sql`. */
export interface Migration {
  name: string;
  sql: string;
}

/** Prisma's `migration_lock.toml`, which says for which database the migrations are written. */
export const migrationLock = 'provider = "postgresql"\n';

/** Every command of the engine asks for this. */
export const filters = { externalTables: [], externalEnums: [] };

/** Migrations in the form that the engine takes. */
export const migrationList = (migrations: readonly Migration[]): bindings.MigrationList => ({
  baseDir: 'prisma/migrations',
  lockfile: { path: 'migration_lock.toml', content: migrationLock },
  shadowDbInitScript: '',
  migrationDirectories: migrations.map(({ name, sql }) => ({
    path: name,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
  })),
});

/**
 * Prisma's schema engine: 5 MB of WebAssembly, loaded once per process, which takes 20 MB of memory from then on.
 * `free` it when done; what the adapters connect to stays the caller's. It rejects with text meant for its own CLI:
 * see `plainWords`.
 */
export async function openSchemaEngine(
  adapters: SqlMigrationAwareDriverAdapterFactory,
): Promise<bindings.SchemaEngine> {
  loaded ??= load();
  await loaded;
  const factory = bindMigrationAwareSqlAdapterFactory(adapters);
  return bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, factory);
}

let loaded: Promise<void> | undefined;

/** As much as is used here: neither the types of Node 20 nor lib es2023 know WebAssembly. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

declare global {
  /** What the engine calls when it panics, and expects to be there. */
  var PRISMA_WASM_PANIC_REGISTRY: { set_message(message: string): void } | undefined;
}

/** Like Prisma's, but with timers that let the process end: the engine never clears the 10 s of its lock. */
const imports = Object.fromEntries(
  Object.entries(bindings).map(([name, binding]) => [
    name,
    name.startsWith('__wbg_setTimeout_') ? (wake: () => void, ms: number) => setTimeout(wake, ms).unref() : binding,
  ]),
);

/** The package's own entry imports the .wasm file as a module, which Node 20 cannot. */
async function load(): Promise<void> {
  globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
    // A panic unwinds the engine, but leaves the promise that waits for it pending for ever: it has to end the process.
    set_message(message) {
      throw new Error(`Prisma's schema engine broke down: ${message}`);
    },
  };
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(file.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/**
 * PrismaPg on one pool, but with scripts sent whole. Its own executeScript cuts them at every semicolon, also inside
 * $$ … $$, and runs the pieces on any connection of the pool. Sent whole, PostgreSQL parses the script and, unless it
 * commits by itself, runs it as one transaction.
 */
export function wholeScripts(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const prisma = new PrismaPg(pool);
  const connect = async () =>
    Object.assign(await prisma.connect(), { executeScript: (script: string) => runScript(pool, script) });
  // The shadow database is the pool's: PrismaPg's own is the same one too, by accident, when it is configured by URL.
  return { provider: prisma.provider, adapterName: prisma.adapterName, connect, connectToShadowDb: connect };
}

async function runScript(pool: pg.Pool, script: string): Promise<void> {
  // Not pool.query: at any error that closes the connection, and lets go of the session's locks.
  const client = await pool.connect();
  try {
    await client.query(script);
    client.release();
  } catch (error) {
    // A script with a BEGIN of its own leaves its transaction open, in which its failure could not be recorded.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (lost: Error) => client.release(lost),
    );
    throw new DriverAdapterError(inWords(error, script));
  }
}

/** The engine rewords errors whose code it knows ("No such table: x"); under XX000 it keeps PostgreSQL's words. */
function inWords(error: unknown, script: string) {
  const message = error instanceof pg.DatabaseError ? describe(error, script) : String(error);
  const none = { detail: undefined, column: undefined, hint: undefined };
  return { kind: 'postgres', code: 'XX000', severity: 'ERROR', message, ...none } as const;
}

/** Without `detail`: it quotes rows, which may be personal data, and this is stored and logged. */
function describe({ message, code, hint, position }: pg.DatabaseError, script: string): string {
  const line = position ? `, line ${script.slice(0, Number(position) - 1).split('\n').length}` : '';
  return `${message} (${code}${line})${hint ? `. ${hint}` : ''}`;
}
