import pg from 'pg';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { ownCluster } from '../log/trouble/support/cluster.ts';
import { httpClient } from '../support/clients.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { RegisterUserDocument, UsersDocument } from '../support/operations.ts';
import { execute } from '../support/postgres.ts';
import { openProjections, operatorFor } from '../support/projections.ts';
import { prepareForServers, removeBundle, startServerProcess } from './support/servers.ts';
import { both, cutConnections, expectSound, openUserLog, statusOf } from './support/users.ts';

afterAll(removeBundle);

async function open() {
  const { url } = await freshDatabase();
  await prepareForServers(url);
  return { url, log: await openUserLog(url) };
}
type Log = Awaited<ReturnType<typeof openUserLog>>;

/** A session that holds a lock until it is released, or the test ends. */
async function hold(url: string, lock: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  await client.query(lock);
  return async () => {
    await client.query('ROLLBACK');
  };
}

const rebuilt = (log: Log) => eventually(async () => (await statusOf(log)).rebuilding === null);

describe('several servers', () => {
  it('go on folding at once when the one that did is killed', async () => {
    const { url, log } = await open();
    const servers = await Promise.all([1, 2, 3].map(() => startServerProcess(url, { PROJECTION_WAIT_MS: '2000' })));
    let written = 0;
    while (servers.length > 1) {
      const [first, second] = servers;
      if (!first || !second) break;
      for (let i = 0; i < 20; i++) {
        const email = `ada${++written}@example.org`;
        const { registerUser } = await httpClient(first.url)(RegisterUserDocument, { input: { email } });
        if (registerUser.__typename !== 'UserCommandAccepted') throw new Error('refused');
        const { position } = registerUser.commit;
        // Read elsewhere what was written here.
        const { users } = await httpClient(second.url)(UsersDocument, { first: 1, minPosition: position });
        expect(users.totalCount).toBe(written);
      }
      await first.kill();
      servers.shift();
    }
    await expectSound(log);
  });

  it('go on folding while the one that did is frozen, which then finds what they have done', async () => {
    const { url, log } = await open();
    const [first, second] = await Promise.all([1, 2].map(() => startServerProcess(url)));
    if (!first || !second) throw new Error('no servers');
    const register = async (at: string, email: string) => {
      const { registerUser } = await httpClient(at)(RegisterUserDocument, { input: { email } });
      if (registerUser.__typename !== 'UserCommandAccepted') throw new Error('refused');
      return registerUser.commit.position;
    };
    const count = async (at: string, minPosition: string) =>
      (await httpClient(at)(UsersDocument, { first: 1, minPosition })).users.totalCount;
    expect(await count(first.url, await register(first.url, 'ada@example.org'))).toBe(1);
    const thaw = first.freeze();
    const position = await register(second.url, 'grace@example.org');
    expect(await count(second.url, position)).toBe(2);
    thaw();
    expect(await count(first.url, position)).toBe(2);
    expect(await count(second.url, await register(first.url, 'alan@example.org'))).toBe(3);
    await expectSound(log);
  });

  it('that are told to rebuild one table together make it as one would', async () => {
    const { url, log } = await open();
    await log.register(12_000);
    const servers = await Promise.all([1, 2].map(() => startServerProcess(url)));
    await eventually(async () => (await statusOf(log)).lag === 0);
    await execute(url, `UPDATE users SET email = 'wrong'`);
    await operatorFor(log, both).requestRebuild('users');
    await log.register(500);
    await rebuilt(log);
    await eventually(async () => (await statusOf(log)).lag === 0);
    await expectSound(log);
    for (const server of servers) expect(server.logged()).not.toMatch(/"level":(50|60)/);
  });
});

describe('a rebuild', () => {
  it('that is killed while it folds, makes indexes or exchanges the tables goes on in another process', async () => {
    const { url, log } = await open();
    await log.register(12_000);
    const first = await startServerProcess(url);
    await eventually(async () => (await statusOf(log)).lag === 0);
    await first.kill();
    await execute(url, `UPDATE users SET email = 'wrong'`);
    await operatorFor(log, both).requestRebuild('users');
    const position = async () => (await statusOf(log)).rebuilding?.position ?? -1n;

    const folding = await startServerProcess(url);
    await eventually(async () => (await position()) > 0n);
    await folding.kill();
    const reached = await position();
    expect(reached).toBeGreaterThan(0n);

    // An index waits for those who write; the fold does not.
    const releaseNext = await hold(url, 'LOCK TABLE tidemark_next.users IN ROW EXCLUSIVE MODE');
    const indexing = await startServerProcess(url);
    await eventually(async () => {
      const { rows } = await execute(
        url,
        `SELECT FROM pg_locks WHERE NOT granted AND relation = 'tidemark_next.users'::regclass`,
      );
      return rows.length > 0;
    });
    expect(await position()).toBe(12_000n);
    await indexing.kill();
    await releaseNext();

    // The exchange waits for those who read.
    const releaseLive = await hold(url, 'LOCK TABLE users IN ACCESS SHARE MODE');
    const swapping = await startServerProcess(url);
    await eventually(async () => {
      const { rows } = await execute(
        url,
        `SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = 'users'::regclass`,
      );
      return rows.length > 0;
    });
    await swapping.kill();
    await log.register(100);
    expect((await statusOf(log)).rebuilding).not.toBeNull();
    await releaseLive();

    await startServerProcess(url);
    await rebuilt(log);
    await eventually(async () => (await statusOf(log)).lag === 0);
    await expectSound(log);
  });

  it('that is killed at any moments, with its connections cut, makes the same table', async () => {
    const { url, log } = await open();
    await log.register(8_000);
    const projections = await openProjections(log, both);
    await projections.readModel(both[0] as never).reach(8_000n);
    await projections.close();
    await execute(url, `UPDATE users SET email = 'wrong'`);
    await operatorFor(log, both).requestRebuild('users');
    for (let round = 0; round < 5; round++) {
      const server = await startServerProcess(url);
      await log.register(50);
      const until = performance.now() + Math.random() * 400;
      while (performance.now() < until) await cutConnections(url);
      await server.kill();
    }
    await startServerProcess(url);
    await rebuilt(log);
    await eventually(async () => (await statusOf(log)).lag === 0);
    await expectSound(log);
  });

  it('goes on when PostgreSQL itself is killed and started again', async () => {
    const cluster = await ownCluster();
    const log = await openUserLog(cluster.url);
    await log.register(8_000);
    await openProjections(log, both);
    await eventually(async () => (await statusOf(log)).lag === 0);
    for (const signal of ['SIGKILL', 'SIGQUIT'] as const) {
      await operatorFor(log, both).requestRebuild('users');
      await eventually(async () => ((await statusOf(log)).rebuilding?.position ?? 0n) > 0n);
      await cluster.end(signal);
      await rebuilt(log);
    }
    await eventually(async () => (await statusOf(log)).lag === 0);
    await expectSound(log);
  });
});
