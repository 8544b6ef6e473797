import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

/** What a checkout needs so that it can be built and started. */
const parts = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'prisma',
  'prisma.config.ts',
  'scripts',
  'src',
  'tsconfig.json',
  'tsconfig.build.json',
];

/**
 * A checkout of its own, with the packages that are installed here: `npm start` builds before it starts, and must not
 * rewrite the files that other tests are running on.
 */
export async function checkOut(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-checkout-'));
  await chmod(folder, 0o755);
  for (const part of parts) {
    await cp(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => path !== join(root, 'src/generated'),
    });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Whether something could listen there now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, 'localhost');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** A command in a process group of its own, as in a terminal. Whatever is left of the group dies with the test. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the match once it has printed it; rejects when it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ctrl-C: a terminal sends it to the whole group. */
  interrupt(): void;
}

export function run(
  command: readonly [string, ...string[]],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Running {
  const [program, ...args] = command;
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const pid = child.pid ?? 0;
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  onTestFinished(async () => {
    signalGroup('SIGKILL');
    await exit;
  });

  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
    interrupt: () => signalGroup('SIGINT'),
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(stdout);
        if (match) return match;
        await Promise.race([
          once(child.stdout, 'data'),
          exit.then(({ code }) => {
            if (!pattern.test(stdout))
              throw new Error(`ended with ${code} before it printed ${pattern}:\n${stdout}\n${stderr}`);
          }),
        ]);
      }
    },
  };
}

/** The process below `pid`, at any depth, whose command line holds these words. */
export function descendant(pid: number, words: string): number {
  const processes = execFileSync('ps', ['-eww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .map((match) => ({ pid: Number(match?.[1]), parent: Number(match?.[2]), line: match?.[3] ?? '' }));
  const below = (parent: number): typeof processes =>
    processes.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  // The innermost: shells have the words of their command on their own line.
  const found = below(pid)
    .filter(({ line }) => line.includes(words))
    .at(-1);
  if (!found) throw new Error(`no process below ${pid} runs ${words}`);
  return found.pid;
}
