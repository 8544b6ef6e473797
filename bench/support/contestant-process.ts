import { closedLoop } from './closed-loop.ts';
import type { Counted, Job, Open, Round } from './contestant.ts';
import { serve } from './serve.ts';

const [name, databaseUrl = ''] = process.argv.slice(2);
const { open } = (await import(new URL(`../contestants/${name}.ts`, import.meta.url).href)) as { open: Open };
const { operations, close, pause, spent = (): Counted => ({}) } = await open(databaseUrl);

serve<Job, Round>(async ({ operation, callers, seconds }) => {
  const call = operations[operation];
  if (!call) throw new Error(`${name} has no operation ${operation}`);
  pause?.();
  const before = spent();
  const calls = await closedLoop(call, callers, seconds);
  const counted = Object.entries(spent()).map(([what, total]) => [what, total - (before[what] ?? 0)]);
  return { ...calls, spent: Object.fromEntries(counted) };
}, close);
