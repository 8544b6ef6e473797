import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from '../src/graphql/schema.ts';
import { modules } from '../src/modules/index.ts';

// Writes schema.graphql from the resolvers; with --check it writes nothing and fails on a difference.
const file = new URL('../schema.graphql', import.meta.url);
const emitted = `# Emitted from the resolvers by \`npm run schema\`. Do not edit.\n\n${printSchema(lexicographicSortSchema(buildSchema(modules)))}\n`;

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== emitted) {
    console.error('schema.graphql is not what the resolvers emit. Run: npm run schema');
    process.exit(1);
  }
} else {
  await writeFile(file, emitted);
}
