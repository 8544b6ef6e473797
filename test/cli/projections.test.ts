import { describe, expect, it } from 'vitest';
import { asServer, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { execute } from '../support/postgres.ts';
import { serverForTest } from '../support/server.ts';
import { longLog, MASTER_KEY } from './support/logs.ts';
import { installed } from './support/tidemark.ts';

const { tidemark } = installed();
const EVENTS = 3_000;

/** A log whose projections a server has folded to the end. */
async function folded(events = EVENTS) {
  const url = await longLog(events);
  const server = await serverForTest({ DATABASE_URL: asServer(url), MASTER_KEY });
  const run = (...args: string[]) => tidemark(['projections', ...args], { DATABASE_URL: url });
  const status = async () => JSON.parse((await run('list', '--json')).stdout)[0];
  await eventually(async () => (await status()).lag === 0);
  return { url, server, run, status };
}

describe('tidemark projections', () => {
  it('lists them, also where no server has run', async () => {
    const { url } = await freshDatabase();
    const { code, stdout } = await tidemark(['projections', 'list'], { DATABASE_URL: url });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/│ users +│ \d+ +│ 0 +│ 0 +│ up to date/)]);
  });

  it('rebuilds beside a running server, rolls back, and drops what was kept', async () => {
    const { run, status } = await folded();
    const rebuilt = await run('rebuild', 'users', '--json');
    expect([rebuilt.code, JSON.parse(rebuilt.stdout)]).toMatchObject([0, { name: 'users', position: String(EVENTS) }]);
    expect((await status()).previous).not.toBeNull();
    expect(await run('rollback', 'users')).toMatchObject({ code: 0, stdout: '' });
    expect(await run('drop-previous', 'users')).toMatchObject({ code: 0, stdout: '' });
    expect((await status()).previous).toBeNull();
    expect(await run('rollback', 'users')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no table.*\n$/) });
  });

  it('fails a verification that finds differences, until they are repaired', async () => {
    const { url, run } = await folded();
    expect(await run('verify', 'users')).toMatchObject({ code: 0, stderr: expect.stringContaining(': 0 differ') });
    await execute(url, `UPDATE users SET email = 'planted@example.org' WHERE email = 'u7@example.org'`);
    const found = await run('verify', 'users');
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/│ 0198c0de-0002-7000-8000-000000000007 │ email/);
    expect(found.stderr).toMatch(/1 differ, 1 not repaired.*\n$/);
    expect(await run('verify', 'users', '--repair')).toMatchObject({ code: 0 });
    expect(await run('verify', 'users', '--sample', '50')).toMatchObject({ code: 0 });
  });

  it('shows where one has stopped, and skips that event only when told so', async () => {
    const { url, server, run, status } = await folded(3);
    await execute(url, `ALTER TABLE users ADD CHECK (email <> 'poison@example.org')`);
    await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'mutation { registerUser(input: { email: "poison@example.org" }) { __typename } }',
      }),
    });
    await eventually(async () => (await status()).failure?.position === '4');
    expect((await run('list')).stdout).toMatch(/stopped at 4.*\n[\s\S]*users has stopped at 4 \(UserRegistered\)/);
    expect(await run('skip', 'users', '--position', '4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await run('skip', 'users', '--position', '3', '--yes')).toMatchObject({ code: 1 });
    expect(await run('skip', 'users', '--position', '4', '--yes', '--actor', 'ada')).toMatchObject({ code: 0 });
    await eventually(async () => (await status()).lag === 0);
    expect((await execute(url, 'SELECT position, actor FROM projection_skips')).rows).toEqual([
      { position: '4', actor: 'ada' },
    ]);
  });

  it('names those that there are when asked for another', async () => {
    const { url } = await freshDatabase();
    const { code, stderr } = await tidemark(['projections', 'rebuild', 'people'], { DATABASE_URL: url });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no such projection. Known: users.*\n$/)]);
  });
});
