import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, findBinaries } from './embedded/binaries.ts';
import { type Cluster, ensureCluster } from './embedded/cluster.ts';
import { ensureDatabase, urlOf } from './embedded/database.ts';
import { EmbeddedPostgresError, useYourOwn } from './embedded/error.ts';
import { logFileOf } from './embedded/files.ts';
import { findHome, type Home } from './embedded/home.ts';
import { acquireOwnerLock } from './embedded/lock.ts';
import { freePort } from './embedded/port.ts';
import { findRunning, launch, type Postmaster, stop } from './embedded/postmaster.ts';
import { supervise } from './embedded/supervisor.ts';

export { EmbeddedPostgresError };

export interface EmbeddedPostgresOptions {
  /** The data folder; made if missing. Relative to the working directory. */
  dataDir: string;
  /** Takes lines for people: what is unusual, never secrets. Default: nowhere. */
  log?: (line: string) => void;
  /** Server settings, which win over ours, e.g. `{ max_connections: '200' }`. An adopted server keeps its own. */
  settings?: Record<string, string>;
  /** Called when PostgreSQL crashed and many tries to start it again have failed. More follow. Default: only logged. */
  onFatal?: (error: Error) => void;
  /** How long a shutdown may take before it is forced, in ms; forced, the next start recovers. Default 30,000. */
  stopTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** `postgresql://…`, for `pg` and Prisma. It holds the password: do not log it. */
  readonly url: string;
  /** Where the data really lies: the data folder, or the place that its marker names. */
  readonly dataDir: string;
  /** There was no database before. */
  readonly firstStart: boolean;
  /** The server was left running by a process that was killed. */
  readonly adopted: boolean;
  /** Stops the server, adopted or not. Idempotent. @throws EmbeddedPostgresError when it does not stop */
  stop(): Promise<void>;
}

/**
 * Brings up PostgreSQL on a data folder and keeps it up until `stop`. It outlives this process if that is killed; the
 * next start adopts it. Neither signal handlers are installed nor is this process kept alive.
 *
 * @throws EmbeddedPostgresError with a message that says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await startAlone(options);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    // What nobody foresaw: a full disk at the wrong moment, an odd mount.
    const reason = error instanceof Error ? error.message : String(error);
    const message = `PostgreSQL cannot start in ${options.dataDir} (${reason}): correct that, or ${useYourOwn}.`;
    throw new EmbeddedPostgresError(message, { cause: error });
  }
}

async function startAlone(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, onFatal = () => {}, stopTimeoutMs = 30_000 } = options;
  const home = await findHome(dataDir, log);
  // First of all: whatever follows relies on being alone.
  const lock = await acquireOwnerLock(home.path, dataDir);
  try {
    const binaries = await findBinaries(home, log);
    const cluster = await ensureCluster(home, binaries);
    const stopping = new AbortController();
    const context = { home, binaries, cluster, settings: options.settings ?? {}, signal: stopping.signal };
    const first = await bringUp(context);
    const supervision = supervise(first, {
      start: () => bringUp(context, first.port),
      stop: (postmaster) => stop(postmaster, binaries, stopTimeoutMs),
      log,
      onFatal,
      stopping,
    });
    let stopped: Promise<void> | undefined;
    return {
      url: urlOf(cluster, first.port),
      dataDir: home.path,
      firstStart: cluster.created,
      adopted: first.adopted,
      stop() {
        stopped ??= supervision.stop().finally(() => lock.release());
        return stopped;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Context {
  home: Home;
  binaries: Binaries;
  cluster: Cluster;
  settings: Record<string, string>;
  signal: AbortSignal;
}

const TRIES = 8;

/** Adopts the server that runs, or launches one. @param fixedPort the only one that will do, as pools know it */
async function bringUp(context: Context, fixedPort?: number): Promise<Postmaster> {
  const { cluster, binaries } = context;
  for (let attempt = 1; ; attempt++) {
    const running = await findRunning(cluster.path);
    if (running && fixedPort !== undefined && running.port !== fixedPort) {
      throw new EmbeddedPostgresError(
        `A PostgreSQL (pid ${running.pid}) that Tidemark did not start runs on ${cluster.path}: stop it (kill -INT ${running.pid}).`,
      );
    }
    try {
      const postmaster = running ?? (await launchOn(context, fixedPort ?? (await freePort(cluster.path, attempt - 1))));
      try {
        await ensureDatabase(cluster, postmaster);
      } catch (error) {
        if (!postmaster.adopted) await stop(postmaster, binaries, 10_000);
        throw error;
      }
      return postmaster;
    } catch (error) {
      // The port may have been taken since we tried it; and a server that a killed process of ours had only just
      // launched may have been quicker than this one, or be waiting for its orphans. Or the one that ran was ending.
      const again = running ? !(await findRunning(cluster.path)) : fixedPort === undefined && isPassing(error);
      if (!again || attempt >= TRIES) throw error;
      await sleep(attempt * 200);
    }
  }
}

const launchOn = ({ home, binaries, cluster, settings, signal }: Context, port: number) =>
  launch({
    ...{ binaries, settings, signal, port },
    cluster: cluster.path,
    account: home.account,
    logFile: logFileOf(home.path),
  });

const isPassing = (error: unknown) =>
  error instanceof EmbeddedPostgresError &&
  /could not bind|lock file .* already exists|still in use/.test(error.message);
