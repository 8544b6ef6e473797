import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Queryable } from '../database/client.ts';
import { MASTER_KEY_BYTES, type Secrets } from './secrets.ts';

/** Reads the master key from a file, which is made on the first start and readable by its owner alone. */
export async function masterKeyFrom(file: string): Promise<Buffer> {
  const key = await readMasterKey(file);
  if (key) return key;
  await makeMasterKey(file);
  return masterKeyFrom(file);
}

/** Reads the master key from a file, if it has been made. */
export async function readMasterKey(file: string): Promise<Buffer | null> {
  const text = await readFile(file, 'utf8').catch((error) => (isCode(error, 'ENOENT') ? null : Promise.reject(error)));
  if (text === null) return null;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== MASTER_KEY_BYTES) {
    throw new Error(`${file} does not hold a key: it must be ${MASTER_KEY_BYTES} bytes in base64`);
  }
  return key;
}

/** Writes it aside and links it: another process never sees half a key, and the first one wins. */
async function makeMasterKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(aside, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(aside, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(aside);
  }
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/**
 * Makes sure that all servers on a database have the same master key: with another one, claims would no longer meet.
 * @throws when the database was written with another key
 */
export async function checkMasterKey(database: Queryable, { fingerprint }: Secrets): Promise<void> {
  await database.$executeRaw`
    INSERT INTO settings (name, value) VALUES ('master_key', ${fingerprint}) ON CONFLICT (name) DO NOTHING`;
  const [row] = await database.$queryRaw<{ value: string }[]>`SELECT value FROM settings WHERE name = 'master_key'`;
  if (row?.value !== fingerprint) {
    throw new Error(
      'This database was written with another master key. Give this server the same one, as MASTER_KEY or as the ' +
        'file master.key in DATA_DIR.',
    );
  }
}
