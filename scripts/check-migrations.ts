// Do the migrations make exactly what prisma/*.prisma describes?
//   tsx scripts/check-migrations.ts                   0 if so; otherwise prints the SQL that is missing, and 1
//   tsx scripts/check-migrations.ts --create <name>   writes that SQL as the next migration (an empty one if none is)
// Uses the server at DATABASE_URL or TEST_DATABASE_URL, without touching its databases; else one started for the check.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plainWords } from '../src/database/migration-history.ts';
import { createMigration, migrationDiff } from './migration-diff.ts';

const folder = fileURLToPath(new URL('../prisma', import.meta.url));

async function withServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const url = process.env.DATABASE_URL || process.env.TEST_DATABASE_URL;
  if (url) return work(url);
  const { startEmbeddedPostgres } = await import('../src/database/embedded.ts');
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-check-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir });
    try {
      return await work(server.url);
    } finally {
      await server.stop();
      await rm(server.dataDir, { recursive: true, force: true }); // under root, it lies elsewhere
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

try {
  const { values } = parseArgs({ options: { create: { type: 'string' } } });
  const missing = await withServer((url) => migrationDiff(url, folder));
  if (values.create !== undefined) {
    console.log(`Wrote ${relative(process.cwd(), await createMigration(folder, values.create, missing))}`);
  } else if (missing !== undefined) {
    console.log(
      `The migrations lack this; "tsx scripts/check-migrations.ts --create <name>" writes it down:\n\n${missing}`,
    );
    process.exitCode = 1;
  }
} catch (error) {
  console.error(plainWords(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
