import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../database/support/folders.ts';
import { freshDatabase } from '../support/database.ts';
import { longLog, MASTER_KEY, truthOf } from './support/logs.ts';
import { installed } from './support/tidemark.ts';

const { tidemark } = installed();
const EVENTS = 1_500;
const LINES = 3 * EVENTS + 2;

const settingsFor = (DATABASE_URL: string) => ({ DATABASE_URL, MASTER_KEY });

let text: string | undefined;
async function exported(): Promise<string> {
  text ??= (await tidemark(['log', 'export'], settingsFor(await longLog(EVENTS)))).stdout;
  return text;
}

/** The lines with a hash that fits: as if somebody had taken care of that too. */
function sealed(lines: readonly string[]): string {
  const above = lines
    .slice(0, -1)
    .map((line) => `${line}\n`)
    .join('');
  const sha256 = createHash('sha256').update(above).digest('hex');
  return `${above}${lines.at(-1)?.replace(/"sha256":"\w+"/, `"sha256":"${sha256}"`)}\n`;
}

type Change = (lines: string[]) => void;
const replace =
  (line: number, pattern: string | RegExp, by: string): Change =>
  (lines) => {
    const before = lines[line - 1] ?? '';
    lines[line - 1] = before.replace(pattern, by);
    expect(lines[line - 1]).not.toBe(before);
  };

/** What was done to the lines, the first that is wrong then, and what is said of it. Line 2 is the first event. */
const changes: readonly [string, Change, number, RegExp][] = [
  ['an event is missing', (lines) => lines.splice(1_200, 1), 1_201, /position 1201 stands where 1200 should/],
  ['an event is there twice', (lines) => lines.splice(9, 0, lines[8] ?? ''), 10, /position 8 stands where 9 should/],
  [
    'two events changed places',
    (lines) => lines.splice(10, 2, lines[11] ?? '', lines[10] ?? ''),
    11,
    /position 11 stands/,
  ],
  ['the header is missing', (lines) => lines.splice(0, 1), 1, /header must be the first line/],
  [
    'an event stands among the commands',
    (lines) => lines.splice(2_000, 0, lines[3] ?? ''),
    2_001,
    /event may not stand after command/,
  ],
  ['a command is there twice', (lines) => lines.splice(2_000, 0, lines[1_999] ?? ''), 2_001, /does not come after/],
  [
    'two claims changed places',
    (lines) => lines.splice(4_000, 2, lines[4_001] ?? '', lines[4_000] ?? ''),
    4_002,
    /does not come after/,
  ],
  ['a command is missing', (lines) => lines.splice(2_000, 1), LINES - 1, /should be 1500 commands, not 1499/],
  ['something follows the end', (lines) => lines.push('{}'), LINES + 1, /it is none of/],
  ['a line is no JSON', replace(77, '{', '['), 77, /it is not JSON/],
  ['a field is missing', replace(77, /"correlationId":"[^"]*",/, ''), 77, /event: correlationId/],
  ['there is a field too many', replace(77, '"type"', '"extra":1,"type"'), 77, /event: .*extra/],
  ['an id is none', replace(77, '"id":"0', '"id":"x'), 77, /event: id/],
  ['a time goes back', replace(77, '"recordedAt":"2026', '"recordedAt":"2025'), 77, /does not come after/],
  [
    'a version is left out',
    replace(1_400, '"version":1', '"version":2'),
    1_400,
    /version 2 of user-\S+ stands where 1 should/,
  ],
  [
    'an id is that of another event',
    (lines) => replace(1_400, /"id":"[^"]*"/, /"id":"[^"]*"/.exec(lines[4] ?? '')?.[0] ?? '')(lines),
    1_400,
    /PostgreSQL refuses it.*[Uu]nique/,
  ],
  [
    'a day is none',
    replace(1_501, /"recordedAt":"[^T]*/, '"recordedAt":"2026-02-31'),
    1_501,
    /PostgreSQL refuses it.*out of range/,
  ],
  ['a text cannot be stored', replace(1_400, '"type":"User', '"type":"\\u0000User'), 1_400, /PostgreSQL refuses it/],
  ['a format of later', replace(1, '"format":1', '"format":2'), 1, /format is not 1/],
];

describe('a file in which', () => {
  it.each(changes)('%s is refused at that line', async (_, change, number, reason) => {
    const lines = (await exported()).trimEnd().split('\n');
    change(lines);
    const file = join(await temporaryFolder(), 'log.ndjson');
    await writeFile(file, sealed(lines));
    const { url } = await freshDatabase();
    const { code, stderr } = await tidemark(['log', 'import', file], settingsFor(url));
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect(stderr).toContain(`Line ${number}: `);
    const { events, commands, head } = await truthOf(url);
    // Nothing of its batch, and what was written before is whole.
    expect(head).toEqual([expect.stringContaining(`(1,${events.length},`)]);
    expect([0, 1_000, EVENTS]).toContain(events.length);
    expect(events.length).toBeLessThan(number);
    expect(commands).toEqual([]);
  });

  it('a payload was edited is refused before anything is written', async () => {
    const text = (await exported()).replace('u1234@example.org', 'u4321@example.org');
    const file = join(await temporaryFolder(), 'log.ndjson');
    await writeFile(file, text);
    const { url } = await freshDatabase();
    const { code, stderr } = await tidemark(['log', 'import', file], settingsFor(url));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Line 4502: the lines above are not those/)]);
    expect((await truthOf(url)).events).toEqual([]);
  });

  it.each(['file', 'pipe'])('the end was torn off is refused, from a %s', async (kind) => {
    const whole = await exported();
    const text = whole.slice(0, whole.lastIndexOf('"claims"'));
    const file = join(await temporaryFolder(), 'log.ndjson');
    await writeFile(file, text);
    const { url } = await freshDatabase();
    const result =
      kind === 'file'
        ? await tidemark(['log', 'import', file], settingsFor(url))
        : await tidemark(['log', 'import', '-'], settingsFor(url), text);
    expect([result.code, result.stderr]).toEqual([1, expect.stringMatching(/^Line 4502: it is cut off/)]);
    // A pipe cannot be read twice: what came is there, and the whole text can follow.
    expect((await truthOf(url)).events.length).toBe(kind === 'file' ? 0 : EVENTS);
    expect(await tidemark(['log', 'import', '-'], settingsFor(url), whole)).toMatchObject({ code: 0 });
  });
});
