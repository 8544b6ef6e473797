import { onTestFinished } from 'vitest';
import type { Database } from '../../src/database/client.ts';
import type { Decider } from '../../src/eventsourcing/decider.ts';
import { rejectWith } from '../../src/eventsourcing/errors.ts';
import { defineEvents, type EventDefinitions, type EventOf, event } from '../../src/eventsourcing/event.ts';
import { type LogLimits, startLog } from '../../src/log/log.ts';
import type { UnitEvent, UnitOfWork } from '../../src/log/unit.ts';
import { createSecrets } from '../../src/privacy/secrets.ts';
import { asServer, clientFor } from './database.ts';

/** A small aggregate for tests: a counter with a name that only one counter may have. */
export const counterEvents = defineEvents({
  CounterNamed: event<{ name: string }>(),
  CounterMoved: event<{ by: number }>(),
});
export type CounterEvent = EventOf<typeof counterEvents>;
export type CounterCommand =
  | { type: 'NameCounter'; data: { name: string } }
  | { type: 'MoveCounter'; data: { by: number; atMost?: number } };

const rejections = { NAME_TAKEN: 'Taken.', TOO_FAR: 'Too far.' };
const reject = rejectWith(rejections);

export const counter: Decider<{ name: string | null; value: number }, CounterCommand, CounterEvent> = {
  category: 'counter',
  events: counterEvents,
  rejections,
  initialState: { name: null, value: 0 },
  claims: ({ name }) => (name === null ? [] : [{ key: `name:${name}`, taken: 'NAME_TAKEN' }]),
  decide(command, state) {
    switch (command.type) {
      case 'NameCounter':
        return state.name === command.data.name ? [] : [{ type: 'CounterNamed', data: command.data }];
      case 'MoveCounter': {
        const { by, atMost } = command.data;
        if (atMost !== undefined && state.value + by > atMost) reject('TOO_FAR');
        return by === 0 ? [] : [{ type: 'CounterMoved', data: { by } }];
      }
    }
  },
  evolve(state, { type, data }) {
    switch (type) {
      case 'CounterNamed':
        return { ...state, name: data.name };
      case 'CounterMoved':
        return { ...state, value: state.value + data.by };
    }
  },
};

export const cause = { actor: null, correlationId: '0198c0de-0000-7000-8000-000000000001', causationId: null };

const limits: LogLimits = {
  queueUnits: 10_000,
  queueBytes: 2 ** 26,
  batchUnits: 500,
  batchBytes: 2 ** 22,
  eventBytes: 65_536,
  timeoutMs: 60_000,
  conflictRetries: 20,
  tailEvents: 1_000,
  stateCache: 1_000,
  snapshotEvents: 100,
  pollMs: 3_600_000,
  retentionDays: 0,
};

interface Options extends Partial<LogLimits> {
  /** Whether it hears the notifications of other processes. */
  readonly listen?: boolean;
  readonly events?: EventDefinitions;
  /** Connections that outlive it; without them it gets some of its own. */
  readonly database?: Database;
  readonly appending?: Database;
}

/** The log as one process has it. Several on one database are several processes to each other. */
export async function openLog(url: string, options: Options = {}) {
  const { listen = false, events = counterEvents, database = clientFor(url), appending, ...changed } = options;
  const secrets = createSecrets(Buffer.alloc(32, 7));
  const errors: unknown[] = [];
  const log = await startLog({
    ...{ database, appending: appending ?? clientFor(url, 1), events, secrets },
    listenUrl: listen ? asServer(url) : null,
    limits: { ...limits, ...changed },
    onError: (_, error) => errors.push(error),
  });
  onTestFinished(() => log.close());
  return { ...log, url, database, secrets, errors };
}

let units = 0;
/** A UUID that no other call gave. */
export const uuid = (): string => `0198c0de-0000-7000-8000-${(++units).toString(16).padStart(12, '0')}`;

/** An event of a unit of work that moves a counter. */
export const moved = (streamId: string, version: number, data: unknown = { by: 1 }): UnitEvent => ({
  ...{ id: uuid(), streamId, version, type: 'CounterMoved', schemaVersion: 1 },
  ...{ json: JSON.stringify(data), data },
});

/** A unit of work that moves a counter once. */
export function unit(streamId: string, version: number, change: Partial<UnitOfWork> = {}): UnitOfWork {
  return {
    commandId: uuid(),
    type: 'MoveCounter',
    streamId,
    requestHash: 'aa',
    ...cause,
    refusal: null,
    foundVersion: version,
    version: version + 1,
    dryRun: false,
    guards: [{ streamId, version }],
    events: [moved(streamId, version + 1)],
    claims: [],
    ...change,
  };
}
