import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkMasterKey, masterKeyFrom } from '../../src/privacy/master-key.ts';
import { createSecrets } from '../../src/privacy/secrets.ts';
import { clientFor, freshDatabase } from '../support/database.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-key-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('the master key', () => {
  it('is made once, for its owner alone to read, also when many ask at the same time', async () => {
    const file = join(await folder(), 'data', 'master.key');
    const keys = await Promise.all(Array.from({ length: 10 }, () => masterKeyFrom(file)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is refused when the file holds something else', async () => {
    const file = join(await folder(), 'master.key');
    await writeFile(file, 'not a key');
    await expect(masterKeyFrom(file)).rejects.toThrow(/master\.key does not hold a key/);
  });

  it('of a database is the one that it was first used with', async () => {
    const database = clientFor((await freshDatabase()).url);
    const [one, other] = [createSecrets(Buffer.alloc(32, 1)), createSecrets(Buffer.alloc(32, 2))];
    await checkMasterKey(database, one);
    await checkMasterKey(database, one);
    await expect(checkMasterKey(database, other)).rejects.toThrow(/another master key/);
  });
});

describe('keyed hashes', () => {
  it('are equal for equal values under one key, and differ by purpose and by key', () => {
    const [one, other] = [createSecrets(Buffer.alloc(32, 1)), createSecrets(Buffer.alloc(32, 2))];
    expect(one.blindIndex('a')).toBe(createSecrets(Buffer.alloc(32, 1)).blindIndex('a'));
    const hashes = [one.blindIndex('a'), one.blindIndex('b'), one.requestHash('a'), other.blindIndex('a')];
    expect(new Set(hashes).size).toBe(4);
  });
});
