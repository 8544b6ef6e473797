import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { execute, inDatabase, randomName } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server in which tests may do as they please. */
    serverUrl: string;
    /** A migrated database to clone. */
    template: string;
    /** The account of the servers and logs under test, with the rights of `tidemark_server` and no others. */
    account: { name: string; password: string };
  }
}

/** One PostgreSQL for all tests: TEST_DATABASE_URL if given, else an embedded one; and in it a migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const { serverUrl, stop } = given ? { serverUrl: given, stop: async () => undefined } : await startEmbedded();
  const template = randomName('template');
  const account = { name: randomName('server'), password: randomName('secret') };
  async function drop() {
    await execute(serverUrl, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await execute(serverUrl, `DROP ROLE IF EXISTS ${account.name}`);
  }
  try {
    await execute(serverUrl, `CREATE DATABASE ${template}`);
    await migrate({ url: inDatabase(serverUrl, template) });
    await execute(
      serverUrl,
      `CREATE ROLE ${account.name} LOGIN PASSWORD '${account.password}' IN ROLE tidemark_server`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('serverUrl', serverUrl);
  project.provide('template', template);
  project.provide('account', account);
  return async () => {
    await drop();
    await stop();
  };
}

async function startEmbedded() {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  const embedded = await startEmbeddedPostgres({ dataDir: folder });
  return {
    serverUrl: embedded.url,
    async stop() {
      await embedded.stop();
      // Under root the data may lie elsewhere, where the account of PostgreSQL can reach them.
      for (const path of [folder, embedded.dataDir]) await rm(path, { recursive: true, force: true });
    },
  };
}
