import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { execute } from './postgres.ts';
import { type ServerProcess, startServer } from './server.ts';

const folder = fileURLToPath(new URL('../peers/', import.meta.url));

/** As `prisma migrate` would make it from peers/prisma/schema.prisma; registrations do without the index for pages. */
const tables = `
  CREATE TYPE "UserStatus" AS ENUM ('ACTIVE', 'DEACTIVATED');
  CREATE TABLE users (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    "displayName" TEXT,
    status "UserStatus" NOT NULL DEFAULT 'ACTIVE',
    "registeredAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(6) NOT NULL
  );
  CREATE UNIQUE INDEX users_email_key ON users (email);`;

/** Generates the client of the peer and compiles the peer, as Tidemark is generated and compiled. */
export async function buildPeer(): Promise<void> {
  await runTool('prisma', ['generate', `--schema=${join(folder, 'prisma/schema.prisma')}`]);
  await runTool('typescript', ['-p', join(folder, 'tsconfig.json')], 'tsc');
}

/** Starts Apollo Server standalone with Prisma on an empty database. */
export async function startPeer(databaseUrl: string, poolSize: number): Promise<ServerProcess> {
  await execute(databaseUrl, tables);
  const env = { DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: String(poolSize) };
  return startServer([join(folder, 'generated/dist/apollo-prisma.js')], env);
}

/** Runs the command of a package of this project. */
async function runTool(name: string, args: readonly string[], command = name): Promise<void> {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(await readFile(file, 'utf8')) as { bin: Record<string, string> };
  // Prisma fetches an engine, which generating does not need, unless this names a file.
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, ...process.env };
  await promisify(execFile)(process.execPath, [join(dirname(file), bin[command] ?? ''), ...args], { env });
}
