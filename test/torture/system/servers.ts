import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LinkProxy, startProxy } from './proxy.ts';

/** A server process that comes back when it is killed. */
export interface Server {
  readonly name: string;
  readonly logFile: string;
  readonly proxy: LinkProxy;
  /** Where its GraphQL is; null while it is down. */
  readonly url: string | null;
  readonly pid: number;
  /** Starts it, again and again until it is up: it refuses to start without a database. */
  start(): Promise<void>;
  /** Kill -9. Resolves when it is up again. */
  kill(): Promise<void>;
  /** Stops the process as a debugger or a busy host would, for ms. */
  freeze(ms: number): Promise<void>;
  /** Asks it to end. @returns false when it had to be killed */
  stop(): Promise<boolean>;
}

export interface ServerOptions {
  readonly name: string;
  readonly file: string;
  readonly databaseUrl: string;
  readonly logFile: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Told of every process that starts. */
  onStart(): void;
  /** Told when it ends and nobody has killed it. */
  onCrash(how: string): void;
}

const RETRY_MS = 200;
const STOP_MS = 15_000;

export async function prepareServer(options: ServerOptions): Promise<Server> {
  const proxy = await startProxy(options.databaseUrl);
  const log = await open(options.logFile, 'a');
  let child: ChildProcess | null = null;
  let url: string | null = null;
  let wanted = true;

  let starting: Promise<void> | null = null;
  const start = () => {
    starting ??= bringUp().finally(() => {
      starting = null;
    });
    return starting;
  };

  async function bringUp(): Promise<void> {
    while (wanted) {
      const started = spawnServer(options, proxy.url, log);
      child = started;
      options.onStart();
      url = await urlOf(started);
      if (url !== null) {
        started.once('exit', (code, signal) => {
          url = null;
          if (!wanted || signal === 'SIGKILL') return;
          options.onCrash(signal ?? `exit code ${code}`);
          void start();
        });
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  async function end(signal: NodeJS.Signals, limitMs = STOP_MS): Promise<boolean> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return true;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child?.kill('SIGKILL'), limitMs);
    await ended;
    clearTimeout(late);
    url = null;
    return signal === 'SIGKILL' || child.signalCode !== 'SIGKILL';
  }

  return {
    name: options.name,
    logFile: options.logFile,
    proxy,
    start,
    get url() {
      return url;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    async kill() {
      url = null;
      await end('SIGKILL');
      await start();
    },
    async freeze(ms) {
      child?.kill('SIGSTOP');
      await sleep(ms);
      child?.kill('SIGCONT');
    },
    async stop() {
      wanted = false;
      const clean = await end('SIGTERM');
      proxy.close();
      await log.close();
      return clean;
    },
  };
}

/** In a group of its own, so that Ctrl-C does not end it before us. */
const spawnServer = ({ file, settings }: ServerOptions, databaseUrl: string, log: FileHandle): ChildProcess =>
  spawn(process.execPath, ['--enable-source-maps', file], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: databaseUrl, ...settings },
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    detached: true,
  });

/** Resolves with what the server says, or with null when it ends before. */
const urlOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('message', ({ url }: { url: string }) => resolve(url));
    child.once('exit', () => resolve(null));
    child.once('error', () => resolve(null));
  });
