import { setTimeout as sleep } from 'node:timers/promises';
import type { Listing, Reading } from '../history.ts';
import { type Asker, ask, reason } from './ask.ts';
import { createAgent } from './http.ts';
import { listIn, listQuery, queryFor, rowIn } from './operations.ts';
import type { World } from './requests.ts';

export interface ReaderOptions extends Omit<Asker, 'agent'> {
  readonly world: World;
  record(listing: Listing): void;
  recordReading(reading: Reading): void;
}

const PAUSE_MS = 120;
const PATIENCE_MS = [1_000, 6_000] as const;

/**
 * Reads whole tables, and single rows that may be there, again and again until the signal fires, half of the time with the
 * newest position that any client knows.
 */
export async function readOn({ record, recordReading, world, ...options }: ReaderOptions, stop: AbortSignal) {
  const { random } = options;
  const asker = { agent: createAgent(), ...options };

  async function list(minPosition: bigint, limit: number): Promise<void> {
    const { said, ...asked } = await ask(asker, listQuery(minPosition), limit, listIn);
    const none = { freshness: new Map(), users: undefined, count: undefined };
    record({ ...asked, minPosition, ...(said instanceof Error ? { ...none, missing: reason(said) } : said) });
  }

  async function look(minPosition: bigint, limit: number): Promise<void> {
    const category = random.pick(['user', 'account'] as const);
    const id = random.pick(world.ids[category]);
    const { said, ...asked } = await ask(asker, queryFor(category, id, minPosition), limit, rowIn);
    const none = { freshness: new Map(), row: undefined };
    const found = said instanceof Error ? { ...none, missing: reason(said) } : said;
    recordReading({ ...asked, category, id, minPosition, ...found });
  }

  while (!stop.aborted) {
    const minPosition = random.chance(0.5) ? world.position : 0n;
    await random.pick([list, look, look])(minPosition, random.int(...PATIENCE_MS));
    await sleep(random.int(0, PAUSE_MS));
  }
  asker.agent.destroy();
}
