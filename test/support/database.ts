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

/** A client for it, closed after the test. */
export function clientFor(url: string): Database {
  const database = openDatabase({
    url,
    poolSize: 5,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 10_000,
    onError: () => undefined,
  });
  onTestFinished(() => database.$disconnect());
  return database;
}
