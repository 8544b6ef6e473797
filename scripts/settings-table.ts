import { readFile, writeFile } from 'node:fs/promises';
import { settings } from '../src/config.ts';

// Writes the settings into the README between two marks; with --check it writes nothing and fails on a difference.
const file = new URL('../README.md', import.meta.url);
const marks = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

const rows = Object.entries(settings).map(([name, setting]) => {
  const parsed = setting.safeParse(undefined);
  const value = parsed.success ? parsed.data : undefined;
  const shown = value === undefined || (Array.isArray(value) && value.length === 0) ? '' : `\`${value}\``;
  return `| \`${name}\` | ${shown} | ${setting.description} |`;
});
const table = ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');

const readme = await readFile(file, 'utf8');
const current = readme.replace(marks, (_, start, end) => `${start}${table}\n${end}`);
if (!process.argv.includes('--check')) await writeFile(file, current);
else if (current !== readme || !marks.test(readme)) {
  console.error('The settings table in README.md is not what src/config.ts says. Run: npm run settings');
  process.exit(1);
}
