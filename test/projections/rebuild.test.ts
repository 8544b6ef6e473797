import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Prisma } from '../../src/database/client.ts';
import type { Projection } from '../../src/eventsourcing/projection.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type CounterEvent, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import {
  type CounterRow,
  counters,
  createCountersTable,
  openCounters,
  openProjections,
} from '../support/projections.ts';

/** A log in which ten counters were moved in turn, and the projection at its head. */
async function withCounters(moves: number) {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  const log = await openLog(url);
  await move(log, moves);
  const opened = await openCounters(log);
  await opened.model.reach(BigInt(moves));
  return { url, log, ...opened };
}

async function move(log: Awaited<ReturnType<typeof openLog>>, moves: number, from = 0) {
  await Promise.all(
    Array.from({ length: moves }, (_, i) =>
      log.writer.append(unit(`counter-${(from + i) % 10}`, Math.floor((from + i) / 10))),
    ),
  );
}

type Opened = Awaited<ReturnType<typeof openCounters>>;
const status = async ({ projections }: Pick<Opened, 'projections'>) => {
  const [found] = await projections.status();
  if (!found) throw new Error('no projection');
  return found;
};
const rebuilt = (opened: Pick<Opened, 'projections'>) =>
  eventually(async () => (await status(opened)).rebuilding === null);
const values = async ({ model }: Pick<Opened, 'model'>) =>
  (await model.rows(Prisma.sql`true`, Prisma.sql`t.id COLLATE "C"`, 100)).map(({ value }) => value);

/** The same read table, filled by another fold: moves count ten times. */
const tenfold: Projection<CounterRow, CounterEvent> = {
  ...counters,
  version: 2,
  on: {
    ...counters.on,
    CounterMoved: (row, event, key) =>
      counters.on.CounterMoved?.(row, { ...event, data: { by: 10 * event.data.by } }, key) ?? null,
  },
};

