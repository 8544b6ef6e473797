import { inject, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/database/client.ts';
import { execute, inDatabase, randomName } from './postgres.ts';

/** A migrated, empty database of its own for the test that runs; dropped after it. */
export async function freshDatabase(): Promise<{ url: string }> {
  const serverUrl = inject('serverUrl');
  const name = randomName('test');
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${inject('template')}`);
  onTestFinished(() => execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`).then(() => undefined));
  return { url: inDatabase(serverUrl, name) };
}

/** The same database as a server should see it: with the rights that it needs, and no others. */
export function asServer(databaseUrl: string): string {
  const { name, password } = inject('account');
  const url = new URL(databaseUrl);
  url.username = name;
  url.password = password;
  return url.href;
}

/** A client for it with the rights of a server, closed after the test. */
export function clientFor(url: string, poolSize = 5): Database {
  const database = openDatabase({
    url: asServer(url),
    poolSize,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 10_000,
    onError: () => undefined,
  });
  onTestFinished(() => database.$disconnect());
  return database;
}
