import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { chooseAccount, isRoot } from './account.ts';
import { codeOf, EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf, syncFolder, writePrivately } from './files.ts';
import { type Account, run } from './run.ts';

/** The folder that really holds the data, and the account PostgreSQL runs under (`undefined`: ours). */
export interface Home {
  path: string;
  account: Account | undefined;
}

/** Only root writes here, so nobody can lay a trap in advance, as they could below /tmp. */
const ELSEWHERE = '/var/lib/tidemark';
const MARKER = 'postgres-elsewhere';
/** In the relocated folder: which data folder it belongs to. */
const ORIGIN = 'belongs-to';

/** Another account passes through such a folder, but cannot list what is there. */
const PASSABLE = 0o711;

/**
 * Finds where the data lies: in the data folder itself, or, when we are root and the account for PostgreSQL cannot get
 * there, below /var/lib/tidemark. A marker in the data folder then says where, so it may be moved; and when somebody
 * deletes the data folder to start afresh, the next start is afresh.
 */
export async function findHome(dataDir: string, log: (line: string) => void): Promise<Home> {
  const folder = await makeFolder(dataDir);
  const elsewhere = await readMarker(folder);
  if (elsewhere !== undefined) {
    log(`The database of ${folder} lies in ${elsewhere}.`);
    return { path: elsewhere, account: await chooseAccount(elsewhere) };
  }
  const account = await chooseAccount(folder);
  if (!account || (await canEnter(folder, account))) return { path: folder, account };
  if (await unlessMissing(lstat(clusterOf(folder)))) {
    // A new, empty database elsewhere would look as if all the data were lost.
    throw new EmbeddedPostgresError(
      `There is a database in ${folder}, but its owner (uid ${account.uid}) cannot get there: ` +
        `let every account pass through the folders above it (chmod o+x), move the data folder, or ${useYourOwn}.`,
    );
  }
  const path = await relocate(folder, log);
  log(`The account for PostgreSQL (uid ${account.uid}) cannot reach ${folder}: its database lies in ${path}.`);
  return { path, account };
}

async function makeFolder(dataDir: string): Promise<string> {
  const wanted = resolve(dataDir);
  try {
    if (isRoot()) await makePassable(wanted);
    else await mkdir(wanted, { recursive: true, mode: 0o700 });
    return await realpath(wanted);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `Cannot create the data folder ${wanted} (${codeOf(error)}): make it writable, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/** An existing folder keeps its mode: it is not ours to open. */
async function makePassable(folder: string) {
  const created = await mkdir(folder, { recursive: true });
  if (created !== undefined) await chmod(folder, PASSABLE);
}

/** Tried for real, since no reading of mode bits knows about ACLs, mounts and capabilities. */
async function canEnter(folder: string, account: Account) {
  const { code, failure } = await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], account);
  if (failure?.code === 'EPERM') {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and this root may not change to uid ${account.uid}: ` +
        `start Tidemark as an ordinary user, allow SETUID and SETGID to the container, or ${useYourOwn}.`,
    );
  }
  return code === 0;
}

async function readMarker(folder: string): Promise<string | undefined> {
  const marker = join(folder, MARKER);
  const info = await unlessMissing(lstat(marker));
  if (!info) return undefined;
  if (!isRoot()) {
    const path = await readFile(marker, 'utf8').catch(() => ELSEWHERE);
    throw new EmbeddedPostgresError(
      `The database of ${folder} was made by root and lies in ${path.trim()}: ` +
        `start Tidemark as root, set DATA_DIR to another folder, or ${useYourOwn}.`,
    );
  }
  const path = (await readFile(marker, 'utf8')).trim();
  // The folder may belong to somebody else, who must not be able to send root anywhere by a marker of their own.
  const trusted = info.isFile() && info.uid === 0 && dirname(resolve(path)) === ELSEWHERE;
  if (!trusted || !(await unlessMissing(lstat(path)))) {
    throw new EmbeddedPostgresError(
      `${marker} says that the database lies in "${path}", which is missing or not a folder of Tidemark's: ` +
        `bring it back, or delete the marker to start with an empty database.`,
    );
  }
  return path;
}

async function relocate(folder: string, log: (line: string) => void): Promise<string> {
  await makePassable(ELSEWHERE);
  const base = await lstat(ELSEWHERE);
  if (!base.isDirectory() || base.uid !== 0 || (base.mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(
      `${ELSEWHERE} must be a folder that only root can write to: correct it, set DATA_DIR to a folder that ` +
        `every account can reach, or ${useYourOwn}.`,
    );
  }
  await reportOrphans(folder, log);
  const path = await mkdtemp(join(ELSEWHERE, 'data-'));
  await chmod(path, PASSABLE);
  await writeFile(join(path, ORIGIN), `${folder}\n`, { flag: 'wx' });
  await syncFolder(ELSEWHERE);
  // Of two that start at the same moment, the first marker counts.
  if (await writePrivately(join(folder, MARKER), `${path}\n`, { replace: false })) {
    await syncFolder(folder);
    return path;
  }
  await rm(path, { recursive: true, force: true });
  return (await readMarker(folder)) ?? relocate(folder, log);
}

/** Data whose marker was deleted is not used again, and not deleted either: it may be all there is. */
async function reportOrphans(folder: string, log: (line: string) => void) {
  for (const name of await readdir(ELSEWHERE)) {
    const path = join(ELSEWHERE, name);
    const origin = await readFile(join(path, ORIGIN), 'utf8').catch(() => '');
    if (origin.trim() === folder)
      log(`An earlier database of ${folder} is still in ${path}: delete it if it is not needed.`);
  }
}
