import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from '../../../src/database/embedded/binaries.ts';
import { ensureCluster } from '../../../src/database/embedded/cluster.ts';
import { ensureDatabase, urlOf } from '../../../src/database/embedded/database.ts';
import { logFileOf } from '../../../src/database/embedded/files.ts';
import { findHome } from '../../../src/database/embedded/home.ts';
import { freePort } from '../../../src/database/embedded/port.ts';
import { findRunning, launch, type Postmaster, stop } from '../../../src/database/embedded/postmaster.ts';

/** A PostgreSQL that is there to be mistreated. Unlike the embedded one it may be killed as often as one likes. */
export interface Postgres {
  /** As its superuser. */
  readonly url: string;
  readonly logFile: string;
  /** Of the postmaster. */
  pid(): number;
  /** Ends it by a signal and starts it again: KILL, QUIT (immediate shutdown) or INT (fast shutdown). */
  restart(signal: 'SIGKILL' | 'SIGQUIT' | 'SIGINT'): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
  /** Where its data lie. */
  readonly folder: string;
}

/** How long a start may take that runs into what the last server left, ms. */
const RESTART_MS = 20_000;

/** Starts a new one in an empty folder. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const home = await findHome(folder, () => undefined);
  const binaries = await findBinaries(home, () => undefined);
  const cluster = await ensureCluster(home, binaries);
  const logFile = logFileOf(home.path);
  const port = await freePort(cluster.path);
  const start = () =>
    launch({
      ...{ binaries, logFile, port },
      cluster: cluster.path,
      account: home.account,
      settings: { max_connections: '300' },
      signal: new AbortController().signal,
    });
  let current: Postmaster = await start();
  await ensureDatabase(cluster, current);

  /** A postmaster that was killed leaves backends, which take a moment to notice, and hold the cluster meanwhile. */
  async function startAgain(): Promise<Postmaster> {
    const deadline = Date.now() + RESTART_MS;
    for (;;) {
      await findRunning(cluster.path);
      try {
        return await start();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }

  return {
    url: urlOf(cluster, port),
    logFile,
    folder: home.path,
    pid: () => current.pid,
    async restart(signal) {
      process.kill(current.pid, signal);
      await current.ended;
      current = await startAgain();
    },
    async remove() {
      await stop(current, binaries, 5_000);
      for (const path of [folder, home.path]) await rm(path, { recursive: true, force: true });
    },
  };
}
