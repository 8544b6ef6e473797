import { spawn } from 'node:child_process';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError, unlessMissing } from './error.ts';
import { openForAppending } from './files.ts';
import { pidFileOf, readPidFile } from './pidfile.ts';
import { isServerOf } from './processes.ts';
import { type Account, lastLines, run, spawnOptions } from './run.ts';

/** A running server: one that we started, or one that an earlier process of ours left. */
export interface Postmaster {
  pid: number;
  port: number;
  adopted: boolean;
  /** Resolves with a few words on how it ended. */
  ended: Promise<string>;
}

export interface LaunchOptions {
  binaries: Binaries;
  cluster: string;
  account: Account | undefined;
  logFile: string;
  port: number;
  settings: Record<string, string>;
  signal: AbortSignal;
}

/** Recovery after a crash replays the WAL, which takes seconds per gigabyte. */
const READY_LIMIT_MS = 900_000;
const WATCH_MS = 500;
const LOG_LIMIT_BYTES = 10_000_000;

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // The statements and details of errors quote people's data, which must not outlive its erasure in a log file.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** Starts a server and waits until it takes connections. @throws EmbeddedPostgresError with its last words */
export async function launch(options: LaunchOptions): Promise<Postmaster> {
  const { binaries, cluster, account, logFile, port, signal } = options;
  if (((await unlessMissing(stat(logFile)))?.size ?? 0) > LOG_LIMIT_BYTES) await rename(logFile, `${logFile}.1`);
  const log = await openForAppending(logFile, account);
  const { size: logStart } = await log.stat();
  const settings = Object.entries({ ...defaults, ...options.settings, port: String(port) });
  const args = ['-D', cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // Detached, or the terminal's Ctrl-C would reach it before we have answered what is under way.
  const child = spawn(binaries.postgres, args, {
    ...spawnOptions(account),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  let ending: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ?? `exit code ${code}`));
  }).then((how) => {
    ending = how;
    return how;
  });
  child.unref();
  await log.close();

  const postmaster = { pid: child.pid ?? 0, port, adopted: false, ended };
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const file = await readPidFile(cluster);
    if (file?.pid === child.pid && file?.ready) return postmaster;
    if (ending !== undefined) {
      const words = lastLines((await readFile(logFile)).subarray(logStart).toString());
      throw new EmbeddedPostgresError(
        `PostgreSQL did not start (${ending}). Its log, ${logFile}, ends with:\n${words}`,
      );
    }
    if (signal.aborted || Date.now() > deadline) {
      await stop(postmaster, binaries, 10_000);
      throw new EmbeddedPostgresError(`PostgreSQL was not ready in time: see its log, ${logFile}.`);
    }
    await sleep(15);
  }
}

/**
 * Finds the server that a killed process of ours left on the cluster, and waits until it takes connections.
 * What is left of a dead one is cleared away, also when its process id belongs to another process by now.
 */
export async function findRunning(cluster: string): Promise<Postmaster | undefined> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const file = await readPidFile(cluster);
    if (!file || !(await isServerOf(file.pid, cluster))) {
      // PostgreSQL clears it by itself, save when it is empty, or when the process id is in use by another process (or
      // only a thread) of the same account. Its second guard, the shared memory that even orphaned children of a server
      // hold, still stands behind this.
      await rm(pidFileOf(cluster), { force: true });
      return undefined;
    }
    if (file.ready) return { pid: file.pid, port: file.port, adopted: true, ended: watch(file.pid, cluster) };
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `PostgreSQL (pid ${file.pid}) on ${cluster} neither starts nor stops: stop it (kill -QUIT ${file.pid}).`,
      );
    }
    await sleep(50);
  }
}

/** It is no child of ours, so nobody tells us that it ends. */
async function watch(pid: number, cluster: string): Promise<string> {
  do await sleep(WATCH_MS, undefined, { ref: false });
  while (await isServerOf(pid, cluster));
  return 'it was adopted, so its exit code is unknown';
}

/**
 * Fast shutdown, which ends sessions and writes everything; past `limitMs` an immediate one, after which the next start
 * recovers from the WAL. @throws EmbeddedPostgresError when it is still there
 */
export async function stop({ pid, ended }: Postmaster, { pgCtl }: Binaries, limitMs: number): Promise<void> {
  if (pid === 0) return;
  await signalTo(pid, 'INT', pgCtl);
  if (await within(ended, limitMs)) return;
  await signalTo(pid, 'QUIT', pgCtl);
  // PostgreSQL itself gives its children 5 s before it kills them.
  if (await within(ended, 10_000)) return;
  throw new EmbeddedPostgresError(`PostgreSQL (pid ${pid}) does not stop: look what holds it, then kill -QUIT ${pid}.`);
}

async function signalTo(pid: number, name: 'INT' | 'QUIT', pgCtl: string) {
  try {
    // On Windows, kill would end it on the spot.
    if (process.platform === 'win32') await run(pgCtl, ['kill', name, String(pid)]);
    else process.kill(pid, `SIG${name}`);
  } catch {
    // It is gone already.
  }
}

async function within(ended: Promise<string>, limitMs: number): Promise<boolean> {
  const limit = new AbortController();
  const late = sleep(limitMs, false, { signal: limit.signal }).catch(() => false);
  const inTime = await Promise.race([ended.then(() => true), late]);
  limit.abort();
  return inTime;
}
