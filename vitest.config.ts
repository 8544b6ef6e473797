import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // One copy, loaded once: its ESM and CommonJS builds are two realms to `instanceof`.
    alias: { graphql: fileURLToPath(import.meta.resolve('graphql')) },
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    // Tests wait for conditions; these are only for what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
