import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import { closedLoop } from './closed-loop.ts';
import { cpuProfile } from './cpu-profile.ts';
import type { Job, OpenPublisher, Told, Usage } from './publisher.ts';
import { serve } from './serve.ts';

const TELL_MS = 50;

const [name, databaseUrl = '', settings = '{}'] = process.argv.slice(2);
const { open } = (await import(new URL(`../contestants/${name}.ts`, import.meta.url).href)) as { open: OpenPublisher };
const { url, append, onCommit, callers, close } = await open(databaseUrl, JSON.parse(settings));
const profile = cpuProfile();

let commits: [number, number][] = [];
onCommit((position) => void commits.push([position, now()]));
function tell(): void {
  const progress: Told = { commits, rss: process.memoryUsage.rss() / 1e6 };
  // When the parent is gone, `disconnect` follows.
  process.send?.({ progress }, undefined, undefined, () => undefined);
  commits = [];
}
setInterval(tell, TELL_MS).unref();
// What it has done last is known even if it dies of that.
process.on('uncaughtExceptionMonitor', tell);

/** Not waiting for the answers: a server that cannot follow gets no less to do. */
async function appendAtRate(perSecond: number, seconds: number): Promise<void> {
  const start = now();
  const total = Math.round(perSecond * seconds);
  const calls: Promise<unknown>[] = [];
  while (calls.length < total) {
    const due = Math.min(total, 1 + Math.floor(((now() - start) / 1000) * perSecond));
    while (calls.length < due) calls.push(append());
    await sleep(1);
  }
  await Promise.all(calls);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { cpu: (user + system) / 1000, rss: rss / 1e6, heap: heapUsed / 1e6, buffers: arrayBuffers / 1e6 };
}

serve<Job, unknown>(async (job) => {
  switch (job.do) {
    case 'start':
      return url;
    case 'append': {
      const { perSecond, seconds } = job;
      if (perSecond !== null) await appendAtRate(perSecond, seconds);
      else await closedLoop(async () => void (await append()), callers, seconds);
      return tell();
    }
    case 'usage':
      return usage();
    case 'collect':
      return globalThis.gc?.();
    case 'profile':
      return profile.start();
    case 'hotspots':
      return profile.stop();
  }
}, close);
