import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './checker/index.ts';
import { keep } from './evidence.ts';
import { failuresOf, summaryOf } from './report.ts';
import { run } from './run.ts';
import { tortured } from './tortured.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } });
const seconds = Number(values.seconds ?? 60);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('npm run torture -- [--seconds 60] [--seed 1]');
  process.exit(2);
}
const again = `npm run torture -- --seconds ${seconds} --seed ${seed}`;

// Once stops it in order; twice at once, and then what is left is ended by the process that watches over it.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () =>
    interrupted.signal.aborted ? process.exit(1) : interrupted.abort(new Error('interrupted')),
  );
}

/** Beyond its own time; it ends for sure, and is cleaned up after. */
const LIMIT_S = 200;
setTimeout(
  () => {
    console.error(`the run hangs\nagain     ${again}`);
    process.exit(1);
  },
  (seconds + LIMIT_S) * 1_000,
).unref();

const [folder, evidenceFolder] = [await temporary('data'), await temporary('evidence')];
const began = Date.now();
const say = (line: string) => console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

/** @returns whether all was well */
async function main(): Promise<boolean> {
  console.log(again);
  const { evidence, masterKey } = await run({
    ...{ seed, seconds, folder, say },
    logFolder: evidenceFolder,
    signal: interrupted.signal,
  });
  say('checking');
  const violations = check(evidence, tortured, masterKey);
  console.log(`\n${summaryOf(evidence)}\n`);
  if (violations.length === 0) {
    console.log('✓ every promise was kept');
    return true;
  }
  await keep(evidence, evidenceFolder);
  console.log(`${failuresOf(violations, evidence)}\n`);
  return false;
}

async function temporary(what: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `tidemark-torture-${what}-`));
}

try {
  const passed = await main();
  if (passed) await rm(evidenceFolder, { recursive: true, force: true });
  else console.log(`evidence  ${evidenceFolder}\nagain     ${again}`);
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  const wanted = interrupted.signal.aborted;
  console.error(wanted ? 'interrupted' : error);
  if (wanted) await rm(evidenceFolder, { recursive: true, force: true });
  else console.error(`logs      ${evidenceFolder}\nagain     ${again}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
