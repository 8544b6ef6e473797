import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { type Load, type LoadGenerator, startLoadGenerator } from './support/load.ts';
import { buildPeer, startPeer } from './support/peer.ts';
import { until } from './support/postgres.ts';
import type { ServerProcess } from './support/server.ts';
import { median } from './support/statistics.ts';
import { table, whole } from './support/table.ts';
import { startTidemark } from './support/tidemark.ts';
import { eventPerCommand, expectCounts } from './support/verify.ts';

const CONNECTIONS = [1, 32, 64];
const POOL_SIZE = 10;
const WARM_UP_SECONDS = 3;

const USER = 'id email displayName status registeredAt';
const request = (selection: string) =>
  JSON.stringify({
    query: `mutation Register($input: RegisterUserInput!) { registerUser(input: $input) { ${selection} } }`,
    variables: { input: { email: 'user-<unique>@example.org', displayName: 'User <unique>' } },
  });
/** In every answer: the user that this very request registered. */
const registered = '"email":"user-<unique>@example.org","displayName":"User <unique>"';

/** One of the servers side by side, with what it has answered so far. */
interface Contestant {
  readonly name: string;
  readonly server: ServerProcess;
  readonly body: string;
  readonly expect: readonly string[];
  readonly loads: Map<number, Load[]>;
  accepted: number;
  /** Waits until nothing that a round left to do is still being done: it would slow down the other's round. */
  settle(): Promise<void>;
  /** @throws unless the database holds exactly what was accepted */
  verify(accepted: number): Promise<void>;
}

export const registrations: Benchmark = {
  name: 'registrations',
  title: 'registerUser over HTTP, beside Apollo Server standalone with Prisma create',

  async run(options) {
    await buildPeer();
    return options.postgres.withDatabase((ours) =>
      options.postgres.withDatabase(async (theirs) => {
        const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
        const load = await startLoadGenerator(options.signal);
        const started: Contestant[] = [];
        try {
          started.push(await tidemark(ours, dataDir));
          started.push(await apolloWithPrisma(theirs));
          await measure(started, load, options);
          for (const contestant of started) {
            await contestant.settle();
            await contestant.verify(contestant.accepted);
          }
        } finally {
          await load.stop();
          await Promise.allSettled(started.map(({ server }) => server.stop())).then((stopped) => {
            for (const each of stopped) if (each.status === 'rejected') options.log(String(each.reason));
          });
          await rm(dataDir, { recursive: true, force: true });
        }
        return report(started);
      }),
    );
  },
};

async function tidemark(url: string, dataDir: string): Promise<Contestant> {
  const server = await startTidemark(url, dataDir, { DATABASE_POOL_SIZE: String(POOL_SIZE) });
  return {
    name: 'Tidemark',
    server,
    body: request(`__typename ... on UserCommandAccepted { user { ${USER} } commit { position } }`),
    expect: ['"__typename":"UserCommandAccepted"', registered],
    loads: new Map(),
    accepted: 0,
    settle: () => until(url, 'SELECT bool_and(c.position = h.position) FROM checkpoints c, head h'),
    verify: (accepted) =>
      expectCounts(url, accepted, {
        ...eventPerCommand,
        'addresses claimed': 'SELECT count(*)::int FROM claims',
        'rows of the read table': 'SELECT count(DISTINCT "emailKey")::int FROM users',
      }),
  };
}

async function apolloWithPrisma(url: string): Promise<Contestant> {
  return {
    name: 'Apollo + Prisma',
    server: await startPeer(url, POOL_SIZE),
    body: request(USER),
    expect: ['"registerUser":{"id":', registered],
    loads: new Map(),
    accepted: 0,
    settle: async () => undefined,
    verify: (accepted) => expectCounts(url, accepted, { rows: 'SELECT count(*)::int FROM users' }),
  };
}

/** All rounds, the servers in turn, so that noise and a filling database meet both alike. */
async function measure(contestants: readonly Contestant[], load: LoadGenerator, options: RunOptions): Promise<void> {
  const { seconds, rounds, log } = options;
  async function round(contestant: Contestant, connections: number, duration: number): Promise<Load> {
    const { server, body, expect } = contestant;
    const result = await load.run({ url: server.url, connections, seconds: duration, body, expect });
    contestant.accepted += result.answers;
    await contestant.settle();
    return result;
  }
  for (const contestant of contestants) await round(contestant, Math.max(...CONNECTIONS), WARM_UP_SECONDS);
  for (const connections of CONNECTIONS) {
    for (let number = 1; number <= rounds; number++) {
      // Who goes first changes from round to round.
      for (const contestant of number % 2 === 1 ? contestants : contestants.toReversed()) {
        const result = await round(contestant, connections, seconds);
        contestant.loads.set(connections, [...(contestant.loads.get(connections) ?? []), result]);
        log(`${connections} connections, round ${number}, ${contestant.name}: ${whole(result.perSecond)}/s`);
      }
    }
  }
}

function report(contestants: readonly Contestant[]): string {
  const rate = (loads: readonly Load[]) => median(loads.map((load) => load.perSecond));
  const cells = (loads: readonly Load[]) => [
    whole(rate(loads)),
    median(loads.map((load) => load.p50)).toFixed(1),
    median(loads.map((load) => load.p99)).toFixed(1),
  ];
  const rows = CONNECTIONS.map((connections) => {
    const [ours = [], theirs = []] = contestants.map(({ loads }) => loads.get(connections) ?? []);
    return [String(connections), (rate(ours) / rate(theirs)).toFixed(2), ...cells(ours), ...cells(theirs)];
  });
  const heading = contestants.flatMap(({ name }) => [`${name}: /s`, 'p50 ms', 'p99 ms']);
  const accepted = contestants.map(({ name, accepted }) => `${name} ${whole(accepted)}`).join(', ');
  return `${table(['connections', 'ratio', ...heading], rows)}\n\nAccepted and found in the database: ${accepted}`;
}
