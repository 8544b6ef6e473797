import { describe, expect, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { type CounterCommand, cause, counter, openLog } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { withParameters } from './support/link.ts';
import { startLoad } from './support/load.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

const move: CounterCommand = { type: 'MoveCounter', data: { by: 1 } };

/** Makes every connection of the pool for reading busy until `end`. */
async function occupy(url: string, { database }: Log) {
  const busy = Array.from({ length: 5 }, () =>
    database.$queryRaw`SELECT pg_sleep(3600)::text AS slow`.catch((error) => error),
  );
  const sleeping = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'`;
  await eventually(async () => (await execute(url, `SELECT ${sleeping}`)).rowCount === 5);
  return {
    async end() {
      await execute(url, `SELECT pg_cancel_backend(pid) ${sleeping}`);
      await Promise.all(busy);
    },
  };
}

describe('a pool whose connections are all busy with slow queries', () => {
  it('does not hold up appends, which have a connection of their own', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(url);
    const load = startLoad(log);
    const occupied = await occupy(url, log);
    await load.more(50);
    await occupied.end();
    await expectWhole(url, await load.stop());
  });

  it('is UNAVAILABLE to a command that has to read first, in the time that the command has', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(url, { timeoutMs: 300 });
    const occupied = await occupy(url, log);
    // A query waits for a connection as long as the pool lets it, which is longer than the command may take.
    let poolGaveUp = false;
    const waiting = log.reader.head().catch((error) => {
      poolGaveUp = true;
      return error;
    });
    const error = await log.dispatch(counter, 'a', move, {}, cause).catch((reason: unknown) => reason);
    expect(poolGaveUp).toBe(false);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    await occupied.end();
    await waiting;
    expect(await log.dispatch(counter, 'a', move, {}, cause)).toMatchObject({ kind: 'accepted', position: 1n });
  });
});

describe('the connection for appends', () => {
  it('that hangs in a statement is UNAVAILABLE to callers in their time, and is free again after statement_timeout', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(withParameters(url, { statement_timeout: '200' }), { timeoutMs: 400 });
    await execute(
      url,
      `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END $$;
       CREATE TRIGGER dawdle BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION dawdle()`,
    );
    const load = startLoad(log);
    await load.refused();
    expect(log.errors.map(sqlStateOf)).toContain('57014');
    // It waits for the statement that hangs, and so for the timeout.
    await execute(url, 'DROP TRIGGER dawdle ON events');
    await load.more(20);
    await expectWhole(url, await load.stop());
  });
});
