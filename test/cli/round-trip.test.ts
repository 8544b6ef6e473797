import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accepted, commandsOf } from '../conformance/support/users.ts';
import { temporaryFolder } from '../database/support/folders.ts';
import { asServer, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { HeadDocument, UsersDocument } from '../support/operations.ts';
import { serverForTest } from '../support/server.ts';
import { MASTER_KEY, truthOf } from './support/logs.ts';
import { installed } from './support/tidemark.ts';

const { tidemark } = installed();
const commandId = '0198c0de-7a11-7000-8000-0000000000aa';
const id = '0198c0de-7a11-7000-8000-00000000002a';

/** A server that has done something of each kind. */
async function usedServer() {
  const server = await serverForTest({ MASTER_KEY });
  const { register, changeEmail, updateProfile, deactivate } = commandsOf(server);
  await register({ id, email: 'ada@example.org', displayName: 'Ada "\\ \u{1f469} \u2028' });
  accepted(await changeEmail({ id, email: 'ada@lovelace.org', commandId }));
  accepted(await register({ email: 'grace@example.org', displayName: null }));
  // Refused by a claim, refused by the version, and nothing to do.
  expect(await register({ email: 'ADA@lovelace.org' })).toMatchObject({ code: 'EMAIL_TAKEN' });
  expect(await updateProfile({ id, displayName: 'A', expectedVersion: 1 })).toBeDefined();
  accepted(await changeEmail({ id, email: 'ada@lovelace.org' }));
  accepted(await deactivate({ id, reason: 'a\nb' }));
  return server;
}

const settingsFor = (DATABASE_URL: string) => ({ DATABASE_URL, MASTER_KEY });

describe('a log that was exported and imported', () => {
  it('has the same events, command records, claims and head', async () => {
    const { databaseUrl } = await usedServer();
    const { url } = await freshDatabase();
    const exported = await tidemark(['log', 'export'], settingsFor(databaseUrl));
    expect(exported).toMatchObject({ code: 0, stderr: expect.stringContaining('Exported 5 events') });
    const imported = await tidemark(['log', 'import', '-', '--json'], settingsFor(url), exported.stdout);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(imported.stdout)).toEqual({ head: '5', events: 5, commands: 7, claims: 2 });
    expect(await truthOf(url)).toEqual(await truthOf(databaseUrl));
    const again = await tidemark(['log', 'export'], settingsFor(url));
    expect(again.stdout).toBe(exported.stdout);
  });

  it('gives a retry the first answer, keeps addresses taken, and fills the read tables', async () => {
    const { databaseUrl } = await usedServer();
    const { url } = await freshDatabase();
    const { stdout } = await tidemark(['log', 'export'], settingsFor(databaseUrl));
    await tidemark(['log', 'import', '-'], settingsFor(url), stdout);
    const server = await serverForTest({ ...settingsFor(asServer(url)) });
    const { run, changeEmail, register } = commandsOf(server);
    const { commit } = accepted(await changeEmail({ id, email: 'ada@lovelace.org', commandId }));
    expect(commit).toMatchObject({ position: '2', replayed: true });
    expect(await register({ email: 'Grace@example.org' })).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(accepted(await register({ email: 'ada@example.org' })).commit.position).toBe('6');
    const { users } = await run(UsersDocument, { first: 10, minPosition: '6' });
    expect(users.totalCount).toBe(3);
  });

  it('shows at once at servers that run on the new database', async () => {
    const { databaseUrl } = await usedServer();
    const { url } = await freshDatabase();
    const { stdout } = await tidemark(['log', 'export'], settingsFor(databaseUrl));
    const server = await serverForTest({ ...settingsFor(asServer(url)), POLL_MS: '3600000' });
    const { run } = commandsOf(server);
    expect((await run(HeadDocument, {})).head).toBe('0');
    await tidemark(['log', 'import', '-'], settingsFor(url), stdout);
    await eventually(async () => (await run(UsersDocument, { first: 10 })).users.totalCount === 2);
  });
});

