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
  }
}

/** One PostgreSQL for all tests: TEST_DATABASE_URL if given, else an embedded one; and in it a migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  const embedded = given ? null : await startEmbeddedPostgres({ dataDir });
  const serverUrl = given ?? embedded?.url ?? '';
  const template = randomName('template');
  await execute(serverUrl, `CREATE DATABASE ${template}`);
  await migrate({ url: inDatabase(serverUrl, template) });
  project.provide('serverUrl', serverUrl);
  project.provide('template', template);
  return async () => {
    await execute(serverUrl, `DROP DATABASE ${template} WITH (FORCE)`);
    await embedded?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
