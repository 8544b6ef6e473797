import type { Queryable } from '../database/client.ts';
import type { EventDefinitions } from '../eventsourcing/event.ts';
import type { Secrets } from '../privacy/secrets.ts';
import type { Dispatch, DispatchAll } from './commands.ts';
import { createDispatch } from './dispatch.ts';
import { newId } from './ids.ts';
import { startListener } from './listener.ts';
import { createReader, type LogReader } from './reader.ts';
import { startRetention } from './retention.ts';
import { createSnapshots } from './snapshots.ts';
import { createStates } from './states.ts';
import { createTail, type Tail } from './tail.ts';
import { createWriter, type Writer } from './writer.ts';

/** The event log as one process has it: what is read, what is written, and the ways of a command. */
export interface Log {
  readonly reader: LogReader;
  readonly tail: Tail;
  readonly writer: Writer;
  readonly dispatch: Dispatch;
  readonly dispatchAll: DispatchAll;
  /** Answers what is under way and stops. */
  close(): Promise<void>;
}

/** Every bound of the log. `logLimits` in config.ts says which setting is which, and what happens at each. */
export interface LogLimits {
  readonly queueUnits: number;
  readonly queueBytes: number;
  readonly batchUnits: number;
  readonly batchBytes: number;
  readonly eventBytes: number;
  readonly timeoutMs: number;
  readonly conflictRetries: number;
  readonly tailEvents: number;
  readonly stateCache: number;
  readonly snapshotEvents: number;
  readonly pollMs: number;
  readonly retentionDays: number;
}

export interface LogOptions {
  readonly database: Queryable;
  /** For appends alone, one connection: whatever else is going on, they need not wait for it. */
  readonly appending: Queryable;
  /** A direct connection for notifications; null only polls. */
  readonly listenUrl: string | null;
  /** Every event type that may be in the log. */
  readonly events: EventDefinitions;
  readonly secrets: Secrets;
  readonly limits: LogLimits;
  /** Called with what is in trouble and why; the log goes on by itself. */
  onError(what: string, error: unknown): void;
}

/** How often records of commands are looked for that are old enough to be forgotten, ms. */
const RETENTION_EVERY_MS = 3_600_000;

/** Names the row of `settings` that an import leaves until it has come to its end. */
export const IMPORT_MARKER = 'import';

/**
 * Starts the log on a migrated database.
 * @throws when only a part of a log was imported into it: what is appended now would take the place of the rest
 */
export async function startLog(options: LogOptions): Promise<Log> {
  const { database, appending, listenUrl, secrets, limits } = options;
  const onError = (what: string) => (error: unknown) => options.onError(what, error);
  const begun = await database.$queryRaw<unknown[]>`SELECT 1 FROM settings WHERE name = ${IMPORT_MARKER}`;
  if (begun.length > 0) throw new Error('a log is being imported into this database: let `tidemark log import` finish');
  const origin = newId();
  const reader = createReader(database, options.events);
  const tail = createTail({
    reader,
    head: await reader.head(),
    capacity: limits.tailEvents,
    onError: onError('cannot follow the log'),
  });
  const listener = startListener({
    ...{ url: listenUrl, tail, origin, pollMs: limits.pollMs },
    onError: onError('cannot listen to the log'),
  });
  const snapshots = createSnapshots({
    ...{ database, reader, everyEvents: limits.snapshotEvents },
    onError: onError('cannot keep a snapshot'),
  });
  const states = createStates({ reader, tail, snapshots, capacity: limits.stateCache });
  const writer = createWriter({ ...limits, database: appending, tail, origin, onError: onError('cannot append') });
  const retention = startRetention({
    ...{ database, days: limits.retentionDays, everyMs: RETENTION_EVERY_MS },
    onError: onError('cannot forget old commands'),
  });
  return {
    ...{ reader, tail, writer },
    ...createDispatch({ ...limits, writer, reader, states, secrets }),
    async close() {
      await writer.close();
      await retention.close();
      await listener.close();
      tail.close();
      await snapshots.close();
    },
  };
}
