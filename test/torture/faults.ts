import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, now } from './history.ts';
import { post } from './load/http.ts';
import { operationFor } from './load/operations.ts';
import type { Subscriber } from './load/subscriber.ts';
import type { Random } from './random.ts';
import type { Server } from './system/servers.ts';
import { asOwner, type System } from './system/system.ts';

/** What can be tortured. */
export interface Victims extends Pick<System, 'postgres' | 'servers'> {
  readonly subscribers: readonly Subscriber[];
  /** Their names. */
  readonly projections: readonly string[];
}

/** A fault about to happen: whom it strikes, and what it does until it is over. */
interface Strike {
  readonly on: readonly string[];
  happen(): Promise<unknown>;
}

type Fate = (victims: Victims, random: Random) => Strike;

const onServer =
  (happen: (server: Server, random: Random) => Promise<unknown>): Fate =>
  ({ servers }, random) => {
    const server = random.pick(servers);
    return { on: [server.name], happen: () => happen(server, random) };
  };

const onPostgres =
  (signal: 'SIGKILL' | 'SIGQUIT' | 'SIGINT'): Fate =>
  ({ postgres }) => ({ on: ['postgres'], happen: () => postgres.restart(signal) });

/** The server that is asked is the first to begin; it does not live to answer. */
const rebuildAt = (url: string, name: string) =>
  post(new Agent(), url, operationFor('rebuild', name), REBUILD_MS).catch(() => undefined);
const REBUILD_MS = 5_000;

/** Every fault, and how often it happens compared with the others. */
const fates: Readonly<Record<string, { weight: number; fate: Fate }>> = {
  'server killed': { weight: 2, fate: onServer((server) => server.kill()) },
  'server killed in a rebuild': {
    weight: 2,
    fate: ({ servers, projections }, random) => {
      const server = random.pick(servers);
      return {
        on: [server.name],
        async happen() {
          if (server.url !== null) void rebuildAt(server.url, random.pick(projections));
          await sleep(random.int(0, 600));
          await server.kill();
        },
      };
    },
  },
  'server frozen': { weight: 2, fate: onServer((server, random) => server.freeze(random.int(500, 4_000))) },
  'links cut': { weight: 3, fate: onServer(async ({ proxy }) => proxy.cut()) },
  'links held': {
    weight: 2,
    fate: onServer(async ({ proxy }, random) => {
      proxy.hold();
      await sleep(random.int(500, 5_000));
      proxy.recover();
    }),
  },
  'links half-open': {
    weight: 2,
    fate: onServer(async ({ proxy }, random) => {
      proxy.lose();
      await sleep(random.int(500, 5_000));
      if (random.chance(0.5)) proxy.cut();
      proxy.recover();
    }),
  },
  'postmaster killed': { weight: 1, fate: onPostgres('SIGKILL') },
  'PostgreSQL stopped at once': { weight: 1, fate: onPostgres('SIGQUIT') },
  'PostgreSQL restarted': { weight: 1, fate: onPostgres('SIGINT') },
  'backend terminated': {
    weight: 4,
    fate: ({ postgres }, random) => ({
      on: ['backend'],
      happen: () =>
        asOwner(postgres.url, (owner) =>
          owner.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tidemark%'
             ORDER BY (state = 'active') DESC, pid OFFSET $1 LIMIT 1`,
            [random.int(0, 5)],
          ),
        ),
    }),
  },
  'head locked by a stranger': {
    weight: 2,
    fate: ({ postgres }, random) => ({
      on: ['head'],
      happen: () =>
        asOwner(postgres.url, async (owner) => {
          await owner.query('BEGIN');
          await owner.query('SELECT FROM head FOR UPDATE');
          await sleep(random.int(500, 2_500));
        }),
    }),
  },
  'subscriber stalled': {
    weight: 2,
    fate: ({ subscribers }, random) => {
      const subscriber = random.pick(subscribers);
      return { on: [subscriber.feed.subscriber], happen: () => subscriber.stall(random.int(1_000, 6_000)) };
    },
  },
};

const weights = Object.fromEntries(Object.entries(fates).map(([kind, { weight }]) => [kind, weight]));
const PAUSE_MS = [400, 1_400] as const;

/**
 * Lets a fault happen about every second, until the signal fires. They overlap, but no two on one victim. Resolves once
 * all are over.
 */
export async function torment(
  victims: Victims,
  random: Random,
  record: (fault: Fault) => void,
  stop: AbortSignal,
): Promise<void> {
  const busy = new Set<string>();
  const under = new Set<Promise<void>>();
  let failure: unknown;

  async function strike(kind: string, { on, happen }: Strike): Promise<void> {
    for (const victim of on) busy.add(victim);
    const from = now();
    await happen().catch((error) => {
      // A stranger's connection ends with the database. But without a database there is nothing left to torture.
      if (on.includes('postgres')) failure ??= error;
    });
    record({ kind, on, from, until: now() });
    for (const victim of on) busy.delete(victim);
  }

  while (!stop.aborted && failure === undefined) {
    await sleep(random.int(...PAUSE_MS), undefined, { signal: stop }).catch(() => undefined);
    const kind = random.weighted(weights);
    const next = fates[kind]?.fate(victims, random);
    if (stop.aborted || !next || next.on.some((victim) => busy.has(victim))) continue;
    const happening = strike(kind, next).finally(() => under.delete(happening));
    under.add(happening);
  }
  await Promise.all(under);
  if (failure !== undefined) throw failure;
}
