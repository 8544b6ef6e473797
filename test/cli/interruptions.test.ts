import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../database/support/folders.ts';
import type { Running } from '../e2e/support/project.ts';
import { httpClient } from '../support/clients.ts';
import { asServer, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { RegisterUserDocument } from '../support/operations.ts';
import { execute } from '../support/postgres.ts';
import { serverForTest } from '../support/server.ts';
import { longLog, MASTER_KEY, truthOf } from './support/logs.ts';
import { installed } from './support/tidemark.ts';

vi.setConfig({ testTimeout: 300_000 });

const { tidemark, start } = installed();
const EVENTS = 8_000;
const KILLS = 3;

const settingsFor = (DATABASE_URL: string) => ({ DATABASE_URL, MASTER_KEY });

/** Kills a command as soon as what it has done so far passes a mark. */
async function killPast(running: Running, done: () => Promise<number>, mark: number): Promise<void> {
  let ended = false;
  void running.exit.then(() => {
    ended = true;
  });
  await eventually(async () => ended || (await done()) >= mark);
  process.kill(running.pid, 'SIGKILL');
  await running.exit;
}

/** Random places in the work, in order. */
const marks = (whole: number): number[] =>
  Array.from({ length: KILLS }, () => Math.floor(Math.random() * whole)).sort((a, b) => a - b);

const sizeOf = (file: string) => async () => (await stat(file)).size;
const headOf = (url: string) => async () => Number((await execute(url, 'SELECT position FROM head')).rows[0].position);

describe('an export that is killed again and again', () => {
  it('is gone on with, and gives the same text as one that was not', async () => {
    const url = await longLog(EVENTS);
    const folder = await temporaryFolder();
    const [whole, file] = [join(folder, 'whole.ndjson'), join(folder, 'killed.ndjson')];
    await tidemark(['log', 'export', '--to', whole], settingsFor(url));
    for (const mark of marks((await stat(whole)).size)) {
      await killPast(start(['log', 'export', '--to', file], settingsFor(url)), sizeOf(file), mark);
    }
    expect(await tidemark(['log', 'export', '--to', file], settingsFor(url))).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe(await readFile(whole, 'utf8'));
  });

  it('goes on after the last whole line, wherever it was torn', async () => {
    const url = await longLog(10);
    const folder = await temporaryFolder();
    const [whole, file] = [join(folder, 'whole.ndjson'), join(folder, 'torn.ndjson')];
    await tidemark(['log', 'export', '--to', whole], settingsFor(url));
    const text = await readFile(whole);
    for (const length of [0, 1, text.indexOf('\n'), text.indexOf('\n') + 1, text.indexOf('"command"') + 3]) {
      await writeFile(file, text.subarray(0, length));
      expect(await tidemark(['log', 'export', '--to', file], settingsFor(url))).toMatchObject({ code: 0 });
      expect(await readFile(file, 'utf8')).toBe(text.toString());
    }
  });
});

describe('an import that is killed again and again', () => {
  it('is gone on with, and brings over everything once', async () => {
    const url = await longLog(EVENTS);
    const { url: target } = await freshDatabase();
    const file = join(await temporaryFolder(), 'log.ndjson');
    await tidemark(['log', 'export', '--to', file], settingsFor(url));
    for (const mark of marks(EVENTS)) {
      await killPast(start(['log', 'import', file], settingsFor(target)), headOf(target), mark);
      // Whatever was written, it is a whole beginning.
      const { rows } = await execute(target, 'SELECT count(*), max(position), (SELECT position FROM head) FROM events');
      expect([rows[0].count, rows[0].max ?? '0']).toEqual([rows[0].position, rows[0].position]);
    }
    expect(await tidemark(['log', 'import', file], settingsFor(target))).toMatchObject({ code: 0 });
    expect(await truthOf(target)).toEqual(await truthOf(url));
    expect((await execute(target, 'SELECT name FROM settings')).rows).toEqual([{ name: 'master_key' }]);
  });
});

/** An import that was killed half-way. */
async function halfImported() {
  const url = await longLog(EVENTS);
  const { url: target } = await freshDatabase();
  const file = join(await temporaryFolder(), 'log.ndjson');
  await tidemark(['log', 'export', '--to', file], settingsFor(url));
  await killPast(start(['log', 'import', file], settingsFor(target)), headOf(target), EVENTS / 2);
  return { target, file };
}

describe('an import that was interrupted', () => {
  it('does not go on with another log, nor with less of the same', async () => {
    const { target } = await halfImported();
    const before = await headOf(target)();
    const file = join(await temporaryFolder(), 'other.ndjson');
    for (const [events, first] of [
      [10, 1],
      [EVENTS, 2],
    ] as const) {
      const other = await longLog(events, first);
      await writeFile(file, (await tidemark(['log', 'export'], settingsFor(other))).stdout);
      const { code, stderr } = await tidemark(['log', 'import', file], settingsFor(target));
      expect([code, stderr]).toEqual([1, expect.stringContaining('they are not those of this file')]);
    }
    expect(await headOf(target)()).toBe(before);
  });

  it('does not go on once a server has appended', async () => {
    const { target, file } = await halfImported();
    const { url } = await serverForTest(settingsFor(asServer(target)));
    await httpClient(url)(RegisterUserDocument, { input: { email: 'new@example.org' } });
    const { code, stderr } = await tidemark(['log', 'import', file], settingsFor(target));
    expect([code, stderr]).toEqual([1, expect.stringContaining('a server has appended meanwhile')]);
  });

  it('by Ctrl-C ends with 130, and can be gone on with', async () => {
    const url = await longLog(EVENTS);
    const { url: target } = await freshDatabase();
    const file = join(await temporaryFolder(), 'log.ndjson');
    await tidemark(['log', 'export', '--to', file], settingsFor(url));
    const running = start(['log', 'import', file], settingsFor(target));
    await eventually(async () => (await headOf(target)()) > 0);
    running.interrupt();
    expect(await running.exit).toEqual({ code: 130, signal: null });
    expect(running.stderr()).toContain('Stopped');
    expect(await tidemark(['log', 'import', file], settingsFor(target))).toMatchObject({ code: 0 });
    expect(await headOf(target)()).toBe(EVENTS);
  });
});