describe('a rebuild', () => {
  it('puts a table that was folded anew in the place of the live one, and keeps that one', async () => {
    const opened = await withCounters(100);
    await execute(opened.url, 'UPDATE counters SET value = 0');
    await opened.projections.requestRebuild('counters');
    await rebuilt(opened);
    expect(await values(opened)).toEqual(Array(10).fill(10));
    expect(await status(opened)).toMatchObject({
      position: 100n,
      failure: null,
      previous: { version: 1, position: 100n },
    });
    // And it goes on.
    await move(opened.log, 10, 100);
    await opened.model.reach(110n);
    expect(await values(opened)).toEqual(Array(10).fill(11));
    expect(opened.errors).toEqual([]);
  });

  it('is undone at once by a rollback, and done again by a second one', async () => {
    const opened = await withCounters(100);
    await execute(opened.url, 'UPDATE counters SET value = 7');
    await opened.projections.requestRebuild('counters');
    await rebuilt(opened);
    await opened.projections.rollback('counters');
    expect(await values(opened)).toEqual(Array(10).fill(7));
    await opened.projections.rollback('counters');
    expect(await values(opened)).toEqual(Array(10).fill(10));
    await opened.projections.dropPrevious('counters');
    await expect(opened.projections.rollback('counters')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is brought up to the log after a rollback', async () => {
    const opened = await withCounters(50);
    await opened.projections.requestRebuild('counters');
    await rebuilt(opened);
    await move(opened.log, 50, 50);
    await opened.model.reach(100n);
    await opened.projections.rollback('counters');
    await eventually(async () => (await status(opened)).position === 100n);
    expect(await values(opened)).toEqual(Array(10).fill(10));
    await opened.model.reach(100n);
  });

  it('happens by itself at the start when the declared version has changed', async () => {
    const { projections, log, url } = await withCounters(100);
    await projections.close();
    const second = await openProjections(log, [tenfold]);
    await rebuilt({ projections: second });
    const { rows } = await execute(url, 'SELECT DISTINCT value FROM counters');
    expect(rows).toEqual([{ value: 100 }]);
    expect(await status({ projections: second })).toMatchObject({ version: 2, previous: { version: 1 } });
  });

  it('and its undoing leave no drift to find: a table of another version is rebuilt, and not healed row by row', async () => {
    const { projections, log } = await withCounters(100);
    await projections.close();
    const second = await openProjections(log, [tenfold], { verifyEventsPerSecond: 1_000_000 });
    await rebuilt({ projections: second });
    await second.rollback('counters');
    await expect(second.verify('counters', { repair: true })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await status({ projections: second })).toMatchObject({ version: 1, drift: 0 });
  });

  it('gives the new table every index, constraint, default, comment and right of the old one', async () => {
    const { url } = await freshDatabase();
    await createCountersTable(url);
    await execute(
      url,
      `ALTER TABLE counters ADD CONSTRAINT "odd ""name" UNIQUE (name, value), ADD CHECK (version > 0), ALTER name SET DEFAULT 'x';
       CREATE INDEX "by value" ON counters (value DESC, lower(name)) WHERE value > 3;
       COMMENT ON TABLE counters IS 'All of them';
       GRANT SELECT ON counters TO pg_monitor;
       GRANT UPDATE (name) ON counters TO pg_monitor`,
    );
    const describeIt = async () =>
      (
        await execute(
          url,
          `SELECT (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid) AS indexes,
                  (SELECT array_agg(conname || pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid) AS constraints,
                  (SELECT array_agg(column_name || coalesce(column_default, '') ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'counters' AND table_schema = 'public') AS columns,
                  (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a) AS rights,
                  (SELECT array_agg(attacl::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL) AS "columnRights",
                  pg_get_userbyid(relowner) AS owner
           FROM pg_class c WHERE oid = 'public.counters'::regclass`,
        )
      ).rows[0];
    const before = await describeIt();
    const opened = await openCounters(await openLog(url));
    await opened.projections.requestRebuild('counters');
    await rebuilt(opened);
    expect((await status(opened)).previous).not.toBeNull();
    expect(await describeIt()).toEqual(before);
  });

  it('waits for a vacuum of the table without holding up readers', async () => {
    const opened = await withCounters(10);
    const vacuum = new pg.Client({ connectionString: opened.url });
    await vacuum.connect();
    await vacuum.query('BEGIN; LOCK TABLE counters IN SHARE UPDATE EXCLUSIVE MODE');
    await opened.projections.requestRebuild('counters');
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'counters'::regclass`;
    await eventually(async () => (await execute(opened.url, waiting)).rowCount);
    for (let i = 0; i < 20; i++) {
      await execute(opened.url, "SET lock_timeout = '50ms'; SELECT count(*) FROM counters");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await status(opened)).rebuilding).not.toBeNull();
    await vacuum.end();
    await rebuilt(opened);
    expect((await status(opened)).previous).not.toBeNull();
  });

  it('is refused for a table on which something hangs that would stay with the old one', async () => {
    const opened = await withCounters(1);
    await execute(opened.url, 'CREATE VIEW rich AS SELECT * FROM counters WHERE value > 100');
    await expect(opened.projections.requestRebuild('counters')).rejects.toThrow(
      /the view public.rich hangs on the table counters/,
    );
    expect((await status(opened)).rebuilding).toBeNull();
  });

  it('that is refused at the start keeps no server from starting', async () => {
    const { projections, log, url } = await withCounters(10);
    await projections.close();
    await execute(url, 'CREATE VIEW rich AS SELECT * FROM counters WHERE value > 100');
    const errors: unknown[] = [];
    const second = await openProjections(log, [tenfold], {}, (error) => errors.push(error));
    expect(String(errors[0])).toMatch(/the view public.rich hangs on the table counters/);
    expect(await status({ projections: second })).toMatchObject({ version: 1, rebuilding: null });
  });

  it('does not let a server exchange a table that it may not change', async () => {
    const { log } = await withCounters(1);
    await expect(log.database.$queryRaw`SELECT make_next_table('events')::text`).rejects.toThrow(
      /may not change the table events/,
    );
    await expect(log.database.$queryRaw`SELECT drop_spare_table('previous', 'head')::text`).rejects.toThrow(
      /may not change/,
    );
  });

  it('refuses a name that no projection has, naming those there are', async () => {
    const { projections } = await withCounters(1);
    await expect(projections.requestRebuild('nothing')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('counters'),
    });
  });
});
