import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, RunOptions } from './support/benchmark.ts';
import { migrate } from './support/built.ts';
import { fillEvents, fillRows, user } from './support/filled-users.ts';
import { type Load, type LoadGenerator, startLoadGenerator } from './support/load.ts';
import { buildPeer, startPeer } from './support/peer.ts';
import { execute, untilFolded } from './support/postgres.ts';
import type { ServerProcess } from './support/server.ts';
import { median } from './support/statistics.ts';
import { table, whole } from './support/table.ts';
import { startTidemark } from './support/tidemark.ts';
import { expectCounts } from './support/verify.ts';

const USERS = 1_000_000;
const CONNECTIONS = [1, 64];
const POOL_SIZE = 10;
const WARM_UP_SECONDS = 3;

const FIELDS = 'id email displayName status registeredAt updatedAt';
const PAGE = `{ edges { node { ${FIELDS} } cursor } pageInfo { hasNextPage endCursor } }`;
const nodeOf = ({ email, displayName }: typeof user) =>
  `"email":"${email}","displayName":"${displayName}","status":"ACTIVE","registeredAt":"2025-`;
const numbered = (number: string) => nodeOf(user).replaceAll('<number>', number);

/** What both servers are asked, and what every answer must contain. */
const questions = {
  'user(id)': () => ({
    body: JSON.stringify({ query: `query User($id: ID!) { user(id: $id) { ${FIELDS} } }`, variables: { id: user.id } }),
    expect: [`{"data":{"user":{"id":"${user.id}",${nodeOf(user)}`],
    numbers: USERS,
  }),
  'users(first: 20)': () => ({
    body: JSON.stringify({
      query: `query Users($first: Int!) { users(first: $first) ${PAGE} }`,
      variables: { first: 20 },
    }),
    expect: [numbered('1'), numbered('20'), '"hasNextPage":true'],
  }),
  'users(first: 20, after: any)': (after: string) => ({
    body: JSON.stringify({
      query: `query Users($first: Int!, $after: String) { users(first: $first, after: $after) ${PAGE} }`,
      variables: { first: 20, after },
    }),
    expect: [numbered('<next>'), '"hasNextPage":true'],
    numbers: USERS - 100,
  }),
};
type Question = keyof typeof questions;

/** What the APIs call the place after a user. */
const OUR_CURSOR = `<base64url>${JSON.stringify(['REGISTERED_AT_ASC', user.registeredAt, user.id])}</base64url>`;
const THEIR_CURSOR = `${user.registeredAt},${user.id}`;

interface Contestant {
  readonly name: string;
  readonly server: ServerProcess;
  readonly cursor: string;
  readonly loads: Map<string, Load[]>;
}

export const reads: Benchmark = {
  name: 'reads',
  title: `a user and a page of ${whole(USERS)} users over HTTP, beside Apollo Server standalone with Prisma`,

  async run(options) {
    await buildPeer();
    return options.postgres.withDatabases(2, async ([ours = '', theirs = '']) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
      const load = await startLoadGenerator(options.signal);
      const started: Contestant[] = [];
      try {
        const tidemark = await startFilledTidemark(ours, dataDir, options);
        started.push({ name: 'Tidemark', server: tidemark, cursor: OUR_CURSOR, loads: new Map() });
        const peer = await startFilledPeer(theirs, options);
        started.push({ name: 'Apollo + Prisma', server: peer, cursor: THEIR_CURSOR, loads: new Map() });
        await measure(started, load, options);
        return report(started);
      } finally {
        await load.stop();
        await Promise.allSettled(started.map(({ server }) => server.stop())).then((stopped) => {
          for (const each of stopped) if (each.status === 'rejected') options.log(String(each.reason));
        });
        await rm(dataDir, { recursive: true, force: true });
      }
    });
  },
};

/** Its read table is what it folded itself from a log of registrations. */
async function startFilledTidemark(url: string, dataDir: string, options: RunOptions): Promise<ServerProcess> {
  await migrate({ url });
  await fillEvents(url, USERS, options);
  await execute(url, 'ANALYZE events');
  const server = await startTidemark(url, dataDir, { DATABASE_POOL_SIZE: String(POOL_SIZE) });
  try {
    await untilFolded(url);
    await tidy(url);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startFilledPeer(url: string, options: RunOptions): Promise<ServerProcess> {
  const server = await startPeer(url, POOL_SIZE);
  try {
    await execute(url, 'CREATE INDEX "users_registeredAt_id_idx" ON users ("registeredAt", id)');
    await fillRows(url, USERS, options);
    await tidy(url);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Leaves the table as autovacuum would, so that it does not come in between. */
async function tidy(url: string): Promise<void> {
  await expectCounts(url, USERS, { 'rows of the table': 'SELECT count(*)::int FROM users' });
  await execute(url, 'VACUUM (ANALYZE) users');
  await execute(url, 'CHECKPOINT');
}

/** All rounds, the servers in turn, so that noise meets both alike. */
async function measure(contestants: readonly Contestant[], load: LoadGenerator, options: RunOptions): Promise<void> {
  const { seconds, rounds, log } = options;
  for (const question of Object.keys(questions) as Question[]) {
    const ask = ({ server: { url }, cursor }: Contestant, connections: number, duration: number) =>
      load.run({ url, connections, seconds: duration, ...questions[question](cursor) });
    for (const contestant of contestants) await ask(contestant, Math.max(...CONNECTIONS), WARM_UP_SECONDS);
    for (const connections of CONNECTIONS) {
      for (let round = 1; round <= rounds; round++) {
        // Who goes first changes from round to round.
        for (const contestant of round % 2 === 1 ? contestants : contestants.toReversed()) {
          const result = await ask(contestant, connections, seconds);
          const key = `${question} ${connections}`;
          contestant.loads.set(key, [...(contestant.loads.get(key) ?? []), result]);
          log(`${question}, ${connections} connections, ${contestant.name}: ${whole(result.perSecond)}/s`);
        }
      }
    }
  }
}

function report(contestants: readonly Contestant[]): string {
  const of = (loads: readonly Load[], key: 'perSecond' | 'p50' | 'p99') => median(loads.map((load) => load[key]));
  const cells = (loads: readonly Load[]) => [
    whole(of(loads, 'perSecond')),
    of(loads, 'p50').toFixed(1),
    of(loads, 'p99').toFixed(1),
  ];
  const rows = Object.keys(questions).flatMap((question) =>
    CONNECTIONS.map((connections) => {
      const [ours = [], theirs = []] = contestants.map(({ loads }) => loads.get(`${question} ${connections}`) ?? []);
      const ratio = of(ours, 'perSecond') / of(theirs, 'perSecond');
      return [question, String(connections), ratio.toFixed(2), ...cells(ours), ...cells(theirs)];
    }),
  );
  const heading = contestants.flatMap(({ name }) => [`${name}: /s`, 'p50 ms', 'p99 ms']);
  return table(['', 'connections', 'ratio', ...heading], rows);
}
