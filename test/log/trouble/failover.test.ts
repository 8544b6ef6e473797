import { describe, expect, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { openLog } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { ownCluster } from './support/cluster.ts';
import { openLink } from './support/link.ts';
import { startLoad } from './support/load.ts';
import { firstMachine } from './support/machines.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

const READ_ONLY = '25006';

describe('a failover', () => {
  it('to a copy of the primary that takes over its address costs no answer and no event', async () => {
    expectNothingAstray();
    let primary = await firstMachine();
    const link = await openLink(primary.url);
    const log = await openLog(link.url, { timeoutMs: 500, pollMs: 100 });
    const load = startLoad(log);
    for (const mode of ['fast', 'immediate'] as const) {
      await load.more(40);
      await primary.stop(mode);
      await load.refused();
      primary = await primary.copy(`after-${mode}`);
      link.leadTo(primary.port);
    }
    await load.more(40);
    await expectWhole(primary.url, await load.stop());
  });

  it('to a standby is UNAVAILABLE, though it can be read, until the standby is promoted', async () => {
    expectNothingAstray();
    const primary = await firstMachine();
    const link = await openLink(primary.url);
    const log = await openLog(link.url, { timeoutMs: 300, pollMs: 100 });
    const load = startLoad(log);
    await load.more(40);
    await primary.stop('fast');
    const standby = await primary.copy('standby', 'standby');
    link.leadTo(standby.port);
    await load.until(() => log.errors.some((error) => sqlStateOf(error) === READ_ONLY));
    await load.refused();
    expect(await log.reader.head()).toBeGreaterThanOrEqual(40n);
    expect((await execute(standby.url, 'SELECT pg_promote()')).rows).toEqual([{ pg_promote: true }]);
    await load.more(40);
    await expectWhole(standby.url, await load.stop());
  });

  it('that leaves the primary read-only for a while is UNAVAILABLE meanwhile, on the same connections', async () => {
    expectNothingAstray();
    const { url } = await ownCluster();
    const log = await openLog(url, { timeoutMs: 300 });
    const load = startLoad(log);
    await load.more(40);
    await execute(url, 'ALTER SYSTEM SET default_transaction_read_only = on');
    await execute(url, 'SELECT pg_reload_conf()');
    await load.until(() => log.errors.some((error) => sqlStateOf(error) === READ_ONLY));
    await load.refused();
    await execute(url, 'ALTER SYSTEM RESET default_transaction_read_only');
    await execute(url, 'SELECT pg_reload_conf()');
    await load.more(40);
    await expectWhole(url, await load.stop());
  });
});