describe('an import', () => {
  it('is refused by a log that is not empty', async () => {
    const { databaseUrl } = await usedServer();
    const { stdout } = await tidemark(['log', 'export'], settingsFor(databaseUrl));
    const before = await truthOf(databaseUrl);
    const { code, stderr } = await tidemark(['log', 'import', '-'], settingsFor(databaseUrl), stdout);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^This log is not empty.*\n$/)]);
    expect(await truthOf(databaseUrl)).toEqual(before);
  });

  it('is refused under another master key, or none', async () => {
    const { databaseUrl } = await usedServer();
    const { url } = await freshDatabase();
    const { stdout } = await tidemark(['log', 'export'], settingsFor(databaseUrl));
    const other = { DATABASE_URL: url, MASTER_KEY: Buffer.alloc(32, 4).toString('base64') };
    const { code, stderr } = await tidemark(['log', 'import', '-'], other, stdout);
    expect([code, stderr]).toEqual([1, expect.stringContaining('written with another master key')]);
    const none = await tidemark(['log', 'import', '-'], { DATABASE_URL: url, DATA_DIR: '/nowhere' }, stdout);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There is no master key')]);
    expect((await truthOf(url)).events).toEqual([]);
  });

  it('by the account of a server says which account it takes', async () => {
    const { databaseUrl } = await usedServer();
    const { url } = await freshDatabase();
    const { stdout } = await tidemark(['log', 'export'], settingsFor(asServer(databaseUrl)));
    const { code, stderr } = await tidemark(['log', 'import', '-'], settingsFor(asServer(url)), stdout);
    expect([code, stderr]).toEqual([1, expect.stringContaining('DATABASE_MIGRATION_URL')]);
    const settings = { ...settingsFor(asServer(url)), DATABASE_MIGRATION_URL: url };
    expect(await tidemark(['log', 'import', '-'], settings, stdout)).toMatchObject({ code: 0 });
  });
});

describe('an export to a file', () => {
  it('that holds an earlier one brings it up to the log', async () => {
    const server = await usedServer();
    const file = join(await temporaryFolder(), 'log.ndjson');
    const settings = settingsFor(server.databaseUrl);
    await tidemark(['log', 'export', '--to', file], settings);
    accepted(await commandsOf(server).register({ email: 'joan@example.org' }));
    const { code, stdout } = await tidemark(['log', 'export', '--to', file, '--json'], settings);
    expect([code, JSON.parse(stdout)]).toEqual([0, { file, head: '6', events: 6, commands: 8, claims: 3 }]);
    expect(await readFile(file, 'utf8')).toBe((await tidemark(['log', 'export'], settings)).stdout);
  });

  it('leaves files of others, and exports of other logs, as they are', async () => {
    const [one, other] = [await usedServer(), await usedServer()];
    const folder = await temporaryFolder();
    const [notes, file] = [join(folder, 'notes.txt'), join(folder, 'log.ndjson')];
    await writeFile(notes, 'mine');
    await tidemark(['log', 'export', '--to', file], settingsFor(other.databaseUrl));
    for (const path of [notes, file]) {
      const before = await readFile(path, 'utf8');
      const { code, stderr } = await tidemark(['log', 'export', '--to', path], settingsFor(one.databaseUrl));
      expect([code, stderr]).toEqual([1, expect.stringContaining('name another file')]);
      expect(await readFile(path, 'utf8')).toBe(before);
    }
  });

  it('after a position has the events from there on, and cannot be imported', async () => {
    const { databaseUrl } = await usedServer();
    const { stdout } = await tidemark(['log', 'export', '--after', '3'], settingsFor(databaseUrl));
    const positions = stdout.split('\n').flatMap((line) => (line ? (JSON.parse(line).event?.position ?? []) : []));
    expect(positions).toEqual(['4', '5']);
    const { url } = await freshDatabase();
    const { code, stderr } = await tidemark(['log', 'import', '-'], settingsFor(url), stdout);
    expect([code, stderr]).toEqual([1, expect.stringContaining('begins after position 3')]);
  });
});
