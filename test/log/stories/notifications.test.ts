import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { openLog, unit } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { stranger, strangerHolding, theHead, waiting } from '../trouble/support/strangers.ts';
import { expectNothingAstray } from '../trouble/support/whole.ts';
import { listenIn } from './support/heard.ts';
import { follow, oneTo, positionsOf } from './support/reading.ts';

const nobody = new AbortController().signal;

// A committing NOTIFY takes a lock of the whole cluster, and a payload of 8,000 bytes or more fails the transaction.
describe('what an append announces', () => {
  it('is one notification for a batch, of a few bytes, however many and large its units', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const { heard } = await listenIn(url);
    const head = await strangerHolding(url, theHead);
    const first = writer.append(unit('counter-first', 0));
    await eventually(async () => (await waiting(url)) === 1);
    const large = { text: 'x'.repeat(9_000) };
    const rest = oneTo(300).map((i) => {
      const work = unit(`counter-${i}`, 0, { actor: 'a'.repeat(200) });
      return writer.append({
        ...work,
        events: work.events.map((event) => ({ ...event, data: large, json: JSON.stringify(large) })),
      });
    });
    await head.release();
    await Promise.all([first, ...rest]);
    const { rows } = await execute(url, 'SELECT count(DISTINCT xmin::text)::int AS transactions FROM events');
    const announced = await heard();
    expect(announced).toHaveLength(rows[0].transactions);
    expect(announced.length).toBeLessThan(100);
    for (const { payload } of announced) expect(payload.length).toBeLessThan(100);
    expect(announced.at(-1)?.payload).toMatch(/^301 /);
  });

  it('is nothing when nothing was added: refusals, conflicts, dry runs and known commands are nobody else’s news', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const work = unit('counter-1', 0);
    await writer.append(work);
    const { heard } = await listenIn(url);
    await writer.append(work);
    await writer.append(unit('counter-1', 5));
    await writer.append(unit('counter-1', 1, { dryRun: true }));
    await writer.append(unit('counter-1', 1, { events: [], version: 1, refusal: { code: 'NO', detail: null } }));
    expect(await heard()).toEqual([]);
  });

  it('is nothing when the transaction rolls back', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const { heard } = await listenIn(url);
    const work = unit('counter-1', 0);
    const events = work.events.map((event) => ({ ...event, version: 7, id: 'no uuid' }));
    await expect(writer.append({ ...work, events })).rejects.toThrow();
    expect(await heard()).toEqual([]);
  });
});

describe('a notification is a hint and never data:', () => {
  it('repeated, late, invented and mad ones do no harm', async () => {
    expectNothingAstray();
    const { url } = await freshDatabase();
    const [mine, other] = [await openLog(url, { listen: true }), await openLog(url)];
    const madman = await stranger(url);
    const following = follow(mine.tail.page, { count: 40, limit: 7 });
    const mad = [
      '',
      ' ',
      'nonsense',
      '-1 x',
      '1',
      '1 x',
      '3 x',
      '3 x',
      'NaN x',
      '1e9 x',
      '999999 x',
      `${'9'.repeat(60)} x`,
    ];
    for (let i = 0; i < 20; i++) {
      await other.writer.append(unit('counter-other', i));
      for (const payload of mad) await madman.query('SELECT pg_notify($1, $2)', ['tidemark', payload]);
      await mine.writer.append(unit('counter-mine', i));
    }
    const seen = await following;
    expect(positionsOf(seen)).toEqual(oneTo(40));
    expect(seen).toEqual((await other.reader.page(0n, 100)).events);
    expect(mine.tail.head).toBe(40n);
    expect(mine.errors).toEqual([]);
  });

  it('those of a wrong origin and for what is long known are followed without reading anything twice', async () => {
    const { url } = await freshDatabase();
    const { writer, tail } = await openLog(url, { listen: true });
    const told: number[] = [];
    tail.onEvents((events) => told.push(...positionsOf(events)));
    for (let i = 0; i < 10; i++) {
      await writer.append(unit('counter-1', i));
      await execute(url, 'SELECT pg_notify($1, $2)', ['tidemark', `${i + 1} somebody`]);
    }
    await tail.past(9n, nobody);
    expect(told).toEqual(oneTo(10));
  });
});
