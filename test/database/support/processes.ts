import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ps = (pid: number, column: string) => {
  try {
    return execFileSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
};

/** Alive, no zombie, and, if asked, with these words on its command line. */
export function isAlive(pid: number, words = ''): boolean {
  const state = ps(pid, 'stat');
  return state !== '' && !state.startsWith('Z') && ps(pid, 'command').includes(words);
}

export const userOf = (pid: number) => Number(ps(pid, 'uid'));

/** The server of a data folder, by its own pid file. */
export const serverPid = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

/** A process that is no PostgreSQL, of the account that runs PostgreSQL. */
export function bystander(account: { uid: number; gid: number } | undefined): number {
  const child = spawn('sleep', ['100000'], { ...account, cwd: '/', stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid ?? 0;
}

export const processesWith = (words: string) =>
  execFileSync('ps', ['-eww', '-o', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(words));
