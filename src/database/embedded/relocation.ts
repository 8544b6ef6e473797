import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isRoot } from './account.ts';
import { EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf, syncFolder, writePrivately } from './files.ts';

/** Only root writes here, so nobody can lay a trap in advance, as they could below /tmp. */
const ELSEWHERE = '/var/lib/tidemark';
/** In the data folder: where its database lies. It moves along with the folder. */
const MARKER = 'postgres-elsewhere';
/** In the new place: which data folder it was made for. */
const ORIGIN = 'belongs-to';
/** Other accounts pass through such a folder, but cannot list what is there. */
const PASSABLE = 0o711;

/** @returns where the database of a data folder lies, if not there */
export async function readMarker(folder: string): Promise<string | undefined> {
  const marker = join(folder, MARKER);
  const info = await unlessMissing(lstat(marker));
  if (!info) return undefined;
  if (!isRoot()) {
    throw new EmbeddedPostgresError(
      `The database of ${folder} was made by root and lies below ${ELSEWHERE}: ` +
        `start Tidemark as root, set DATA_DIR to another folder, or ${useYourOwn}.`,
    );
  }
  const path = info.isFile() ? (await readFile(marker, 'utf8')).trim() : '';
  const place = await unlessMissing(lstat(path));
  // The folder may belong to somebody else, who must not be able to send root anywhere by a marker of their own.
  if (info.uid === 0 && dirname(resolve(path)) === ELSEWHERE && place?.isDirectory() && place.uid === 0) return path;
  throw new EmbeddedPostgresError(
    `${marker} says that the database lies in "${path}", which is missing or not a folder of Tidemark's: ` +
      `bring it back, or delete the marker to start with an empty database.`,
  );
}

/**
 * Makes a place for the database of a data folder that PostgreSQL's account cannot reach, and the marker that says
 * where. The place has a new name, so who deletes the data folder to start afresh does start afresh.
 */
export async function relocate(folder: string, log: (line: string) => void): Promise<string> {
  await makeBase();
  await refuseToForget(folder);
  await reportOrphans(folder, log);
  const path = await mkdtemp(join(ELSEWHERE, 'data-'));
  await chmod(path, PASSABLE);
  await writeFile(join(path, ORIGIN), `${folder}\n`, { flag: 'wx' });
  await syncFolder(ELSEWHERE);
  // Of two that start at the same moment, the first marker counts.
  if (await writePrivately(join(folder, MARKER), `${path}\n`, { account: undefined, replace: false })) {
    await syncFolder(folder);
    return path;
  }
  await rm(path, { recursive: true, force: true });
  return (await readMarker(folder)) ?? relocate(folder, log);
}

async function makeBase() {
  if ((await mkdir(ELSEWHERE, { recursive: true })) !== undefined) await chmod(ELSEWHERE, PASSABLE);
  const base = await lstat(ELSEWHERE);
  if (base.isDirectory() && base.uid === 0 && (base.mode & 0o022) === 0) return;
  throw new EmbeddedPostgresError(
    `${ELSEWHERE} must be a folder that only root can write to: correct it, set DATA_DIR to a folder that ` +
      `every account can reach, or ${useYourOwn}.`,
  );
}

/** File systems that end with a container or the machine: overlayfs, tmpfs, ramfs (`linux/magic.h`). */
const FLEETING = [0x794c7630, 0x01021994, 0x858458f6];

/** A data folder on a volume outlives its container; what we put beside it would not. */
async function refuseToForget(folder: string) {
  const [here, there] = await Promise.all([lstat(folder), lstat(ELSEWHERE)]);
  if (here.dev === there.dev || !FLEETING.includes((await statfs(ELSEWHERE)).type)) return;
  throw new EmbeddedPostgresError(
    `The account for PostgreSQL cannot reach ${folder}, and data outside of that volume would be lost with this ` +
      `container: let every account pass through the folders above it (chmod o+x), mount the volume elsewhere, ` +
      `or ${useYourOwn}.`,
  );
}

/** Data whose marker was deleted is not used again, and not deleted either: it may be all there is. */
async function reportOrphans(folder: string, log: (line: string) => void) {
  for (const name of await readdir(ELSEWHERE)) {
    const path = join(ELSEWHERE, name);
    const origin = await readFile(join(path, ORIGIN), 'utf8').catch(() => '');
    if (origin.trim() !== folder || !(await unlessMissing(lstat(clusterOf(path))))) continue;
    log(`An earlier database of ${folder} is still in ${path}: delete it if it is not needed.`);
  }
}
