import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES = 16;
/** Asking for random bytes costs far more than the bytes, so they are fetched for 256 ids at a time. */
const pool = new Uint8Array(256 * BYTES);
let used = pool.length;

/** A new UUIDv7: ids made one after the other sort together, which keeps index writes in one place. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.slice(used, used + BYTES);
  used += BYTES;
  return v7({ random });
}
