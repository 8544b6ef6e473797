import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { relocatedFrom, serversIn, temporaryFolder } from '../database/support/folders.ts';
import { isAlive } from '../database/support/processes.ts';
import { freePort } from '../e2e/support/project.ts';
import { httpClient } from '../support/clients.ts';
import { eventually } from '../support/eventually.ts';
import { RegisterUserDocument } from '../support/operations.ts';
import { execute } from '../support/postgres.ts';
import { installed } from './support/tidemark.ts';

vi.setConfig({ testTimeout: 180_000 });

const { tidemark, start, startServer } = installed();

/** A data folder, and the server that uses it. */
async function installation() {
  const folder = await temporaryFolder();
  const settings = { DATA_DIR: join(folder, 'data'), PORT: String(await freePort()) };
  const client = httpClient(`http://localhost:${settings.PORT}/graphql`);
  const homes = async () => [folder, ...(await relocatedFrom(folder))];
  return {
    folder,
    settings,
    register: (email: string) => client(RegisterUserDocument, { input: { email } }),
    postgres: async () => (await homes()).flatMap(serversIn),
    async server() {
      const running = startServer(settings);
      await running.printed(/Ctrl-C stops it\.\n/);
      return running;
    },
    /** The stored password of the account that the running server connects with. */
    async password() {
      const [home = ''] = (await homes()).slice(-1);
      const data = home === folder ? settings.DATA_DIR : home;
      const port = (await readFile(join(data, 'postgres/postmaster.pid'), 'utf8')).split('\n')[3];
      const own = (await readFile(join(data, 'postgres-password'), 'utf8')).trim();
      const url = `postgresql://tidemark:${own}@127.0.0.1:${port}/tidemark?sslmode=disable`;
      const { rows } = await execute(url, `SELECT rolpassword FROM pg_authid WHERE rolname = 'tidemark_app'`);
      return rows[0].rolpassword as string;
    },
  };
}

const headOf = (stdout: string) => JSON.parse(stdout).position;

describe('with the embedded database', () => {
  it('works beside the server that runs it, and leaves it as it was', async () => {
    const { settings, server, register, postgres, password } = await installation();
    await server();
    await register('ada@example.org');
    // A session looks like another server until it has given itself its name.
    await eventually(async () => (await postgres()).length === 1);
    const [processes, secret] = [await postgres(), await password()];
    const { code, stdout } = await tidemark(['log', 'head', '--json'], settings);
    expect([code, headOf(stdout)]).toEqual([0, '1']);
    await eventually(async () => (await postgres()).length === 1);
    expect([await postgres(), await password()]).toEqual([processes, secret]);
    await register('grace@example.org');
    expect(headOf((await tidemark(['log', 'head', '--json'], settings)).stdout)).toBe('2');
  });

  it('starts it when no server does, and stops it again', async () => {
    const { settings, server, register, postgres } = await installation();
    const running = await server();
    await register('ada@example.org');
    running.interrupt();
    await running.exit;
    const { code, stdout } = await tidemark(['log', 'show', '--json'], settings);
    expect([code, JSON.parse(stdout).type]).toEqual([0, 'UserRegistered']);
    expect(await postgres()).toEqual([]);
    await server();
    await register('grace@example.org');
  });

  it('takes over what a killed server left running, and stops it', async () => {
    const { settings, server, postgres } = await installation();
    const running = await server();
    process.kill(running.pid, 'SIGKILL');
    await running.exit;
    const [left = 0] = await postgres();
    expect(isAlive(left)).toBe(true);
    expect(await tidemark(['log', 'head'], settings)).toMatchObject({ code: 0, stdout: 'The log is empty.\n' });
    expect(await postgres()).toEqual([]);
  });

  it('keeps a server from starting meanwhile, which says so, and stops at Ctrl-C', async () => {
    const { settings, server, postgres } = await installation();
    const first = await server();
    first.interrupt();
    await first.exit;
    const following = start(['log', 'show', '--follow'], settings);
    await eventually(async () => (await postgres()).length > 0);
    const second = startServer(settings);
    expect((await second.exit).code).toBe(1);
    expect(second.stderr()).toContain(`Another Tidemark (pid ${following.pid})`);
    following.interrupt();
    expect(await following.exit).toEqual({ code: 130, signal: null });
    expect(await postgres()).toEqual([]);
  });

  it('says so in one line when the server that runs it stops meanwhile', async () => {
    const { settings, server, register } = await installation();
    const running = await server();
    await register('ada@example.org');
    const following = start(['log', 'show', '--follow', '--json'], settings);
    await following.printed(/UserRegistered/);
    running.interrupt();
    await running.exit;
    expect((await following.exit).code).toBe(1);
    expect(following.stderr()).toMatch(/^The database is out of reach.*\n$/);
  });

  it('waits for a server that is just starting', async () => {
    const { settings, server } = await installation();
    const first = await server();
    first.interrupt();
    await first.exit;
    // Whoever comes first runs the database: then the other one uses it too, or says who has it.
    const second = startServer(settings);
    expect(await tidemark(['log', 'head'], settings)).toMatchObject({ code: 0 });
    const started = second.printed(/Ctrl-C stops it\.\n/).then(() => 'started');
    const refused = second.exit.then(() => second.stderr());
    expect(await Promise.race([started.catch(() => refused), refused])).toMatch(/^started$|Another Tidemark/);
  });

  it('makes no database where there is none', async () => {
    const { folder, settings } = await installation();
    const { code, stderr } = await tidemark(['log', 'head'], settings);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^There is no database in .*data: .*\n$/)]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('imports into a folder that has only the master key', async () => {
    const [from, to] = [await installation(), await installation()];
    await from.server();
    await from.register('ada@example.org');
    const { stdout } = await tidemark(['log', 'export'], from.settings);
    await mkdir(to.settings.DATA_DIR);
    execFileSync('cp', [join(from.settings.DATA_DIR, 'master.key'), to.settings.DATA_DIR]);
    expect(await tidemark(['log', 'import', '-'], to.settings, stdout)).toMatchObject({ code: 0 });
    await to.server();
    expect((await to.register('Ada@example.org')).registerUser).toMatchObject({ code: 'EMAIL_TAKEN' });
  });
});
