import { describe, expect, it } from 'vitest';
import { openLog } from '../../support/log.ts';
import { ownCluster } from './support/cluster.ts';
import { startLoad } from './support/load.ts';
import { expectNothingAstray, expectWhole } from './support/whole.ts';

describe('PostgreSQL that ends under load and is started again', () => {
  it.each([
    ['by a fast shutdown', 'SIGINT'],
    ['by an immediate shutdown', 'SIGQUIT'],
    ['by kill -9 of the postmaster', 'SIGKILL'],
  ] as const)('%s, again and again, costs no answer and no event', async (_, signal) => {
    expectNothingAstray();
    const cluster = await ownCluster();
    const log = await openLog(cluster.url, { listen: true, pollMs: 100 });
    const load = startLoad(log);
    for (let round = 0; round < 2; round++) {
      await load.more(40);
      await cluster.end(signal);
    }
    await load.more(40);
    const acknowledged = await load.stop();
    await expectWhole(cluster.url, acknowledged);
    // What the callers were told is in the tail too.
    await log.tail.refresh();
    await log.tail.past(BigInt(acknowledged.length) - 1n, new AbortController().signal);
    expect(log.errors).not.toEqual([]);
  });

  it('is UNAVAILABLE to callers with little time, who get the right answer to the same command later', async () => {
    expectNothingAstray();
    const cluster = await ownCluster();
    const load = startLoad(await openLog(cluster.url, { timeoutMs: 30 }));
    for (let round = 0; round < 2; round++) {
      await load.more(20);
      const refused = load.refused();
      await cluster.end(round === 0 ? 'SIGINT' : 'SIGKILL');
      await refused;
    }
    await load.more(20);
    await expectWhole(cluster.url, await load.stop());
  });
});
