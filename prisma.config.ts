import { defineConfig } from 'prisma/config';

// `prisma generate` never runs the schema engine, yet fetches the binary from the internet unless this variable names
// an existing file. Migrations run on the WebAssembly engine (src/database/migrate.ts), so nothing needs the binary.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
});
