import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Everything that can be checked without running the server. Each line says what is promised; all are tried.

const run = (command: string) => (): string | null => {
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' });
  return status === 0 ? null : `${stdout}${stderr}`;
};

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}
const lockFile = () => JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;

function oneGraphql(): string | null {
  const copies = Object.keys(lockFile().packages).filter((path) => /(^|\/)node_modules\/graphql$/.test(path));
  return copies.length === 1 ? null : `graphql is installed ${copies.length} times: ${copies.join(', ')}`;
}

function noRegistryHost(): string | null {
  const named = Object.entries(lockFile().packages).filter(([, { resolved }]) => resolved?.includes('://'));
  return named.length === 0 ? null : `the lock file names a registry: ${named.map(([path]) => path).join(', ')}`;
}

/** Rows that some version wrote stay readable only as long as nobody takes them out of the tests. */
function frozenRowsOnlyGrow(): string | null {
  const file = 'test/log/frozen/rows.ndjson';
  const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const now = readFileSync(file, 'utf8');
  const versions = git('log', '--format=%H', '--', file);
  if (versions.status !== 0) return null; // not a checkout: there is no history to compare with
  const changed = versions.stdout
    .split('\n')
    .filter(Boolean)
    .find((commit) => !now.startsWith(git('show', `${commit}:${file}`).stdout));
  return changed === undefined ? null : `${file} lacks or changes lines that it had in commit ${changed}`;
}

const checks: Readonly<Record<string, () => string | null>> = {
  'the Prisma client is generated': run('prisma generate'),
  'format, lint and import rules hold': run('biome check --error-on-warnings .'),
  'types hold': run('tsc --noEmit'),
  'schema.graphql is what the resolvers emit': run('tsx scripts/emit-schema.ts --check'),
  'the operations of codegen.yml are current': run('graphql-codegen --config codegen.yml --check'),
  'the README lists the settings': run('tsx scripts/settings-table.ts --check'),
  'the migrations produce the Prisma schema': run('tsx scripts/check-migrations.ts'),
  'the frozen rows only grow': frozenRowsOnlyGrow,
  'one copy of graphql is installed': oneGraphql,
  'the lock file names no registry host': noRegistryHost,
};

let failed = 0;
for (const [promise, check] of Object.entries(checks)) {
  const problem = check();
  if (problem !== null) failed++;
  console.log(`${problem === null ? '✓' : '✗'} ${promise}`);
  if (problem !== null) console.log(problem.replace(/^/gm, '    '));
}
process.exit(failed === 0 ? 0 : 1);
