import { queryOne } from './postgres.ts';
import { whole } from './table.ts';

/** That a log holds so many events, without a gap. */
export const rowsInOrder = {
  events: 'SELECT count(*)::int FROM events',
  'last position': 'SELECT coalesce(max(position), 0)::int FROM events',
};

/** What to count in a Tidemark database in which every command was accepted and made one event. */
export const eventPerCommand = {
  ...rowsInOrder,
  'head position': 'SELECT position::int FROM head',
  'accepted commands': 'SELECT count(*)::int FROM commands WHERE rejection_code IS NULL',
};

/** @throws unless each query gives the number expected */
export async function expectCounts(url: string, expected: number, queries: Record<string, string>): Promise<void> {
  for (const [what, sql] of Object.entries(queries)) {
    const count = await queryOne<number>(url, sql);
    if (count !== expected) throw new Error(`${whole(expected)} were answered as written; ${what}: ${whole(count)}`);
  }
}
