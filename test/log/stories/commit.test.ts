import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { gate, openLink, type Rule, withParameters } from '../trouble/support/link.ts';
import { expectNothingAstray } from '../trouble/support/whole.ts';
import { failureOf, openSmallPool } from './support/small-pool.ts';

const commits: (...parameters: Parameters<Rule>) => boolean = ({ from, type, bytes }) =>
  from === 'client' && (type === 'Q' || type === 'P') && bytes.includes('COMMIT');

/** A pool behind a link on which the answer to the next COMMIT is kept back until the gate opens. */
async function openWithSlowCommit() {
  expectNothingAstray();
  const { url } = await freshDatabase();
  const link = await openLink(withParameters(url, { query_timeout: '200' }));
  const { database } = openSmallPool(link.url);
  const answer = gate();
  let asked = false;
  link.obey((message, session) => {
    if (commits(message, session)) asked = true;
    return asked && message.from === 'server' ? answer.opened : 'pass';
  });
  const transaction = database.$transaction(async (transaction) => {
    await transaction.$executeRaw`INSERT INTO settings (name, value) VALUES ('story', 'told')`;
  });
  const committed = () =>
    eventually(async () => (await execute(url, "SELECT FROM settings WHERE name = 'story'")).rowCount === 1);
  return { url, link, database, answer, transaction, committed };
}

// prisma/prisma #29952: a timeout during COMMIT surfaced as an unhandled rejection, which ends the process.
describe('a COMMIT whose answer does not come', () => {
  it('in time fails its transaction alone, and the pool goes on', async () => {
    const { link, database, answer, transaction, committed } = await openWithSlowCommit();
    expect(faultOf(await failureOf(transaction))).toBe('unreachable');
    await committed();
    link.obeyNothing();
    answer.open();
    for (let i = 0; i < 4; i++) await eventually(() => database.$queryRaw`SELECT 1`);
    expect(await database.$queryRaw`SELECT value FROM settings`).toEqual([{ value: 'told' }]);
  });

  it('because the connection breaks fails its transaction alone, and the pool goes on', async () => {
    const { link, database, transaction, committed } = await openWithSlowCommit();
    const failed = failureOf(transaction);
    await committed();
    link.obeyNothing();
    link.cut();
    expect(faultOf(await failed)).toBe('unreachable');
    expect(await database.$queryRaw`SELECT value FROM settings`).toEqual([{ value: 'told' }]);
  });
});

describe('an append whose COMMIT is refused', () => {
  it('by the server, at the last moment, is repeated and answered', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    // As a deferred constraint, a full disk or a synchronous standby that is gone would.
    await execute(
      url,
      `CREATE SEQUENCE attempts;
       GRANT USAGE ON SEQUENCE attempts TO tidemark_server;
       CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('attempts') <= 3 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END IF;
         RETURN NULL;
       END $$;
       CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION refuse_commit()`,
    );
    const log = await openLog(url);
    expect(await log.writer.append(unit('counter-1', 0))).toMatchObject({ outcome: 'accepted', position: 1n });
    expect(log.errors).toHaveLength(3);
    expect(await log.reader.head()).toBe(1n);
  });
});
