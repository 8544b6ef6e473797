import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

function mount(path: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
}
const unmount = (path: string) => execFileSync('umount', [path], { stdio: 'pipe' });

/** Whether this process may mount a file system: tried, as no reading of rights knows about containers. */
export const canMount: boolean = (() => {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-mount-'));
  try {
    mount(path, 1);
    unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
})();

/** A file system of a few megabytes in a folder, gone after the test. Whatever uses it must be opened later. */
export function smallDisk(folder: string, megabytes: number) {
  const path = join(folder, 'disk');
  mkdirSync(path);
  mount(path, megabytes);
  chmodSync(path, 0o755);
  onTestFinished(() => {
    unmount(path);
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    /** Takes all the room there is. */
    async fill() {
      const file = await open(ballast, 'a');
      try {
        for (let size = 2 ** 20; size >= 512; ) {
          await file.appendFile(Buffer.alloc(size)).catch(() => {
            size /= 2;
          });
        }
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast),
  };
}
