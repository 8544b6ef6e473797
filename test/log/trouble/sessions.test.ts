import { describe, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { openLog } from '../../support/log.ts';
import { startLoad } from './support/load.ts';
import { stranger } from './support/strangers.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

/** Sessions that append at this moment. */
const appending = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidemark'
  AND state = 'active' AND query LIKE '%append_to_log%'`;

describe('sessions that append', () => {
  it.each([
    ['terminated', `SELECT pg_terminate_backend(pid) ${appending}`, '57P01'],
    ['cancelled', `SELECT pg_cancel_backend(pid) ${appending}`, '57014'],
  ])('and are %s again and again cost no answer and no event', async (_, blow, state) => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const log = await openLog(url);
    const load = startLoad(log);
    const operator = await stranger(url);
    const hits = () => log.errors.filter((error) => sqlStateOf(error) === state).length;
    while (hits() < 10) {
      await operator.query(blow);
      await load.more(1);
    }
    await load.more(20);
    await expectWhole(url, await load.stop());
  });

  it('of two processes at once, terminated in turn, cost no answer and no event', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const loads = [startLoad(await openLog(url, { listen: true })), startLoad(await openLog(url, { listen: true }))];
    const operator = await stranger(url);
    for (let round = 0; round < 15; round++) {
      // With the listeners, and with sessions that are idle just now.
      await operator.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'tidemark%' AND random() < 0.7`,
      );
      for (const load of loads) await load.more(5);
    }
    await expectWhole(url, (await Promise.all(loads.map((load) => load.stop()))).flat());
  });
});
