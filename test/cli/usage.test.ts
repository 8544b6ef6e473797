import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { execute } from '../support/postgres.ts';
import { longLog } from './support/logs.ts';
import { installed } from './support/tidemark.ts';

const cli = installed();
const { tidemark } = cli;

describe('the command line', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['logs']],
    ['an unknown command of a group', ['log', 'tail']],
    ['an unknown option', ['log', 'show', '--frist', '3']],
    ['a position that is none', ['log', 'show', '--after', '-1']],
    ['a position out of range', ['log', 'export', '--after', '9223372036854775808']],
    ['a missing argument', ['log', 'import']],
    ['an argument too many', ['log', 'head', 'now']],
  ])('ends with 2 and help for %s', async (_, args) => {
    const { code, stdout, stderr } = await tidemark(args, {});
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: tidemark');
  });

  it('ends with 0 when help is asked for', async () => {
    for (const args of [['--help'], ['log', '--help'], ['help', 'log'], ['log', 'import', '--help']]) {
      expect(await tidemark(args, {})).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: tidemark') });
    }
  });

  it('ends with 1 and says what is wrong with the settings, the database, or its migrations', async () => {
    const empty = (await freshDatabase()).url.replace(/[^/]*$/, 'postgres');
    const behind = (await freshDatabase()).url;
    await execute(behind, `DELETE FROM _prisma_migrations WHERE migration_name LIKE '%units%'`);
    const ahead = (await freshDatabase()).url;
    await execute(
      ahead,
      `UPDATE _prisma_migrations SET migration_name = '29990101_later' WHERE migration_name LIKE '%units%'`,
    );
    for (const [DATABASE_URL, message] of [
      ['mysql://localhost/x', /^These settings cannot be used:\n {2}DATABASE_URL/],
      ['postgresql://nobody:secret@127.0.0.1:1/x', /^Cannot use database "x" at 127.0.0.1:1: .*ECONNREFUSED.*\n$/],
      [empty, /^No server has used the database of DATABASE_URL yet.*\n$/],
      [behind, /^The database lacks migrations of this version \(.*units.*\n$/],
      [ahead, /^The database has migrations that this version does not know.*\n$/],
    ] as const) {
      const { code, stderr } = await tidemark(['log', 'head'], { DATABASE_URL });
      expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(stderr).not.toContain('secret');
    }
  });
});

describe('tidemark log show', () => {
  it('filters, limits and begins where it is told', async () => {
    const DATABASE_URL = await longLog(50);
    const positions = async (...args: string[]) => {
      const { stdout } = await tidemark(['log', 'show', '--json', ...args], { DATABASE_URL });
      return stdout.split('\n').flatMap((line) => (line ? Number(JSON.parse(line).position) : []));
    };
    const stream = 'user-0198c0de-0002-7000-8000-000000000007';
    expect(await positions()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await positions('--after', '47', '--first', '5')).toEqual([48, 49, 50]);
    expect(await positions('--stream', stream)).toEqual([7]);
    expect(await positions('--category', 'ticket', '--category', 'user', '--first', '1')).toEqual([1]);
    expect(await positions('--type', 'UserDeactivated')).toEqual([]);
    expect(await positions('--actor', 'load', '--after', '49')).toEqual([50]);
  });

  it('draws a table, in which a payload cannot move the cursor', async () => {
    const DATABASE_URL = await longLog(1);
    await execute(
      DATABASE_URL,
      `ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET stream_id = E'user-\\u001b[2J\\u202e'`,
    );
    const { stdout } = await tidemark(['log', 'show'], { DATABASE_URL });
    expect(stdout).toMatch(/│ position +│ recorded at +│ stream +│ version │ type +│ data/);
    expect(stdout).toContain('user-\ufffd[2J\ufffd');
    expect(['\u001b', '\u202e'].filter((character) => stdout.includes(character))).toEqual([]);
  });

  it('ends quietly when nobody reads on', async () => {
    const DATABASE_URL = await longLog(5_000);
    const command = `"$0" "$1" log show --first 5000 --json 2>&1 >/dev/null | head -1; "$0" "$1" log show --first 5000 --json | head -1`;
    const env = { PATH: process.env.PATH, DATABASE_URL };
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, cli.program], {
      env,
      encoding: 'utf8',
    });
    expect([stdout.trim().split('\n').length, stderr]).toEqual([1, '']);
  });
});

it('npm runs it', async () => {
  const DATABASE_URL = await longLog(3);
  const cwd = cli.program.replace(/\/dist\/.*/, '');
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL };
  expect(
    execFileSync('npm', ['run', '-s', 'tidemark', '--', 'log', 'head', '--json'], { cwd, env, encoding: 'utf8' }),
  ).toContain('"position":"3"');
});
