import { spawn } from 'node:child_process';

/** An account that programs are run under; `undefined` elsewhere means our own. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Run {
  /** `null` when a signal ended it or it never started. */
  code: number | null;
  /** The last lines that it wrote, standard output and error together. */
  output: string;
  /** Why it could not be started: `ENOENT`, `EACCES`, … */
  failure: NodeJS.ErrnoException | undefined;
}

const KEPT = 16_384;
const LIMIT_MS = 600_000;

/** The last lines of a text: what an error message can carry. */
export const lastLines = (text: string, count = 12) => text.trimEnd().split('\n').slice(-count).join('\n');

/**
 * What PostgreSQL's programs see of our environment. Not all of it: our own secrets have no place in a process of
 * another account, and a stray PGOPTIONS or PGDATA would change what they do. TZ spares initdb a search through
 * every zone file.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];
  const values = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(values), LC_ALL: 'C', TZ: 'UTC' };
}

/** Spawn options that all our programs share. The account may be unable to enter our working directory, hence `/`. */
export const spawnOptions = (account: Account | undefined) => ({
  cwd: process.platform === 'win32' ? undefined : '/',
  env: cleanEnvironment(),
  windowsHide: true,
  ...account,
});

/** Runs a program to its end, 10 minutes at most. Never throws. */
export function run(program: string, args: string[], account?: Account, input?: string): Promise<Run> {
  return new Promise((resolve) => {
    let output = '';
    let failure: NodeJS.ErrnoException | undefined;
    const child = spawn(program, args, { ...spawnOptions(account), stdio: 'pipe' });
    // Not spawn's own `timeout`: its timer stays, and keeps the process alive, when the program cannot be started.
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A program that ends without reading its input must not end us with an EPIPE.
    child.stdin.on('error', () => {}).end(input);
    child.on('error', (error) => {
      failure = error;
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code: failure ? null : code, output: lastLines(output), failure });
    });
  });
}
