import { type Profiler, Session } from 'node:inspector/promises';
import { basename } from 'node:path';

/** A function, and its own share of the time that was not idle. */
export interface Hotspot {
  readonly name: string;
  readonly share: number;
}

const INTERVAL_US = 500;
/** Nothing at all, and the profiler. */
const NOT_ITS_OWN = ['(idle)', 'dispatch'];

/** Where the time of this process goes. */
export function cpuProfile() {
  const session = new Session();
  return {
    async start(): Promise<void> {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
      await session.post('Profiler.start');
    },

    async stop(): Promise<Hotspot[]> {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      return hotspotsOf(profile);
    },
  };
}

/** Most first. */
function hotspotsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Hotspot[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  for (const name of NOT_ITS_OWN) times.delete(name);
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([name, time]) => ({ name, share: time / all })).sort((a, b) => b.share - a.share);
}

const nameOf = ({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string =>
  url ? `${functionName || '(anonymous)'} ${basename(url)}:${lineNumber + 1}` : functionName || '(native)';
