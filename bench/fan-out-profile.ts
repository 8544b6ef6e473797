import type { Benchmark } from './support/benchmark.ts';
import type { Hotspot } from './support/cpu-profile.ts';
import { describe, fanOutRound } from './support/fan-out-round.ts';
import { startPublisher } from './support/publisher.ts';
import { startSubscribers } from './support/subscribers.ts';
import { table, whole } from './support/table.ts';

const SUBSCRIBERS = 1_000;
/** Few events in a message, some, and as many as there may be. */
const RATES = [10, 200, null];
const SHOWN = 25;
const WARM_UP_SECONDS = 3;

export const fanOutProfile: Benchmark = {
  name: 'fan-out-profile',
  title: `where the time of the server goes with ${whole(SUBSCRIBERS)} subscribers, by function`,

  run: ({ postgres, signal, seconds }) =>
    postgres.withDatabase(async (url) => {
      const subscribers = await startSubscribers(signal);
      const publisher = await startPublisher('subscribed', url, signal);
      try {
        const parts: string[] = [];
        for (const perSecond of RATES) {
          const load = { subscribers: SUBSCRIBERS, perSecond };
          await fanOutRound(publisher, subscribers, load, WARM_UP_SECONDS);
          const round = await fanOutRound(publisher, subscribers, load, seconds, publisher.profile);
          const hotspots = await publisher.hotspots();
          parts.push(
            `${perSecond === null ? 'full rate' : `${perSecond} events/s`}: ${describe(round)}`,
            report(hotspots),
          );
        }
        return parts.join('\n\n');
      } finally {
        await subscribers.stop();
        await publisher.stop();
      }
    }),
};

const report = (hotspots: readonly Hotspot[]): string =>
  table(
    ['share', 'function'],
    hotspots.slice(0, SHOWN).map(({ name, share }) => [`${(100 * share).toFixed(1)} %`, name]),
  );
