import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './error.ts';

/** What the process behind a lock says about itself. */
export interface Holder {
  pid?: number;
  host?: string;
  state: 'candidate' | 'owner';
}

/** A stopped or busy process accepts a connection all the same; only its answer is late. */
const ANSWER_MS = 3_000;

/** @returns `undefined` when there is no process behind the socket; whoever cannot be asked counts as an owner */
export function ask(path: string): Promise<Holder | undefined> {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect(path);
    const settle = (holder: Holder | undefined) => {
      socket.destroy();
      resolve(holder);
    };
    socket.setTimeout(ANSWER_MS, () => settle({ state: 'owner' }));
    socket.on('data', (chunk) => {
      reply += chunk;
    });
    socket.on('end', () => settle(parse(reply)));
    socket.on('error', (error) => {
      const code = codeOf(error);
      settle(code === 'ECONNREFUSED' || code === 'ENOENT' ? undefined : { state: 'owner' });
    });
  });
}

function parse(reply: string): Holder {
  try {
    const { pid, host, state } = JSON.parse(reply);
    return { pid: Number(pid), host: String(host), state: state === 'candidate' ? 'candidate' : 'owner' };
  } catch {
    return { state: 'owner' };
  }
}

/** The shortest of the systems' limits for a socket's path is 104 bytes, one of them for the final NUL. */
const PATH_LIMIT = 103;

/** Uses a socket in a folder. The path of a deep folder is too long for that, so it goes through a short symlink. */
export async function withShortPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= PATH_LIMIT) return use(path);
  const detour = await mkdtemp(join(tmpdir(), 'tm-'));
  try {
    await symlink(folder, join(detour, 'd'));
    return await use(join(detour, 'd', name));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}
