import { expect, it } from 'vitest';
import { post } from '../../support/clients.ts';
import { eventually } from '../../support/eventually.ts';
import { serverForTest, type TestServer } from '../../support/server.ts';

const USERS = 100_000;

/** One of a thousand is deactivated, and a second passes between two registrations. */
const fill = `
  INSERT INTO users
  SELECT ('0198c0de-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, email, lower(email), 'User ' || n, 'user ' || n,
         (CASE WHEN n % 1000 = 0 THEN 'DEACTIVATED' ELSE 'ACTIVE' END)::"UserStatus", 1, at, at
  FROM generate_series(1, ${USERS}) n
  CROSS JOIN LATERAL (SELECT 'User-' || md5(n::text) || '@example.org', '2026-01-01Z'::timestamptz + n * interval '1 second') u(email, at);
  ANALYZE users`;

const filters = {
  none: '',
  'the status that most have': 'status: ACTIVE',
  'the status that few have': 'status: DEACTIVATED',
  'a part that all addresses have': 'emailContains: "example"',
  'a part that one address has': 'emailContains: "c4ca4238a0b923820dcc509a6f75849b"',
  'a part that no address has': 'emailContains: "no such address"',
  'a part that many names have': 'displayNameContains: "User 1"',
  'a part that no name has': 'displayNameContains: "nobody"',
  'the newest': 'registeredAfter: "2026-01-02T03:46:00Z"',
  'the oldest': 'registeredBefore: "2026-01-01T00:00:10Z"',
  'a day, and the rare status':
    'registeredAfter: "2026-01-01T12:00:00Z", registeredBefore: "2026-01-01T13:00:00Z", status: DEACTIVATED',
} as const;
const orders = ['REGISTERED_AT_ASC', 'REGISTERED_AT_DESC', 'EMAIL_ASC', 'EMAIL_DESC'] as const;

/** How often the table was read as a whole, and how many of its rows were looked at by index, by servers that have ended. */
async function read(server: TestServer): Promise<{ whole: number; rows: number }> {
  // A session hands its counters over when it ends.
  await eventually(async () => {
    const [sessions] = await server.sql<{ open: number }>(
      `SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tidemark'`,
    );
    return sessions?.open === 0;
  });
  const [row] = await server.sql<{ whole: number; rows: number }>(
    `SELECT seq_scan::int AS whole, (idx_tup_fetch + seq_tup_read)::int AS rows FROM pg_stat_user_tables WHERE relname = 'users'`,
  );
  if (!row) throw new Error('no such table');
  return row;
}

it('the first page of users reads no table as a whole, and little of it, with each filter and order', async () => {
  const server = await serverForTest({ VERIFY_EVENTS_PER_SECOND: '0' });
  await server.sql(fill);
  const pages: Record<string, number> = {};
  for (const [name, filter] of Object.entries(filters)) {
    for (const orderBy of orders) {
      const query = `{ users(first: 20, orderBy: ${orderBy}, filter: { ${filter} }) { edges { node { id } } } }`;
      const { data, errors } = await post(server.url, { query });
      expect(errors).toBeUndefined();
      pages[name] = (data as { users: { edges: unknown[] } }).users.edges.length;
    }
  }
  expect(pages).toMatchObject({
    none: 20,
    'the status that few have': 20,
    'a part that one address has': 1,
    'a part that no address has': 0,
    'a part that many names have': 20,
    'a part that no name has': 0,
    'the oldest': 9,
  });
  await server.stop();
  const { whole, rows } = await read(server);
  expect(whole).toBe(0);
  const queries = Object.keys(filters).length * orders.length;
  expect(rows).toBeGreaterThan(10 * queries);
  // On average: a rare filter in an order of its own reads and sorts what it finds.
  expect(rows / queries).toBeLessThan(USERS / 40);
});
