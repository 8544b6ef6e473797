import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { packageFor } from '../../../src/database/embedded/binaries.ts';

const require = createRequire(import.meta.url);
const nativePackage = packageFor(process.platform, process.arch);
export const installedPackage = resolve(dirname(require.resolve(nativePackage)), '..');
export const packageIn = (app: string) => join(app, 'node_modules', nativePackage);

/**
 * Installs `server.ts` as one file into a folder, so that it runs where the checkout cannot be reached.
 * @param binaries ours by a link, a real copy to meddle with, or none
 */
export async function installApp(app: string, binaries: 'linked' | 'copied' | 'none' = 'linked') {
  await mkdir(dirname(packageIn(app)), { recursive: true });
  if (binaries === 'linked') await symlink(installedPackage, packageIn(app));
  if (binaries === 'copied') await cp(installedPackage, packageIn(app), { recursive: true, verbatimSymlinks: true });
  const esbuild: { buildSync(options: object): unknown } = createRequire(require.resolve('tsx'))('esbuild');
  esbuild.buildSync({
    entryPoints: [resolve(import.meta.dirname, 'server.ts')],
    outfile: join(app, 'server.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native', 'cloudflare:sockets'],
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`,
    },
  });
  return app;
}

export interface Started {
  url: string;
  dataDir: string;
  firstStart: boolean;
  adopted: boolean;
}

interface Message {
  started?: Started;
  error?: string;
  log?: string;
  stopped?: boolean;
  interrupted?: boolean;
}

export interface RunOptions {
  account?: { uid: number; gid: number } | undefined;
  mode?: 'leave';
  /** A shell line that ends with `exec "$@"`. */
  shell?: string;
}

/** Runs the app in a process group of its own. It is killed at the end of the test, if it is still there. */
export function runApp(app: string, dataDir: string, { account, mode, shell }: RunOptions = {}) {
  const command = [process.execPath, join(app, 'server.mjs'), dataDir, ...(mode ? [mode] : [])];
  const [program = '', ...args] = shell ? ['/bin/sh', '-c', shell, 'sh', ...command] : command;
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(program, args, {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const messages: Message[] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => messages.push(JSON.parse(line)));
  const closed = once(lines, 'close').then(() => 'closed' as const);
  child.stdin.on('error', () => {});
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);

  async function message<K extends keyof Message>(kind: K): Promise<NonNullable<Message[K]>> {
    for (;;) {
      const value = messages.find((entry) => entry[kind] !== undefined)?.[kind];
      if (value !== undefined && value !== null) return value;
      const failed = messages.find((entry) => entry.error !== undefined);
      if (failed) throw new Error(failed.error);
      // The line that is waited for may have been the last one.
      if (
        (await Promise.race([once(lines, 'line'), closed])) === 'closed' &&
        !messages.some((entry) => kind in entry)
      ) {
        throw new Error(`the server ended without "${kind}": ${JSON.stringify(messages)}`);
      }
    }
  }

  return {
    pid: child.pid ?? 0,
    started: () => message('started'),
    error: () => message('error'),
    interrupted: () => message('interrupted'),
    logged: () => messages.flatMap(({ log }) => log ?? []).join('\n'),
    ended,
    kill,
    async stop() {
      child.stdin.write('stop\n');
      await message('stopped');
      await ended;
    },
  };
}
