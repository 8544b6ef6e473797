import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { codeOf } from './error.ts';
import { run } from './run.ts';

/**
 * Whether a process is a PostgreSQL server on this cluster. A process id alone says nothing: it may be in use again by
 * anything, also by a PostgreSQL on another cluster, and a zombie answers signals too.
 *
 * @returns 'unknown' on Windows, where only connecting tells
 */
export async function isServerOf(pid: number, cluster: string): Promise<boolean | 'unknown'> {
  if (!exists(pid)) return false;
  if (process.platform === 'win32') return 'unknown';
  if (process.platform !== 'linux') {
    const { output } = await run('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)]);
    return !output.startsWith('Z') && output.includes('postgres') && output.includes(` -D ${cluster}`);
  }
  // Empty for a zombie. The server's children have a title instead of arguments.
  const [program, ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  if (basename(program ?? '') !== 'postgres' || !args.includes('-D')) return false;
  return args[args.indexOf('-D') + 1] === cluster || worksIn(pid, cluster);
}

/** A data folder may have been renamed under a running server: its working directory, the cluster, went along. */
async function worksIn(pid: number, cluster: string): Promise<boolean> {
  const [there, here] = await Promise.all(
    [`/proc/${pid}/cwd`, cluster].map((path) => stat(path).catch(() => undefined)),
  );
  return there !== undefined && there.dev === here?.dev && there.ino === here.ino;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
