import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultOf } from '../../../src/database/errors.ts';
import { clientFor, freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { expectNothingAstray } from '../trouble/support/whole.ts';
import { failureOf, openSmallPool } from './support/small-pool.ts';

// One stuck session that holds the head stops every writer: no session of ours may be the one.
describe('every session of the pool', () => {
  it('has its limits on waiting for locks, on statements and on sitting idle in a transaction', async () => {
    const database = clientFor((await freshDatabase()).url);
    const limits = await Promise.all(
      Array.from(
        { length: 5 },
        () => database.$queryRaw`
          SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
                 current_setting('idle_in_transaction_session_timeout') AS idle, pg_backend_pid() AS pid,
                 pg_sleep(0.1)::text AS together`,
      ),
    );
    expect(new Set(limits.map((rows) => (rows as { pid: number }[])[0]?.pid)).size).toBe(5);
    for (const rows of limits) expect(rows).toMatchObject([{ lock: '10s', statement: '30s', idle: '30s' }]);
  });

  it('loses the head by itself when it sits on it idle, and the writers go on', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const { database } = openSmallPool(url, { statementTimeoutMs: 300 });
    const log = await openLog(url);
    let append: Promise<unknown> = Promise.resolve();
    const stuck = database.$transaction(
      async (transaction) => {
        await transaction.$queryRaw`SELECT 1 FROM head FOR UPDATE`;
        append = log.writer.append(unit('counter-1', 0));
        // Its code never comes back to it, as far as the database can see.
        await append;
      },
      { timeout: 60_000 },
    );
    await failureOf(stuck);
    expect(await append).toMatchObject({ outcome: 'accepted' });
  });
});

// The pool waits for ever by default.
describe('waiting for a connection', () => {
  it('ends in time when all are busy, and is no trouble to those who have one', async () => {
    const { database } = openSmallPool((await freshDatabase()).url);
    const release = new AbortController();
    const holding = [1, 2].map(() =>
      database.$transaction(
        async (transaction) => {
          await transaction.$queryRaw`SELECT 1`;
          await new Promise((resolve) => release.signal.addEventListener('abort', resolve));
          return transaction.$queryRaw`SELECT 2 AS two`;
        },
        { timeout: 60_000 },
      ),
    );
    // Both have one by now, or this would get it.
    await eventually(() =>
      database.$queryRaw`SELECT 1`.then(
        () => false,
        () => true,
      ),
    );
    expect(faultOf(await failureOf(database.$queryRaw`SELECT 1`))).toBe('unreachable');
    release.abort();
    for (const each of holding) expect(await each).toEqual([{ two: 2 }]);
    expect(await database.$queryRaw`SELECT 3 AS three`).toEqual([{ three: 3 }]);
  });

  it('ends in time when a server takes the connection and says nothing', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const { database } = openSmallPool(`postgresql://nobody:x@127.0.0.1:${port}/none?sslmode=disable`);
    expect(faultOf(await failureOf(database.$queryRaw`SELECT 1`))).toBe('unreachable');
  });

  it('fails at once when nothing listens at the address', async () => {
    const { database } = openSmallPool('postgresql://nobody:x@127.0.0.1:1/none?sslmode=disable');
    expect(faultOf(await failureOf(database.$queryRaw`SELECT 1`))).toBe('unreachable');
  });
});

// An idle client's error ends the process unless the pool's `error` event is handled.
describe('the end of idle connections', () => {
  it('is noted and ends nothing: the next append opens a new one', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(url, { listen: true });
    const { database, errors } = openSmallPool(url);
    for (let round = 0; round < 5; round++) {
      await Promise.all([1, 2].map(() => database.$queryRaw`SELECT pg_sleep(0.02)::text`));
      expect(await log.writer.append(unit('counter-1', round))).toMatchObject({ outcome: 'accepted' });
      await execute(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'tidemark%' AND state = 'idle'`,
      );
      // Both connections of this pool are known to be gone: a query on one that is just dying may fail.
      await eventually(() => errors.length >= 2 * (round + 1));
    }
    expect(await log.writer.append(unit('counter-1', 5))).toMatchObject({ outcome: 'accepted' });
  });
});
