import { lstat, readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasDatabase, urlOf } from './embedded/database.ts';
import { codeOf, DataFolderInUse, EmbeddedPostgresError, unlessMissing, useYourOwn } from './embedded/error.ts';
import { clusterOf, passwordFileOf } from './embedded/files.ts';
import { readPidFile } from './embedded/pidfile.ts';
import { isServerOf } from './embedded/processes.ts';
import { readMarker } from './embedded/relocation.ts';
import { startEmbeddedPostgres } from './embedded.ts';

/** An embedded database that can be used, whoever keeps it up. */
export interface ReachedPostgres {
  /** Of its owner's account. It holds the password: do not log it. */
  readonly url: string;
  /** Where the data really lies. */
  readonly dataDir: string;
  /** Whether it is another process's: then neither its end nor its migrations are ours. */
  readonly attached: boolean;
  /** Stops it if we started it. */
  stop(): Promise<void>;
}

export interface ReachOptions {
  readonly dataDir: string;
  /** Aborting it gives up waiting for a process that starts or stops. */
  readonly signal: AbortSignal;
  /** Takes lines for people. */
  readonly log: (line: string) => void;
}

/** How long another process may start or stop before we give up, ms. A first start takes a few seconds. */
const LIMIT_MS = 60_000;
const PAUSE_MS = 100;

/**
 * Starts the database of a data folder, or attaches to it while another process keeps it up. The owner lock decides
 * which: no two processes ever start or stop the same database.
 * @throws EmbeddedPostgresError with a message that says what to do
 */
export async function reachEmbeddedPostgres({ dataDir, signal, log }: ReachOptions): Promise<ReachedPostgres> {
  const deadline = Date.now() + LIMIT_MS;
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    try {
      const { url, dataDir: path, stop } = await startEmbeddedPostgres({ dataDir, log });
      return { url, dataDir: path, attached: false, stop };
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) throw error;
      const attached = await attach(dataDir);
      if (attached) return attached;
      // Its owner is starting it or stopping it: soon it is up, or the lock is free.
      if (Date.now() > deadline) throw outOfReach(error);
      if (!told) log(`The database of ${dataDir} is starting or stopping: waiting for that.`);
    }
    await sleep(PAUSE_MS);
  }
}

const outOfReach = (error: Error) =>
  new EmbeddedPostgresError(
    `${error.message} Its PostgreSQL does not answer here either: if it runs in a container, do this in there.`,
    { cause: error },
  );

/** @returns undefined while there is nothing to attach to */
async function attach(dataDir: string): Promise<ReachedPostgres | undefined> {
  const home = await homeOf(dataDir);
  if (home === undefined) return undefined;
  const path = clusterOf(home);
  const file = await readPidFile(path);
  if (!file?.ready || !(await isServerOf(file.pid, path))) return undefined;
  const password = (await unlessMissing(readFile(passwordFileOf(home), 'utf8')))?.trim();
  if (!password) return undefined;
  const cluster = { path, created: false, password };
  try {
    if (!(await hasDatabase(cluster, file))) return undefined;
  } catch (error) {
    // It ended while we looked.
    if (!(await isServerOf(file.pid, path))) return undefined;
    throw error;
  }
  return { url: urlOf(cluster, file.port), dataDir: home, attached: true, stop: async () => undefined };
}

/** Whether a data folder holds a database. Makes nothing. @throws EmbeddedPostgresError where we may not look */
export async function hasEmbeddedDatabase(dataDir: string): Promise<boolean> {
  try {
    const home = await homeOf(dataDir);
    return home !== undefined && (await unlessMissing(lstat(clusterOf(home)))) !== undefined;
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(
      `Cannot look into the data folder ${resolve(dataDir)} (${codeOf(error)}): run this as its owner, set DATA_DIR to ` +
        `another folder, or ${useYourOwn}.`,
      { cause: error },
    );
  }
}

/** The folder that really holds the data, if there is one. */
async function homeOf(dataDir: string): Promise<string | undefined> {
  const folder = await unlessMissing(realpath(resolve(dataDir)));
  return folder && ((await readMarker(folder)) ?? folder);
}
