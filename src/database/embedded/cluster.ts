import { randomBytes } from 'node:crypto';
import { access, lchown, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Binaries, MAJOR } from './binaries.ts';
import { codeOf, EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf, isDraftOf, passwordFileOf, syncFolder, writePrivately } from './files.ts';
import type { Home } from './home.ts';
import { run } from './run.ts';

export const USER = 'tidemark';
const DRAFT = 'postgres-initialising-';

export interface Cluster {
  path: string;
  /** Made by this start. */
  created: boolean;
  password: string;
}

/**
 * Opens the cluster, or makes one. It is made under another name and renamed when it is complete, so an initdb that was
 * killed leaves only rubbish, which the next start removes. The owner lock must be held.
 */
export async function ensureCluster(home: Home, binaries: Binaries): Promise<Cluster> {
  const path = clusterOf(home.path);
  await removeDrafts(home.path);
  const version = await versionOf(path, home);
  if (version === undefined) {
    const password = await newPassword(home);
    await initialise(home, binaries);
    return { path, created: true, password };
  }
  if (version !== MAJOR) {
    throw new EmbeddedPostgresError(
      `${path} holds no database of PostgreSQL ${MAJOR} (${version ? `version ${version}` : 'no PG_VERSION'}), ` +
        `and was left untouched: set DATA_DIR to another folder, run pg_upgrade on this one, or ${useYourOwn}.`,
    );
  }
  const known = await unlessMissing(readFile(passwordFileOf(home.path), 'utf8'));
  return { path, created: false, password: known?.trim() || (await resetPassword(home, binaries)) };
}

/** @returns `undefined` where there is nothing yet, and '' for a folder that is no cluster */
async function versionOf(path: string, home: Home): Promise<string | undefined> {
  try {
    const entries = await unlessMissing(readdir(path));
    if (!entries || entries.length === 0) return undefined;
    return (await unlessMissing(readFile(join(path, 'PG_VERSION'), 'utf8')))?.trim() ?? '';
  } catch (error) {
    throw new EmbeddedPostgresError(
      `Cannot read ${path} (${codeOf(error)}): start Tidemark as the account that made it, or as root, ` +
        `or set DATA_DIR to another folder than ${home.path}.`,
      { cause: error },
    );
  }
}

async function removeDrafts(home: string) {
  for (const name of await readdir(home)) {
    // An initdb that outlived its killed parent may still write there. What is left of it goes the next time.
    if (name.startsWith(DRAFT) || isDraftOf(passwordFileOf(home), join(home, name)))
      await rm(join(home, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function newPassword(home: Home): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writePrivately(passwordFileOf(home.path), `${password}\n`, { account: home.account, replace: true });
  return password;
}

async function initialise(home: Home, binaries: Binaries) {
  const draft = join(home.path, DRAFT + randomBytes(6).toString('hex'));
  try {
    await mkdir(draft, { mode: 0o700 });
    if (home.account) await lchown(draft, home.account.uid, home.account.gid);
    const args = [
      ...[`--pgdata=${draft}`, `--username=${USER}`, `--pwfile=${passwordFileOf(home.path)}`, '--auth=scram-sha-256'],
      // The builtin provider sorts by code point and knows Unicode's cases, the same on every machine: no operating
      // system's locales, whose updates break indexes, are involved.
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums'],
    ];
    const { code, output, failure } = await run(binaries.initdb, args, home.account);
    if (code !== 0) throw new Error(failure?.message ?? output);
    await rename(draft, clusterOf(home.path));
    await syncFolder(home.path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    throw new EmbeddedPostgresError(
      `Cannot create the database in ${home.path}: correct what PostgreSQL says below, set DATA_DIR to another folder, ` +
        `or ${useYourOwn}.\n${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}

/** For a password file that was lost. Who can read the cluster's files could as well have set the password by hand. */
async function resetPassword(home: Home, binaries: Binaries): Promise<string> {
  const cluster = clusterOf(home.path);
  if (await unlessMissing(access(join(cluster, 'postmaster.pid')).then(() => true))) {
    throw new EmbeddedPostgresError(
      `${passwordFileOf(home.path)} is missing, and a PostgreSQL seems to be running on ${cluster}: bring the file back, ` +
        `or stop that PostgreSQL (kill -INT with the first number in postmaster.pid, which goes away) and start again.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  const args = ['--single', '-D', cluster, '-c', 'log_min_error_statement=panic', 'postgres'];
  const { code, output } = await run(
    binaries.postgres,
    args,
    home.account,
    `ALTER ROLE ${USER} PASSWORD '${password}';\n`,
  );
  if (code !== 0) {
    throw new EmbeddedPostgresError(`${passwordFileOf(home.path)} is missing, and a new one cannot be set:\n${output}`);
  }
  await writePrivately(passwordFileOf(home.path), `${password}\n`, { account: home.account, replace: true });
  return password;
}
