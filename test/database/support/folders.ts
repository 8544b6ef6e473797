import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { isAlive, processesWith } from './processes.ts';

const ELSEWHERE = '/var/lib/tidemark';

/** A folder that every account can enter, gone after the test with all servers that run on anything in it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tidemark-test-')));
  await chmod(folder, 0o755);
  onTestFinished(async () => {
    const relocated = await relocatedFrom(folder);
    for (const place of [folder, ...relocated]) {
      for (const pid of serversIn(place)) await quit(pid);
      await rm(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  });
  return folder;
}

/** The folders below /var/lib/tidemark that belong to data folders in this one. */
export async function relocatedFrom(folder: string): Promise<string[]> {
  const names = await readdir(ELSEWHERE).catch(() => []);
  const origins = names.map(async (name) => {
    const path = join(ELSEWHERE, name);
    const origin = await readFile(join(path, 'belongs-to'), 'utf8').catch(() => '');
    return origin.startsWith(`${folder}/`) ? [path] : [];
  });
  return (await Promise.all(origins)).flat();
}

/** The process ids of the servers that run on anything in this folder. */
export const serversIn = (folder: string) => processesWith(` -D ${folder}/`).map((line) => Number.parseInt(line, 10));

async function quit(pid: number) {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It has just ended.
  }
  await eventually(() => !isAlive(pid));
}
