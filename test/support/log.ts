import { onTestFinished } from 'vitest';
import type { Decider } from '../../src/eventsourcing/decider.ts';
import { rejectWith } from '../../src/eventsourcing/errors.ts';
import { defineEvents, type EventOf, event } from '../../src/eventsourcing/event.ts';
import { createDispatch } from '../../src/log/commands.ts';
import { startListener } from '../../src/log/listener.ts';
import { createReader } from '../../src/log/reader.ts';
import { createStates } from '../../src/log/states.ts';
import { createTail } from '../../src/log/tail.ts';
import type { UnitOfWork } from '../../src/log/unit.ts';
import { createWriter } from '../../src/log/writer.ts';
import { createSecrets } from '../../src/privacy/secrets.ts';
import { clientFor } from './database.ts';

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

interface Options {
  readonly queueLimit?: number;
  readonly timeoutMs?: number;
  readonly tailEvents?: number;
  readonly stateCache?: number;
  readonly listen?: boolean;
  readonly pollMs?: number;
}

/** The log as one process has it. Several on one database are several processes to each other. */
export async function openLog(url: string, options: Options = {}) {
  const database = clientFor(url);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const reader = createReader(database, counterEvents);
  const tail = createTail({ reader, head: await reader.head(), capacity: options.tailEvents ?? 1_000, onError });
  const origin = Math.random().toString(36).slice(2);
  const writer = createWriter({
    database,
    tail,
    origin,
    queueLimit: options.queueLimit ?? 10_000,
    batchUnits: 500,
    batchBytes: 2 ** 22,
    timeoutMs: options.timeoutMs ?? 60_000,
    onError,
  });
  const states = createStates({ reader, tail, capacity: options.stateCache ?? 1_000 });
  const secrets = createSecrets(Buffer.alloc(32, 7));
  const dispatch = createDispatch({
    writer,
    reader,
    states,
    secrets,
    commandLimit: 10_000,
    timeoutMs: options.timeoutMs ?? 60_000,
    conflictRetries: 20,
    eventBytes: 65_536,
  });
  const listener =
    options.listen || options.pollMs
      ? startListener({ url: options.listen ? url : null, tail, origin, pollMs: options.pollMs ?? 3_600_000, onError })
      : null;
  onTestFinished(async () => {
    await listener?.close();
    await writer.close();
    tail.close();
  });
  return { database, reader, tail, writer, dispatch, secrets, errors };
}

let units = 0;
/** A UUID that no other call gave. */
export const uuid = (): string => `0198c0de-0000-7000-8000-${(++units).toString(16).padStart(12, '0')}`;

/** A unit of work that moves a counter once. */
export function unit(streamId: string, version: number, change: Partial<UnitOfWork> = {}): UnitOfWork {
  return {
    commandId: uuid(),
    type: 'MoveCounter',
    streamId,
    requestHash: 'aa',
    ...cause,
    rejection: null,
    version: version + 1,
    dryRun: false,
    guards: [{ streamId, version }],
    events: [{ id: uuid(), streamId, version: version + 1, type: 'CounterMoved', schemaVersion: 1, data: { by: 1 } }],
    claims: [],
    ...change,
  };
}
