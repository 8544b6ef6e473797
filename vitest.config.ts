import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests under one way of executing queries. */
const project = (name: string, include: string, queryPlans: string) => ({
  resolve: {
    // One copy, loaded once: its ESM and CommonJS builds are two realms to `instanceof`.
    alias: { graphql: fileURLToPath(import.meta.resolve('graphql')) },
  },
  test: {
    name,
    include: [include],
    env: { QUERY_PLANS: queryPlans },
    pool: 'forks' as const,
    // Tests wait for conditions; these are only for what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    // Once, for both projects.
    globalSetup: 'test/support/global-setup.ts',
    maxWorkers: 2,
    projects: [
      project('all', 'test/**/*.test.ts', 'always'),
      // The public contract holds whichever way queries are executed.
      project('no query plans', 'test/conformance/**/*.test.ts', 'never'),
    ],
  },
});
