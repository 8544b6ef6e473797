import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './error.ts';
import type { Account } from './run.ts';

/** Where things lie in the folder that holds the data. */
export const clusterOf = (home: string) => join(home, 'postgres');
export const passwordFileOf = (home: string) => join(home, 'postgres-password');
export const logFileOf = (home: string) => join(home, 'postgres.log');

const DRAFT = '.tmp';

/** Whether a file is what `writePrivately` left of another when it was killed. */
export const isDraftOf = (path: string, candidate: string) =>
  candidate.startsWith(`${path}.`) && candidate.endsWith(DRAFT);

/**
 * Creates a file with mode 0600, all of it or nothing, and on the disk when this resolves.
 *
 * The owner is set through the handle of a file that is new for certain: as root in a folder of somebody else, a path
 * could by then be a symlink to a file of the system.
 *
 * @param replace false: leave an existing file alone, and give `false`
 */
export async function writePrivately(
  path: string,
  content: string,
  options: { account?: Account | undefined; replace: boolean },
) {
  const draft = `${path}.${randomBytes(6).toString('hex')}${DRAFT}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await give(file, options.account);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    if (options.replace) await rename(draft, path);
    else await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Opens a private file for appending. Follows no symlink, for the same reason. */
export async function openForAppending(path: string, account: Account | undefined): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0), 0o600);
  try {
    const { nlink } = await file.stat();
    if (nlink === 1) await give(file, account);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Makes what was renamed or created in a folder survive a power cut. Windows cannot, and need not. */
export async function syncFolder(path: string) {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const give = async (file: FileHandle, account: Account | undefined) => {
  if (account) await file.chown(account.uid, account.gid);
};
