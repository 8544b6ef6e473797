import type { Config } from '../config.ts';
import { hasEmbeddedDatabase, reachEmbeddedPostgres } from '../database/attach.ts';
import { type Database, openDatabase } from '../database/client.ts';
import { checkMigrated, migrate } from '../database/migrate.ts';
import type { AnyDecider } from '../eventsourcing/decider.ts';
import type { AnyProjection } from '../eventsourcing/projection.ts';
import { createReader, type LogReader } from '../log/reader.ts';
import { modules } from '../modules/index.ts';
import { Failure } from './failure.ts';

/** What a command works with: the database, by its owner's account, and what this version knows of it. */
export interface Session {
  readonly config: Config;
  readonly url: string;
  readonly database: Database;
  readonly reader: LogReader;
  readonly deciders: readonly AnyDecider[];
  readonly projections: readonly AnyProjection[];
  /** Where the data lies, for people. */
  readonly dataAt: string;
}

export interface SessionOptions {
  readonly config: Config;
  readonly signal: AbortSignal;
  /** Whether a database that is not there yet is made. */
  readonly create: boolean;
  /** Takes lines for people. */
  log(line: string): void;
}

/** Where the database is, and whether migrating it is ours. */
interface Place {
  readonly url: string;
  readonly dataAt: string;
  readonly ours: boolean;
  stop(): Promise<void>;
}

/** Connections at most: one that works, one that looks. */
const POOL_SIZE = 3;
const CONNECT_MS = 10_000;
/** Longest time of one statement, ms: folding or copying a long log may take it. */
const STATEMENT_MS = 3_600_000;

/**
 * Works with the database of the settings, whether a server uses it at this moment or not: the embedded one is started and
 * stopped again only if nobody keeps it up.
 * @throws {Failure} when there is none, or it is not one of this version
 */
export async function withDatabase<T>(options: SessionOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const { config, signal } = options;
  const { url, dataAt, ours, stop } = config.DATABASE_URL ? external(config) : await embedded(options);
  try {
    signal.throwIfAborted();
    await bringUpToDate(url, dataAt, ours, options);
    const database = openDatabase({
      url,
      poolSize: POOL_SIZE,
      connectTimeoutMs: CONNECT_MS,
      statementTimeoutMs: STATEMENT_MS,
      lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
      idleInTransactionMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onError: () => undefined,
    });
    const deciders = modules.flatMap((module) => module.deciders);
    const projections = modules.flatMap((module) => module.projections);
    const reader = createReader(database, Object.assign({}, ...deciders.map((decider) => decider.events)));
    try {
      return await work({ config, url, database, reader, deciders, projections, dataAt });
    } finally {
      await database.$disconnect();
    }
  } finally {
    await stop();
  }
}

const external = ({ DATABASE_URL = '', DATABASE_MIGRATION_URL = DATABASE_URL }: Config): Place => ({
  url: DATABASE_MIGRATION_URL,
  dataAt: 'the database of DATABASE_URL',
  ours: false,
  stop: async () => undefined,
});

async function embedded({ config, signal, create, log }: SessionOptions): Promise<Place> {
  const dataDir = config.DATA_DIR;
  if (!create && !(await hasEmbeddedDatabase(dataDir))) {
    throw new Failure(
      `There is no database in ${dataDir}: set DATA_DIR or DATABASE_URL to where the server has it, or start the server.`,
    );
  }
  const { url, dataDir: dataAt, attached, stop } = await reachEmbeddedPostgres({ dataDir, signal, log });
  return { url, dataAt, ours: !attached, stop };
}

/** Migrates what is ours alone, or new and wanted; everything else has to be as this version knows it. */
async function bringUpToDate(
  url: string,
  dataAt: string,
  ours: boolean,
  { create, log }: SessionOptions,
): Promise<void> {
  if (!ours && (await checkMigrated(url)) === 'current') return;
  if (!ours && !create) throw new Failure(`No server has used ${dataAt} yet: start one, it makes the tables.`);
  await migrate({ url, log });
}
