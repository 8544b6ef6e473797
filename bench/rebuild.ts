import type { Benchmark } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import { startContestant } from './support/contestant.ts';
import { fillLog } from './support/filled-log.ts';
import { queryOne } from './support/postgres.ts';
import { type Contestant, takeTurns } from './support/rounds.ts';
import { table, whole } from './support/table.ts';

const MILLION = 1_000_000;

interface Rebuilt {
  readonly name: string;
  readonly file: string;
  readonly operation: string;
  /** Events in its log. */
  readonly events: number;
  /** Events that one call of the operation folds. */
  readonly perCall: number;
  readonly streamsAtOnce?: number;
  /** SQL for the position that its table has reached. */
  readonly reached: string;
}

const ours = {
  ...{ file: 'rebuild', operation: 'rebuild', events: MILLION, perCall: MILLION },
  reached: `SELECT position::int FROM checkpoints WHERE name = 'users' AND slot = 'live'`,
};
// Emmett finds a page by looking at every event, as it has no index in the order in which it reads: the log is a short one.
const emmett = {
  ...{ file: 'emmett-rebuild', events: 20_000, perCall: 20_000 },
  reached: 'SELECT last_processed_checkpoint::int FROM emt_processors',
};

/** All fill the same table from such logs as they would have of these events. */
const contestants: readonly Rebuilt[] = [
  { name: 'Tidemark', ...ours },
  // Every event is of another user than the 30,000 before it: no row can be kept for the next one.
  { name: 'Tidemark, far apart', ...ours, events: 300_000, perCall: 300_000, streamsAtOnce: 30_000 },
  {
    ...{ name: 'handlers', file: 'handlers', operation: 'batch', events: 200_000, perCall: 500 },
    reached: `SELECT position::int FROM checkpoints WHERE name = 'handlers'`,
  },
  { name: 'Emmett', ...emmett, operation: 'default' },
  { name: 'Emmett, large batches', ...emmett, operation: 'large' },
];

export const rebuilds: Benchmark = {
  name: 'rebuilds',
  title: 'the read table of users with 10 events each, beside handlers with Prisma and beside Emmett',

  run: (options) =>
    options.postgres.withDatabases(contestants.length, async (urls) => {
      const started: Contestant[] = [];
      try {
        for (const [index, { name, file, operation, events, streamsAtOnce }] of contestants.entries()) {
          const url = urls[index] ?? '';
          await migrate({ url });
          await fillLog(url, events, options, streamsAtOnce);
          const worker = await startContestant(file, url, options.signal);
          started.push({ name, worker, operation, callers: 1 });
        }
        const medians = await takeTurns(started, options);
        for (const [index, contestant] of contestants.entries()) await expectFold(urls[index] ?? '', contestant);
        return report(
          medians.map(({ perSecond, rss }, index) => [perSecond * (contestants[index]?.perCall ?? 0), rss]),
        );
      } finally {
        await Promise.allSettled(started.map(({ worker }) => worker.stop()));
      }
    }),
};

/** @throws unless the read table holds what the log says up to the position reached, and nothing else */
async function expectFold(url: string, { name, reached }: Rebuilt): Promise<void> {
  const position = await queryOne<number>(url, reached);
  const wrong = await queryOne<number>(
    url,
    `WITH expected AS (
       SELECT substr(stream_id, 6)::uuid AS id, (array_agg(data ->> 'email' ORDER BY position))[1] AS email,
              (array_agg(data ->> 'displayName' ORDER BY position DESC))[1] AS name, max(version) AS version,
              min(recorded_at) AS registered, max(recorded_at) AS updated
       FROM events WHERE position <= ${position} GROUP BY stream_id
     )
     SELECT count(*)::int FROM expected e FULL JOIN users u USING (id)
     WHERE (u.email, u."emailKey", u."displayName", u."displayNameKey", u.status::text, u.version, u."registeredAt", u."updatedAt")
       IS DISTINCT FROM (e.email, lower(e.email), e.name, lower(e.name), 'ACTIVE', e.version, e.registered, e.updated)`,
  );
  if (position === 0 || wrong > 0)
    throw new Error(`${name}: ${wrong} rows are not the fold up to position ${position}`);
}

function report(rates: readonly (readonly [perSecond: number, rss: number])[]): string {
  const peers = contestants.flatMap(({ name, file }, index) => (file === ours.file ? [] : [{ name, index }]));
  const rows = contestants.map(({ name, file }, index) => {
    const [rate, rss] = rates[index] ?? [Number.NaN, Number.NaN];
    const ratios = peers.map((peer) =>
      file === ours.file ? (rate / (rates[peer.index]?.[0] ?? Number.NaN)).toFixed(1) : '',
    );
    return [name, `${whole(rate)}/s`, `${(MILLION / rate).toFixed(1)} s`, ...ratios, whole(rss)];
  });
  const heading = ['', 'events', 'a million', ...peers.map(({ name }) => `: ${name}`), 'MB'];
  return `${table(heading, rows)}\n\nAll tables held what their logs say.`;
}
