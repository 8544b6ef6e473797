import { constants } from 'node:fs';
import { access, chmod, chown, lchown, lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { chooseAccount, isRoot } from './account.ts';
import { codeOf, EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf } from './files.ts';
import { readMarker, relocate } from './relocation.ts';
import { type Account, run } from './run.ts';

/** The folder that really holds the data, and the account PostgreSQL runs under (`undefined`: ours). */
export interface Home {
  path: string;
  account: Account | undefined;
}

/**
 * Finds where the data lies: in the data folder itself, or, when we are root and the account for PostgreSQL cannot get
 * there, in the place that `relocate` made.
 */
export async function findHome(dataDir: string, log: (line: string) => void): Promise<Home> {
  const folder = await makeFolder(dataDir);
  const elsewhere = await readMarker(folder);
  if (elsewhere !== undefined) {
    log(`The database of ${folder} lies in ${elsewhere}.`);
    return { path: elsewhere, account: await chooseAccount(elsewhere) };
  }
  const account = await chooseAccount(folder);
  if (!account || (await canEnter(folder, account)) || (await admit(folder, account))) return { path: folder, account };
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
    const created = await mkdir(wanted, { recursive: true, mode: 0o700 });
    if (created !== undefined && isRoot()) await inheritOwner(created, wanted);
    await access(wanted, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(wanted);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `Cannot use the data folder ${wanted} (${codeOf(error)}): start Tidemark as its owner, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/** With sudo in somebody's checkout, the data are theirs as well. */
async function inheritOwner(first: string, last: string) {
  const { uid, gid } = await lstat(dirname(first));
  if (uid === 0) return;
  for (let folder = last; folder.length >= first.length; folder = dirname(folder)) await lchown(folder, uid, gid);
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

/**
 * Where only the data folder itself, root's alone, keeps the account out: lets the account's group pass through it,
 * which lists nothing. The folders above are not ours to open.
 */
async function admit(folder: string, account: Account): Promise<boolean> {
  const { uid, mode } = await lstat(folder);
  if (uid !== 0 || !(await canEnter(dirname(folder), account))) return false;
  if ((mode & 0o077) === 0) {
    await chown(folder, 0, account.gid);
    await chmod(folder, 0o710);
  }
  // Asked again also when the mode was not ours to change: another start may have let the account in meanwhile, and
  // both must come to the same folder, or each would lock its own.
  return canEnter(folder, account);
}
