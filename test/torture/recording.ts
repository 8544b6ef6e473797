import pino from 'pino';
import { inject } from 'vitest';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { execute, inDatabase, randomName } from '../support/postgres.ts';
import type { Evidence, Invocation, Listing, Operation, Reading, Stored } from './history.ts';
import { accountsTable } from './ledger/projection.ts';
import { createClient } from './load/client.ts';
import { type OperatorOptions, operate } from './load/operator.ts';
import { readOn } from './load/reader.ts';
import { createWorld } from './load/requests.ts';
import { startSubscriber } from './load/subscriber.ts';
import { createRandom } from './random.ts';
import { settled } from './settle.ts';
import { readStored } from './stored.ts';
import { auditSql } from './system/audit.ts';
import { asOwner } from './system/system.ts';
import { tortured } from './tortured.ts';

/** A run without faults, to plant some in what it has left. */
export interface Recording {
  readonly evidence: Evidence;
  readonly masterKey: Uint8Array;
  /** The evidence as it would be if somebody had meddled with the database past all triggers. */
  meddled(sql: string): Promise<Evidence>;
  remove(): Promise<void>;
}

const CLIENTS = 6;
const INVOCATIONS = 600;

/** Two servers in this process, clients and a subscriber, and a database of their own. */
export async function record(seed: number): Promise<Recording> {
  const serverUrl = inject('serverUrl');
  const random = createRandom(seed);
  const masterKey = Buffer.alloc(32, 7);
  const name = randomName('recording');
  const url = inDatabase(serverUrl, name);
  const clone = (from: string, to: string) => execute(serverUrl, `CREATE DATABASE ${to} TEMPLATE ${from}`);
  const drop = (database: string) => execute(serverUrl, `DROP DATABASE ${database} WITH (FORCE)`);
  await clone(inject('template'), name);
  await execute(url, `${accountsTable}; ${auditSql}`);

  const config = readConfig({
    ...{ HOST: '127.0.0.1', PORT: '0', DATABASE_URL: url, MASTER_KEY: masterKey.toString('base64') },
    ...{ HEARTBEAT_MS: '100', STATE_CACHE: '10', TAIL_EVENTS: '50' },
  });
  const servers = await Promise.all([1, 2].map(() => startApp(config, tortured, pino({ level: 'silent' }))));
  const targets = servers.map((server, i) => ({ name: `server-${i + 1}`, url: server.url }));
  const [invocations, readings]: [Invocation[], Reading[]] = [[], []];
  const [listings, operations]: [Listing[], Operation[]] = [[], []];
  const enough = new AbortController();
  const done = (kind: Operation['kind']) =>
    operations.some((each) => each.kind === kind && each.answer.kind === 'done');
  const isEnough = () => {
    if (invocations.length >= INVOCATIONS && done('rebuild') && done('rollback') && done('verify')) enough.abort();
  };
  const world = createWorld(random);
  const clients = Array.from({ length: CLIENTS }, (_, i) =>
    createClient({
      ...{ name: `client-${i + 1}`, random: random.fork(), world, targets },
      recordReading: (reading) => readings.push(reading),
      record(invocation) {
        invocations.push(invocation);
        isEnough();
      },
    }),
  );
  const subscriber = startSubscriber({ name: 'subscriber-1', filter: { categories: ['account'] }, random, targets });
  const all = tortured.flatMap(({ projections }) => projections);
  const operator: OperatorOptions = {
    ...{ random: random.fork(), targets, projections: all.map(({ name }) => name), pauseMs: [0, 100] },
    record(operation) {
      operations.push(operation);
      isEnough();
    },
  };
  await Promise.all([
    ...clients.map((client) => client.play(enough.signal)),
    readOn({ random: random.fork(), targets, world, record: (listing) => listings.push(listing) }, enough.signal),
    operate(operator, enough.signal),
  ]);
  await settled({ url, clients, subscribers: [subscriber], invocations });
  await subscriber.close();
  for (const client of clients) client.close();
  for (const server of servers) await server.close();

  const { feed } = subscriber;
  const withStored = (stored: Stored) => ({
    ...stored,
    invocations,
    readings,
    listings,
    operations,
    feeds: [feed],
    faults: [],
    incidents: [],
  });
  return {
    evidence: withStored(await readStored(url, tortured)),
    masterKey,
    async meddled(sql) {
      const copy = randomName('meddled');
      await clone(name, copy);
      try {
        await asOwner(inDatabase(serverUrl, copy), (owner) =>
          owner.query(`SET session_replication_role = replica; ${sql}`),
        );
        return withStored(await readStored(inDatabase(serverUrl, copy), tortured));
      } finally {
        await drop(copy);
      }
    },
    remove: () => drop(name).then(() => undefined),
  };
}
