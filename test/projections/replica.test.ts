import { describe, expect, it } from 'vitest';
import { openLink } from '../log/trouble/support/link.ts';
import { clientFor, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { type CounterRow, counters, createCountersTable, openProjections } from '../support/projections.ts';

async function open() {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  const log = await openLog(url);
  const link = await openLink(url);
  return { url, log, link };
}

describe('read tables on a replica', () => {
  it('that is out of reach are the only thing that is, and are followed again once it is back', async () => {
    const { url, log, link } = await open();
    // Nobody listens there.
    link.leadTo(1);
    const errors: unknown[] = [];
    const projections = await openProjections(
      log,
      [counters],
      { pollMs: 50, waitMs: 300 },
      (error) => errors.push(error),
      clientFor(link.url),
    );
    await log.writer.append(unit('counter-1', 0));
    await eventually(async () => (await execute(url, `SELECT FROM checkpoints WHERE position = 1`)).rowCount === 1);
    const model = projections.readModel<CounterRow>(counters);
    await expect(model.reach(1n)).rejects.toMatchObject({ code: 'PROJECTION_STALE', details: { position: '0' } });
    expect(errors.length).toBeGreaterThan(0);
    link.leadTo(Number(new URL(url).port || 5432));
    await eventually(async () => {
      await model.reach(1n);
      return true;
    });
    expect(await model.row('counter-1')).toMatchObject({ value: 1 });
  });
});
