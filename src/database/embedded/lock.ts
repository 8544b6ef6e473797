import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, DataFolderInUse, EmbeddedPostgresError } from './error.ts';
import { ask, type Holder, withShortPath } from './sockets.ts';

export interface OwnerLock {
  /** Idempotent. The end of the process, however it comes, does the same. */
  release(): Promise<void>;
}

const PREFIX = 'postgres-lock.';
/** A rival that stays undecided for so long is stopped or swapped out: take it for an owner. */
const UNDECIDED_MS = 10_000;

/**
 * Makes this process the only Tidemark on a data folder, or throws and says which one is.
 *
 * The lock is a listening socket in the folder. The kernel closes it with the process, so there is nothing stale to
 * judge by process ids, which are reused and mean nothing in another container. Each process has a socket name of its
 * own, so removing a dead one can never remove a living one. Every process first listens, then looks for others: of
 * any two, at least one sees the other. While both are undecided, the smaller name goes on and the larger gives way.
 */
export async function acquireOwnerLock(home: string, dataDir: string): Promise<OwnerLock> {
  let state: Holder['state'] = 'candidate';
  const server = createServer((socket) => answer(socket, { pid: process.pid, host: hostname(), state }));
  const name = PREFIX + randomBytes(6).toString('hex');
  if (process.platform === 'win32' || !(await listenIn(server, home, name)))
    return lockByKernelName(server, home, dataDir);

  const release = async () => {
    await rm(join(home, name), { force: true });
    await close(server);
  };
  try {
    const deadline = Date.now() + UNDECIDED_MS;
    for (;;) {
      const rivals = await livingRivals(home, name);
      if (rivals.length === 0) break;
      const winner = rivals.find((rival) => rival.state === 'owner' || rival.name < name || Date.now() > deadline);
      if (winner) throw inUse(dataDir, winner);
      await sleep(20);
    }
  } catch (error) {
    await release();
    throw error;
  }
  state = 'owner';
  return { release };
}

/** @returns false where the file system knows no sockets, such as some mounts of Docker Desktop */
async function listenIn(server: Server, home: string, name: string): Promise<boolean> {
  const draft = `.${name}`;
  try {
    await withShortPath(home, draft, (path) => listen(server, path));
    // Named only once it listens: between bind and listen it refuses connections, as a dead one does.
    await rename(join(home, draft), join(home, name));
    return true;
  } catch (error) {
    await close(server);
    await rm(join(home, draft), { force: true });
    const code = codeOf(error);
    if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'EPERM' || code === 'ENOSYS') return false;
    throw new EmbeddedPostgresError(
      `Cannot write to the data folder ${home} (${code}): make it writable for uid ${process.getuid?.()}, ` +
        `or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

async function livingRivals(home: string, ownName: string) {
  const names = (await readdir(home)).filter((name) => name.startsWith(PREFIX) && name !== ownName);
  const rivals = await Promise.all(
    names.map(async (name) => {
      const holder = await withShortPath(home, name, ask);
      if (!holder) await rm(join(home, name), { force: true });
      return holder && { ...holder, name };
    }),
  );
  return rivals.filter((rival) => rival !== undefined);
}

/** A named pipe (Windows) or an abstract socket (Linux): as exclusive and as mortal, but it ends at a container's wall. */
export async function lockByKernelName(server: Server, home: string, dataDir: string): Promise<OwnerLock> {
  const id = `tidemark-${createHash('sha256').update(home).digest('hex').slice(0, 32)}`;
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${id}` : `\0${id}`;
  try {
    await listen(server, path);
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') throw inUse(dataDir, await ask(path));
    throw new EmbeddedPostgresError(
      `Cannot lock the data folder ${home} (${codeOf(error)}): set DATA_DIR to a local folder.`,
    );
  }
  return { release: () => close(server) };
}

function inUse(dataDir: string, holder: Holder | undefined) {
  const where = holder?.host && holder.host !== hostname() ? ` on ${holder.host}` : '';
  const who = holder?.pid === undefined ? '' : ` (pid ${holder.pid}${where})`;
  return new DataFolderInUse(
    `Another Tidemark${who} is using ${dataDir}: stop it, give this one a DATA_DIR of its own, ` +
      `or let both share one PostgreSQL with DATABASE_URL.`,
  );
}

function answer(socket: Socket, holder: Holder) {
  socket.on('error', () => {});
  socket.end(JSON.stringify(holder));
}

const listen = (server: Server, path: string) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // Later errors (no file descriptors left for a rival's question) must not end the process.
      server.on('error', () => {});
      resolve();
    });
    // The lock alone does not keep the process alive.
    server.unref();
  });

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));
