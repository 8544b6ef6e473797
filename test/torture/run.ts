import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { torment } from './faults.ts';
import {
  type Evidence,
  type Fault,
  type Incident,
  type Invocation,
  type Listing,
  now,
  type Operation,
  type Reading,
} from './history.ts';
import { createClient } from './load/client.ts';
import { type OperatorOptions, operate } from './load/operator.ts';
import { readOn } from './load/reader.ts';
import { createWorld } from './load/requests.ts';
import { startSubscriber } from './load/subscriber.ts';
import { createRandom } from './random.ts';
import { PEACE_MS, settled } from './settle.ts';
import { readStored } from './stored.ts';
import { deadlocksIn, defectsIn } from './system/logs.ts';
import { startSystem } from './system/system.ts';
import { tortured } from './tortured.ts';

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Empty; the database goes here, and is gone in the end. */
  readonly folder: string;
  /** Logs are left here. */
  readonly logFolder: string;
  readonly signal: AbortSignal;
  say(line: string): void;
}

const [SERVERS, CLIENTS, READERS] = [3, 24, 3];

/** What subscribers ask for. Two of them get everything. */
const filters = [
  {},
  {},
  { categories: ['account'] },
  { types: ['UserEmailChanged', 'FundsWithdrawn'] },
  { categories: ['user'], types: ['UserRegistered', 'UserDeactivated', 'AccountOpened'] },
];

/** Lets clients work on servers that are tortured, then heals everything, and gathers what is left. */
export async function run(options: RunOptions): Promise<{ evidence: Evidence; masterKey: Uint8Array }> {
  const { seed, seconds, logFolder, signal, say } = options;
  const random = createRandom(seed);
  const [invocations, faults, incidents]: [Invocation[], Fault[], Incident[]] = [[], [], []];
  const [readings, listings, operations]: [Reading[], Listing[], Operation[]] = [[], [], []];
  const onIncident = (what: string) => incidents.push({ at: now(), what });

  const system = await startSystem({ ...options, servers: SERVERS, random: random.fork(), onIncident });
  const { servers, postgres, masterKey } = system;
  const world = createWorld(random.fork());
  const clients = Array.from({ length: CLIENTS }, (_, i) =>
    createClient({
      ...{ name: `client-${i + 1}`, random: random.fork(), world, targets: servers },
      record: (invocation) => invocations.push(invocation),
      recordReading: (reading) => readings.push(reading),
    }),
  );
  const watching = [...filters, { streamIds: world.ids.account.slice(0, 2).map((id) => `account-${id}`) }];
  const subscribers = watching.map((filter, i) =>
    startSubscriber({ name: `subscriber-${i + 1}`, filter, random: random.fork(), targets: servers }),
  );
  const readers = Array.from({ length: READERS }, () => ({
    ...{ random: random.fork(), world, targets: servers },
    record: (listing: Listing) => listings.push(listing),
  }));
  const operator: OperatorOptions = {
    ...{ random: random.fork(), targets: servers, pauseMs: [100, 1_000] },
    projections: tortured.flatMap(({ projections }) => projections).map(({ name }) => name),
    record: (operation) => operations.push(operation),
  };
  try {
    say(`${SERVERS} servers, ${CLIENTS} clients and ${subscribers.length} subscribers at work for ${seconds} s`);
    // Not by AbortSignal.any and timeout: Node.js may collect what nobody but a timer holds, and it never fires.
    const over = new AbortController();
    const end = setTimeout(() => over.abort(), seconds * 1_000);
    signal.addEventListener('abort', () => over.abort());
    const record = (fault: Fault) => faults.push(fault);
    await Promise.all([
      torment({ ...system, subscribers, projections: operator.projections }, random.fork(), record, over.signal),
      ...clients.map((client) => client.play(over.signal)),
      ...readers.map((reader) => readOn(reader, over.signal)),
      operate(operator, over.signal),
    ]).finally(() => clearTimeout(end));
    signal.throwIfAborted();

    say('faults are over: settling what is unknown');
    const late = await settled({ url: postgres.url, clients, subscribers, invocations });
    for (const what of late) onIncident(`${what}, ${PEACE_MS / 1_000} s after the last fault`);
    signal.throwIfAborted();
    for (const name of await system.stop()) onIncident(`${name} did not stop when asked to`);
    for (const { name, logFile } of servers) {
      for (const { at, what } of await defectsIn(logFile)) incidents.push({ at, what: `${name} ${what}` });
    }
    const deadlocks = await deadlocksIn(postgres.logFile);
    if (deadlocks > 0) onIncident(`PostgreSQL met ${deadlocks} deadlocks`);
    for (const subscriber of subscribers) await subscriber.close();
    const stored = await readStored(postgres.url, tortured);
    const feeds = subscribers.map(({ feed }) => feed);
    return {
      evidence: { ...stored, invocations, readings, listings, operations, feeds, faults, incidents },
      masterKey,
    };
  } finally {
    for (const client of clients) client.close();
    await Promise.all(subscribers.map((subscriber) => subscriber.close()));
    await copyFile(postgres.logFile, join(logFolder, 'postgres.log')).catch(() => undefined);
    await system.remove();
  }
}
