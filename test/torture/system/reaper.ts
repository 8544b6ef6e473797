import { spawn } from 'node:child_process';

/** Cleans up after this process, whatever ends it. */
export interface Reaper {
  /** What is to be ended and removed from now on; it replaces what was said before. */
  watch(remains: { pids: readonly number[]; folders: readonly string[] }): void;
}

/** Keeps the last line that it was told, and carries it out when nobody is left to tell more. */
const script = 'last=:; while read -r line; do last=$line; done; eval "$last"';

/** A small process outside of our group: neither Ctrl-C nor a SIGKILL for us reaches it. */
export function startReaper(): Reaper {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    watch({ pids, folders }) {
      const alive = pids.filter((pid) => pid > 0);
      const kill = alive.length > 0 ? `kill -KILL ${alive.join(' ')}; sleep 1;` : '';
      const remove = folders.map((folder) => `rm -rf '${folder.replaceAll("'", "'\\''")}';`).join(' ');
      child.stdin.write(`${kill} ${remove} :\n`);
    },
  };
}
