import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** [file, what it imports, whether it may] */
const imports: readonly [string, string, boolean][] = [
  ['src/eventsourcing', '../log/reader.ts', false],
  ['src/eventsourcing', 'lru-cache', false],
  ['src/eventsourcing', 'node:fs/promises', false],
  ['src/eventsourcing', './event.ts', true],
  ['src/client', '../log/reader.ts', false],
  ['src/client', '../eventsourcing/event.ts', false],
  ['src/client', 'node:fs', false],
  ['src/client', 'graphql', false],
  ['src/client', 'graphql-ws', false],
  ['src/client', 'graphql-ws/client', true],
  ['src/client', './errors.ts', true],
  ['src', './client/index.ts', false],
  ['src', './app.ts', true],
  ['src/cli', '../client/index.ts', false],
  ['src/cli/log', '../../client/index.ts', false],
  ['src/cli/log', '../session.ts', true],
  ['src/eventsourcing', '../client/index.ts', false],
  ['src/database', '../client/index.ts', false],
  ['src/database', './client.ts', true],
  ['src/database/embedded', '../../client/index.ts', false],
  ['src/privacy', '../client/index.ts', false],
  ['src/log', '../client/index.ts', false],
  ['src/projections', '../client/index.ts', false],
  ['src/graphql', '../client/index.ts', false],
  ['src/modules/x', '../../client/index.ts', false],
  ['src/database', '../log/reader.ts', false],
  ['src/database', '../config.ts', false],
  ['src/database', '../cli/session.ts', false],
  ['src/database/embedded', '../../log/reader.ts', false],
  ['src/privacy', '../log/reader.ts', false],
  ['src/log', '../projections/runner.ts', false],
  ['src/log', '../graphql/scalars.ts', false],
  ['src/log', '../config.ts', false],
  ['src/log', '../cli/session.ts', false],
  ['src/log', '../eventsourcing/event.ts', true],
  ['src/log', '../privacy/secrets.ts', true],
  ['src/projections', '../graphql/scalars.ts', false],
  ['src/projections', '../modules/index.ts', false],
  ['src/projections', '../log/reader.ts', true],
  ['src/graphql', '../modules/users/index.ts', false],
  ['src/graphql', '../app.ts', false],
  ['src/graphql', '../cli/session.ts', false],
  ['src/graphql', '../projections/read-model.ts', true],
  ['src/graphql/sockets', '../../modules/users/index.ts', false],
  ['src/graphql/sockets', '../../app.ts', false],
  ['src/graphql/sockets', '../../cli/session.ts', false],
  ['src/graphql/sockets', '../context.ts', true],
  ['src/modules/x', '../users/projection.ts', false],
  ['src/modules/x', '../../app.ts', false],
  ['src/modules/x', '../../cli/session.ts', false],
  ['src/modules/x', '../../graphql/scalars.ts', true],
  ['src/modules/x', './decider.ts', true],
  ['src/modules/x/decider.ts', '../../graphql/scalars.ts', false],
  ['src/modules/x/decider.ts', './resolver.ts', false],
  ['src/modules/x/decider.ts', './events.ts', true],
  ['src/modules/x/projection.ts', 'uuid', false],
  ['src/modules/x/events.ts', '../../log/reader.ts', false],
  ['src/modules/x/events.ts', '../../eventsourcing/event.ts', true],
];

/** The linter's rules on a tree of planted files: what it finds, as `path rule`. */
let tree = '';
let found = '';

const plantedAt = (place: string, index: number): string =>
  place.endsWith('.ts') ? place.replace('/x/', `/x${index}/`) : `${place}/planted${index}.ts`;

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'tidemark-lint-'));
  await cp('biome.json', join(tree, 'biome.json'));
  await cp('lint', join(tree, 'lint'), { recursive: true });
  await writeFile(join(tree, '.gitignore'), 'nothing\n');
  const plant = async (path: string, text: string) => {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  };
  for (const [index, [place, from]] of imports.entries()) {
    await plant(plantedAt(place, index), `import { thing } from '${from}';\n\nexport const used = thing;\n`);
  }
  await plant('src/log/unsafe.ts', 'export const run = (db: Db) => db.$queryRawUnsafe(`SELECT 1`);\n');
  await plant('src/log/one.ts', `import { two } from './two.ts';\n\nexport const one = () => two;\n`);
  await plant('src/log/two.ts', `import { one } from './one.ts';\n\nexport const two = () => one;\n`);
  const { stdout, stderr } = spawnSync(
    resolve('node_modules/.bin/biome'),
    ['lint', '--max-diagnostics=none', '--colors=off', '.'],
    { cwd: tree, encoding: 'utf8' },
  );
  found = `${stdout}${stderr}`.replaceAll(/^(\S+?\.ts)(?::\S+)? (?:lint\/\w+\/)?(\w+) .*$/gm, '$1 $2');
});
afterAll(() => rm(tree, { recursive: true }));

describe('the floor plan', () => {
  for (const [index, [place, from, allowed]] of imports.entries()) {
    it(`${allowed ? 'lets' : 'does not let'} ${place} import ${from}`, () => {
      const diagnostic = `${plantedAt(place, index)} noRestrictedImports`;
      if (allowed) expect(found).not.toContain(diagnostic);
      else expect(found).toContain(diagnostic);
    });
  }

  it('was looked at in every planted file', () => expect(found).toContain(`Checked ${imports.length + 5} files`));

  it('has no circles', () => expect(found).toContain('src/log/one.ts noImportCycles'));

  it('lets nobody build SQL from strings', () => expect(found).toContain('values become parameters'));
});
