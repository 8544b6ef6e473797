import pg from 'pg';
import { onTestFinished } from 'vitest';
import { execute } from '../../../support/postgres.ts';

/** Somebody else's session, as `psql` would open it; closed after the test. */
export async function stranger(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'stranger' });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

/** What becomes of a statement on a server that may go away at any moment, and with it the connection: its error, if any. */
export async function attempt(url: string, sql: string): Promise<{ code?: string } | null> {
  const client = new pg.Client({ connectionString: url });
  // Or the end of a connection that nobody waits for would end the process of the test.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
    return null;
  } catch (error) {
    return error as { code?: string };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A stranger who has begun a transaction with a statement and sits on what it locked until released. */
export async function strangerHolding(url: string, sql: string) {
  const client = await stranger(url);
  await client.query('BEGIN');
  await client.query(sql);
  return {
    release: () => client.query('ROLLBACK').then(() => client.end()),
  };
}

export const theHead = 'SELECT FROM head FOR UPDATE';

/** How many sessions of a database wait for a lock. */
export async function waiting(url: string): Promise<number> {
  const { rows } = await execute(
    url,
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0].waiting;
}

/** The last position that others can see, straight from the database. */
export async function headOf(url: string): Promise<bigint> {
  return BigInt((await execute(url, 'SELECT position FROM head')).rows[0].position);
}
