import pg from 'pg';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { post } from '../support/clients.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { operatorFor } from '../support/projections.ts';
import { prepareForServers, removeBundle, startServerProcess } from './support/servers.ts';
import { both, expectSound, openUserLog, statusOf } from './support/users.ts';

afterAll(removeBundle);

const FIRST = 3_000;
const MEANWHILE = 10_000;

interface Seen {
  freshness: { name: string; position: string }[];
  registrations: { registered: number; active: number }[];
  users: { totalCount: number };
}

/** What one client sees; every event is a user, so each count must be a position. */
function onlyForwards() {
  const last = new Map<string, number>();
  return (what: string, value: number, atLeast = 0) => {
    expect(value, what).toBeGreaterThanOrEqual(Math.max(atLeast, last.get(what) ?? 0));
    last.set(what, value);
  };
}

it('is noticed by no reader: none sees half a table, one that goes back, or an error', async () => {
  const { url } = await freshDatabase();
  await prepareForServers(url);
  const log = await openUserLog(url);
  await log.register(FIRST);
  const server = await startServerProcess(url, { PROJECTION_WAIT_MS: '60000', LOG_LEVEL: 'warn' });
  await eventually(async () => (await statusOf(log)).lag === 0);

  let written = FIRST;
  let answers = 0;
  const stop = new AbortController();
  const until = async (read: () => Promise<void>) => {
    while (!stop.signal.aborted) {
      await read();
      answers++;
    }
  };
  const day = new Date().toISOString().slice(0, 10);
  const ask = async (minPosition: number | null): Promise<Seen> => {
    const { data, errors } = await post<Seen>(`${server.url}`, {
      query: `query ($from: Date!, $to: Date!, $minPosition: Position) {
        freshness { name position }
        registrations(from: $from, to: $to, minPosition: $minPosition) { registered active }
        users(first: 1, minPosition: $minPosition) { totalCount }
      }`,
      // Whichever side of midnight the test is on.
      variables: { from: day, to: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10), minPosition },
    });
    expect(errors).toBeUndefined();
    return data as Seen;
  };

  const client = (minPosition: () => number | null) => {
    const forwards = onlyForwards();
    return until(async () => {
      const wanted = minPosition();
      const { freshness, registrations, users } = await ask(wanted);
      const at = (name: string) => Number(freshness.find((each) => each.name === name)?.position);
      const registered = registrations.reduce((sum, each) => sum + each.registered, 0);
      expect(registrations.at(-1)?.active).toBe(registered);
      forwards('position of users', at('users'));
      forwards('position of registrations', at('registrations'));
      forwards('users', users.totalCount, Math.max(at('users'), wanted ?? 0));
      forwards('registrations', registered, Math.max(at('registrations'), wanted ?? 0));
    });
  };

  /** Straight in the database, where rows and checkpoint can be seen at one moment. */
  const sql = async () => {
    const connection = new pg.Client({ connectionString: url });
    await connection.connect();
    onTestFinished(() => connection.end());
    const forwards = onlyForwards();
    await until(async () => {
      const { rows } = await connection.query(`
        SELECT position::int, (SELECT count(*)::int FROM users) AS rows
        FROM checkpoints WHERE name = 'users' AND slot = 'live'`);
      expect(rows[0]?.rows).toBe(rows[0]?.position);
      forwards('position', rows[0]?.position);
    });
  };

  const readers = Promise.all([client(() => null), client(() => null), client(() => written), sql()]);
  readers.catch(() => stop.abort());

  let rebuilds = 0;
  const rebuilding = (async () => {
    while (!stop.signal.aborted) {
      for (const { name } of both) await operatorFor(log, both).requestRebuild(name);
      await eventually(async () => {
        const open = await Promise.all(both.map(({ name }) => statusOf(log, name)));
        return stop.signal.aborted || open.every((each) => each.rebuilding === null);
      });
      rebuilds++;
    }
  })();

  while (written < FIRST + MEANWHILE && !stop.signal.aborted) {
    await log.register(50);
    written += 50;
  }
  await eventually(() => rebuilds > 0 || stop.signal.aborted);
  stop.abort();
  await Promise.all([readers, rebuilding]);
  await eventually(async () => (await statusOf(log)).lag === 0 && (await statusOf(log)).rebuilding === null);
  expect(answers).toBeGreaterThan(50);
  await expectSound(log);
  expect(server.logged()).not.toMatch(/"level":(50|60)/);
});
