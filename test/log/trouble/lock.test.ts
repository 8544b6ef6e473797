import { describe, expect, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { withParameters } from './support/link.ts';
import { startLoad } from './support/load.ts';
import { strangerHolding, theHead } from './support/strangers.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

/** A process whose sessions wait for a lock for a tenth of a second, a lock_timeout that a test can wait for. */
async function openImpatient(timeoutMs: number) {
  expectNothingAstray();
  const { url } = await freshDatabase();
  const log = await openLog(withParameters(url, { lock_timeout: '100' }), { timeoutMs });
  const timedOut = () => log.errors.filter((error) => sqlStateOf(error) === '55P03').length;
  return { url, log, timedOut };
}

describe('a lock of a stranger', () => {
  it.each([
    ['the head', theHead],
    ['all of the head', 'LOCK TABLE head IN ACCESS EXCLUSIVE MODE'],
    ['the events', 'LOCK TABLE events IN ACCESS EXCLUSIVE MODE'],
    ['the events, against writing only', 'LOCK TABLE events IN SHARE MODE'],
    ['the commands', 'LOCK TABLE commands IN ACCESS EXCLUSIVE MODE'],
    ['the claims', 'LOCK TABLE claims IN ACCESS EXCLUSIVE MODE'],
  ])('on %s is UNAVAILABLE to callers in their time, and all goes on when it is gone', async (_, sql) => {
    const { url, log, timedOut } = await openImpatient(400);
    const load = startLoad(log);
    await load.more(10);
    const lock = await strangerHolding(url, sql);
    await load.refused();
    await load.until(() => timedOut() > 2);
    await lock.release();
    await load.more(20);
    await expectWhole(url, await load.stop());
  });

  it('on the head that an idle transaction holds for good lasts until an operator ends its session', async () => {
    const { url, log, timedOut } = await openImpatient(250);
    await strangerHolding(url, `${theHead}; SET idle_in_transaction_session_timeout = 0`);
    for (const [index, outcome] of (
      await Promise.allSettled([1, 2, 3].map((i) => log.writer.append(unit(`counter-${i}`, 0))))
    ).entries()) {
      expect(outcome, `caller ${index}`).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    }
    expect(timedOut()).toBeGreaterThan(0);
    // No session of ours is left waiting in the queue for the lock.
    await execute(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND state = 'idle in transaction' AND application_name = 'stranger'`,
    );
    expect(await log.writer.append(unit('counter-9', 0), Date.now() + 60_000)).toMatchObject({ outcome: 'accepted' });
  });
});
