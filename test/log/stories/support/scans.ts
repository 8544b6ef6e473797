import { expect } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { type openLog, unit } from '../../../support/log.ts';
import { execute } from '../../../support/postgres.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

const TABLES = ['events', 'commands', 'claims'];

interface Scans {
  /** How often the whole table was read. */
  readonly whole: number;
  /** Entries that were read from its indexes. */
  readonly entries: number;
  readonly inserted: number;
}

async function scans(url: string): Promise<Record<string, Scans>> {
  const { rows } = await execute(
    url,
    `SELECT t.relname AS name, t.seq_scan::int AS whole, sum(i.idx_tup_read)::int AS entries, n_tup_ins::int AS inserted
     FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i USING (relid)
     WHERE t.relname = ANY ($1) GROUP BY t.relname, t.seq_scan, n_tup_ins`,
    [TABLES],
  );
  return Object.fromEntries(rows.map(({ name, ...counts }) => [name, counts]));
}

let nudges = 0;
/** A small append: a session hands its counters over at the end of a statement, once a second at most. */
export const nudge = ({ writer }: Log) => writer.append(unit(`counter-nudge${++nudges}`, 0));

/** The counters, once they hold everything that was done so far. */
async function settledScans(url: string, log: Log): Promise<Record<string, Scans>> {
  // Not by count(*), which is a scan itself. Those that were put there from elsewhere are below 0.
  const { rows } = await execute(
    url,
    'SELECT (max(position) + greatest(-min(position), 0))::int AS events FROM events',
  );
  let now: Record<string, Scans> = {};
  await eventually(async () => {
    await nudge(log);
    now = await scans(url);
    return (now.events?.inserted ?? 0) > rows[0].events;
  });
  return now;
}

/** The sessions that have appended last, of all processes. */
export async function appendingSessions(url: string): Promise<number[]> {
  const { rows } = await execute(
    url,
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%append_to_log(%'
       AND pid <> pg_backend_pid() ORDER BY pid`,
  );
  return rows.map(({ pid }) => pid);
}

/** Sees that some appends read no table of the log as a whole, nor an index beyond what their keys need. */
export async function expectLookupsOnly(url: string, log: Log, units: number, work: () => Promise<void>) {
  const sessions = await appendingSessions(url);
  // What others appended is read now, or it would be read meanwhile.
  const head = await log.tail.refresh();
  await log.tail.past(head - 1n, new AbortController().signal);
  const before = await settledScans(url, log);
  await work();
  const after = await settledScans(url, log);
  expect(await appendingSessions(url)).toEqual(expect.arrayContaining(sessions));
  for (const table of TABLES) {
    const [start, end] = [before[table] as Scans, after[table] as Scans];
    expect(end.whole - start.whole, `scans of ${table}`).toBe(0);
    expect(end.entries - start.entries, `index entries of ${table} for ${units} units`).toBeLessThan(5 * units);
  }
  // There is something to count: units were looked up at all.
  expect(after.events?.entries).toBeGreaterThan(before.events?.entries ?? 0);
}
