import pg from 'pg';
import type { Queryable } from '../../src/database/client.ts';

/** Where the time of the appends of one writer went, in total. */
export interface Spent {
  readonly batches: number;
  /** From one batch's answer to the sending of the next one: nothing is under way, ms. */
  readonly between: number;
  /** From the call of Prisma to its answer, ms. */
  readonly prisma: number;
  /** The part of it from the call of `pg` to its answer, ms. */
  readonly pg: number;
}

/** What to measure at: the log's writer sends its batches through `$queryRaw`, one at a time. */
export function stopwatch() {
  const spent = { batches: 0, between: 0, prisma: 0, pg: 0 };
  let answered: number | null = null;

  const watch = (database: Queryable): Queryable => ({
    $executeRaw: database.$executeRaw.bind(database),
    $queryRaw: (async (...args: Parameters<Queryable['$queryRaw']>) => {
      const start = performance.now();
      if (answered !== null) spent.between += start - answered;
      const answer = await database.$queryRaw(...args);
      answered = performance.now();
      spent.prisma += answered - start;
      spent.batches++;
      return answer;
    }) as Queryable['$queryRaw'],
  });

  watchDriver((ms) => {
    spent.pg += ms;
  });
  return {
    watch,
    /** Leaves out the pause between two rounds. */
    pause() {
      answered = null;
    },
    spent: (): Spent => ({ ...spent }),
  };
}

type Query = (...args: unknown[]) => unknown;

/** Times the statements of the driver that append. Prisma's adapter queries a pool, which passes a callback. */
function watchDriver(took: (ms: number) => void): void {
  const client = pg.Client.prototype as unknown as { query: Query };
  const { query } = client;
  client.query = function (this: unknown, ...args) {
    const callback = args.at(-1);
    const { text } = args[0] as { text?: string };
    if (typeof callback !== 'function' || !text?.includes('append_to_log')) return query.apply(this, args);
    const start = performance.now();
    const timed = (...results: unknown[]) => {
      took(performance.now() - start);
      callback(...results);
    };
    return query.apply(this, [...args.slice(0, -1), timed]);
  };
}
