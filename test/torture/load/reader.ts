import { setTimeout as sleep } from 'node:timers/promises';
import type { Listing } from '../history.ts';
import { type Asker, ask } from './ask.ts';
import { createAgent } from './http.ts';
import { listIn, listQuery } from './operations.ts';
import type { World } from './requests.ts';

export interface ReaderOptions extends Omit<Asker, 'agent'> {
  readonly world: World;
  record(listing: Listing): void;
}

const PAUSE_MS = 250;
const PATIENCE_MS = [1_000, 6_000] as const;

/** Reads whole tables again and again until the signal fires, half of the time with the newest position that any client knows. */
export async function readOn({ record, world, ...options }: ReaderOptions, stop: AbortSignal): Promise<void> {
  const { random } = options;
  const agent = createAgent();
  while (!stop.aborted) {
    const minPosition = random.chance(0.5) ? world.position : 0n;
    const limit = random.int(...PATIENCE_MS);
    const { said, ...asked } = await ask({ agent, ...options }, listQuery(minPosition), limit, listIn);
    const found = said instanceof Error ? { freshness: new Map(), users: undefined, count: undefined } : said;
    record({ ...asked, minPosition, ...found });
    await sleep(random.int(0, PAUSE_MS));
  }
  agent.destroy();
}
