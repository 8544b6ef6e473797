import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './error.ts';

/** What a server says about itself in its `postmaster.pid`. */
export interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}

export const pidFileOf = (cluster: string) => join(cluster, 'postmaster.pid');

/** Lines as in PostgreSQL's `utils/pidfile.h`: the process id first, the port fourth, the state eighth. */
export async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const lines = (await unlessMissing(readFile(pidFileOf(cluster), 'utf8')))?.split('\n');
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}
