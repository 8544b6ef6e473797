import { describe, expect, it } from 'vitest';
import { startRetention } from '../../src/log/retention.ts';
import { asServer, clientFor, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';

/** Makes the records of commands look as old as this, in days. */
const age = (url: string, days: number, which = 'true') =>
  execute(url, `UPDATE commands SET recorded_at = recorded_at - $1 * interval '1 day' WHERE ${which}`, [days]);

const count = async (url: string): Promise<number> =>
  Number((await execute(url, 'SELECT count(*) FROM commands')).rows[0]?.count);

describe('the record of a command', () => {
  it('is forgotten when it is older than the retention, and no sooner', async () => {
    const { url } = await freshDatabase();
    const { writer, reader, database } = await openLog(url);
    const units = Array.from({ length: 30 }, (_, i) => unit(`counter-${i}`, 0));
    for (const each of units) await writer.append(each);
    const old = units.slice(0, 20).map((each) => `'${each.commandId}'`);
    await age(url, 40, `id IN (${old.join()})`);
    const retention = startRetention({ database, days: 30, everyMs: 3_600_000, onError: expect.unreachable });
    await eventually(async () => (await count(url)) === 10);
    await retention.close();
    expect(await reader.command(units[0]?.commandId ?? '')).toBeNull();
    expect(await reader.command(units[29]?.commandId ?? '')).not.toBeNull();
    expect(await reader.head()).toBe(30n);
  });

  it('of less than a day is forgotten by nobody, whatever is asked', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    await writer.append(unit('counter-1', 0));
    await execute(asServer(url), "SELECT purge_commands(now() + interval '1 year', 100)");
    expect(await count(url)).toBe(1);
  });

  it('is kept for ever without a retention', async () => {
    const { url } = await freshDatabase();
    const { writer, database } = await openLog(url);
    await writer.append(unit('counter-1', 0));
    await age(url, 10_000);
    await startRetention({ database, days: 0, everyMs: 1, onError: expect.unreachable }).close();
    expect(await count(url)).toBe(1);
  });

  it('that is being forgotten makes no append wait, not even a retry of that very command', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const old = unit('counter-1', 0);
    await writer.append(old);
    await age(url, 40);
    const purging = clientFor(url);
    await purging.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT purge_commands(now() - interval '30 days', 100)`;
      // The purge is not committed. Were anything to wait for it, this would wait for ever.
      expect(await writer.append(unit('counter-2', 0))).toMatchObject({ outcome: 'accepted' });
      expect(await writer.append(old)).toMatchObject({ outcome: 'known', answer: { position: 1n } });
    });
    expect(await writer.append(old)).toMatchObject({ outcome: 'conflict' });
  });

  it('is forgotten once, however many processes do it at the same time', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => writer.append(unit(`counter-${i}`, 0))));
    await age(url, 40);
    const many = Array.from({ length: 3 }, () =>
      startRetention({ database: clientFor(url), days: 30, everyMs: 3_600_000, onError: expect.unreachable }),
    );
    await eventually(async () => (await count(url)) === 0);
    await Promise.all(many.map((each) => each.close()));
  });
});
