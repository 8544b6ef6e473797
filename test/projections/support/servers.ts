import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { asServer } from '../../support/database.ts';
import { execute } from '../../support/postgres.ts';
import { accountsTable } from '../../torture/ledger/projection.ts';
import { bundleServer } from '../../torture/system/bundle.ts';

/** A server that is a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** Kill -9. */
  kill(): Promise<void>;
  /** Stops it as a busy host would. @returns what lets it go on */
  freeze(): () => void;
  /** Everything that it has written to its log so far. */
  logged(): string;
}

let bundle: ReturnType<typeof bundleServer> | null = null;

/** The server as one file, made once for all tests of a file; `removeBundle` when they are over. */
const bundled = () => {
  bundle ??= bundleServer();
  return bundle;
};

export const removeBundle = async (): Promise<void> => (await bundle)?.remove();

/** What the servers' second domain needs. */
export const prepareForServers = (databaseUrl: string) => execute(databaseUrl, accountsTable);

/** Starts a server; it is killed after the test if it is still there. */
export async function startServerProcess(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const { file } = await bundled();
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      POLL_MS: '200',
      LOG_LEVEL: 'info',
      DATABASE_URL: asServer(databaseUrl),
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += chunk));
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return {
    url: await urlOf(child, () => log),
    kill,
    freeze() {
      child.kill('SIGSTOP');
      return () => child.kill('SIGCONT');
    },
    logged: () => log,
  };
}

const urlOf = (child: ChildProcess, logged: () => string): Promise<string> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve((message as { url: string }).url));
    child.once('exit', () => reject(new Error(`the server did not start: ${logged()}`)));
  });
