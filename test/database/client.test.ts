import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/database/client.ts';
import { faultOf } from '../../src/database/errors.ts';
import { asServer, freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { execute } from '../support/postgres.ts';

/** A link to a database whose answers can be held back, and then arrive all at once. */
async function holdingProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  let held: Buffer[] | null = null;
  const releases: (() => void)[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    client.pipe(upstream);
    upstream.on('data', (chunk) => void (held ? held.push(chunk) : client.write(chunk)));
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    releases.push(() => {
      const chunks = held ?? [];
      held = null;
      client.write(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    hold: () => {
      held = [];
    },
    release: () => {
      for (const release of releases) release();
    },
  };
}

describe('a session that ends at the very moment in which its connection changes hands', () => {
  it('fails the transaction that gets it, and does not end the process', async () => {
    const { url } = await freshDatabase();
    const proxy = await holdingProxy(asServer(url));
    const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, lockTimeoutMs: 10_000 };
    const database = openDatabase({ url: proxy.url, poolSize: 1, ...limits, onError: () => undefined });
    onTestFinished(() => database.$disconnect());
    await database.$queryRaw`SELECT 1`;
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    process.on('uncaughtException', note);
    onTestFinished(() => void process.off('uncaughtException', note));

    proxy.hold();
    const first = database.$queryRaw`SELECT 2`.then((rows) => rows);
    const session = "FROM pg_stat_activity WHERE application_name = 'tidemark' AND datname = current_database()";
    const answered = `SELECT 1 ${session} AND query = 'SELECT 2' AND state = 'idle'`;
    await eventually(async () => (await execute(url, answered)).rowCount);
    const second = database.$transaction(async (transaction) => transaction.$queryRaw`SELECT 3`);
    const failed = second.catch((error: unknown) => error);
    await execute(url, `SELECT pg_terminate_backend(pid) ${session}`);
    await eventually(async () => (await execute(url, `SELECT 1 ${session}`)).rowCount === 0);
    // The answer to the first, which hands the connection to the second, and the end of the session, in one piece.
    proxy.release();

    expect(await first).toEqual([{ '?column?': 2 }]);
    expect(faultOf(await failed)).toBe('unreachable');
    expect(uncaught).toEqual([]);
    await eventually(() => database.$queryRaw`SELECT 4`);
  });
});
