import { lstat } from 'node:fs/promises';
import { EmbeddedPostgresError, unlessMissing, useYourOwn } from './error.ts';
import { clusterOf } from './files.ts';
import { type Account, run } from './run.ts';

export const isRoot = () => process.getuid?.() === 0;

/** Looked up with `id`, because accounts need not be in /etc/passwd. initdb refuses a uid that has no account. */
async function lookUp(nameOrUid: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', nameOrUid]), run('id', ['-g', nameOrUid])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
}

/**
 * The account to run PostgreSQL under when we are root, which PostgreSQL refuses to be; `undefined` otherwise.
 *
 * The owner of an existing cluster comes first, since no other account can open it. Then the owner of the data folder:
 * it is theirs, and they can go on without root. Then `postgres`, which exists for this. `nobody` is the last resort,
 * as daemons share it, but it is all that a slim image has.
 */
export async function chooseAccount(home: string): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const cluster = await unlessMissing(lstat(clusterOf(home)));
  if (cluster && cluster.uid !== 0) return { uid: cluster.uid, gid: cluster.gid };
  const owner = await lstat(home);
  const candidates = owner.uid === 0 ? ['postgres', 'nobody'] : [String(owner.uid), 'postgres', 'nobody'];
  for (const candidate of candidates) {
    const account = await lookUp(candidate);
    if (account && account.uid !== 0) return account;
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to run it under: ` +
      `create one (useradd --system postgres), start Tidemark as an ordinary user, or ${useYourOwn}.`,
  );
}
