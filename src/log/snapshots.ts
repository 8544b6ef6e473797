import { isDeepStrictEqual } from 'node:util';
import type { Queryable } from '../database/client.ts';
import type { AnyDecider, Versioned } from '../eventsourcing/decider.ts';
import { currentSchemaVersion, type RecordedEvent } from '../eventsourcing/event.ts';
import type { LogReader } from './reader.ts';

/** States of long streams, kept in a table so that loading one folds only what came later. Only a short cut. */
export interface Snapshots {
  /** The kept state, or else the initial one, and the events after it, at most `limit`, in one round trip. */
  load(
    decider: AnyDecider,
    streamId: string,
    limit: number,
  ): Promise<{ readonly from: Versioned<unknown>; readonly events: readonly RecordedEvent[] }>;
  /** Tells of a state that was reached from an earlier version; now and then it is worth keeping. Returns at once. */
  offer(decider: AnyDecider, streamId: string, fromVersion: number, reached: Versioned<unknown>): void;
  /** Deletes what is kept of a stream. */
  forget(streamId: string): Promise<void>;
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>;
}

export interface SnapshotsOptions {
  readonly database: Queryable;
  readonly reader: LogReader;
  /** A state is kept whenever its version passes a multiple of this. */
  readonly everyEvents: number;
  /** Called when a state cannot be kept. The stream is folded from further back then; nothing is lost. */
  onError(error: unknown): void;
}

/** Snapshots being written at once; past it they are left out, and the next multiple tries again. */
const WRITES_AT_ONCE = 4;

/** Names the shape of what a decider folds, states and events: a snapshot is of use only where it is the same. */
export const snapshotSchema = ({ stateVersion, events }: AnyDecider): string =>
  [
    `state ${stateVersion}`,
    ...Object.entries(events).map(([type, each]) => `${type} ${currentSchemaVersion(each)}`),
  ].join(', ');

export function createSnapshots({ database, reader, everyEvents, onError }: SnapshotsOptions): Snapshots {
  const writing = new Set<Promise<void>>();

  async function save(decider: AnyDecider, streamId: string, { state, version }: Versioned<unknown>): Promise<void> {
    const json = JSON.stringify(state);
    if (!isDeepStrictEqual(JSON.parse(json), state)) {
      throw new Error(`the state of ${decider.category} is not plain JSON: it cannot have a stateVersion`);
    }
    const schema = snapshotSchema(decider);
    await database.$executeRaw`
      INSERT INTO snapshots AS s (stream_id, version, schema_version, state)
      VALUES (${streamId}, ${version}, ${schema}, ${json}::jsonb)
      ON CONFLICT (stream_id) DO UPDATE
        SET version = excluded.version, schema_version = excluded.schema_version, state = excluded.state
        WHERE s.schema_version <> excluded.schema_version OR s.version < excluded.version`;
  }

  return {
    async load(decider, streamId, limit) {
      const initial = { state: decider.initialState, version: 0 };
      if (decider.stateVersion === undefined) {
        return { from: initial, events: await reader.stream(streamId, 0, limit) };
      }
      const { snapshot, events } = await reader.sinceSnapshot(streamId, snapshotSchema(decider), limit);
      return { from: snapshot ?? initial, events };
    },

    offer(decider, streamId, fromVersion, reached) {
      const passed = Math.floor(fromVersion / everyEvents) < Math.floor(reached.version / everyEvents);
      if (decider.stateVersion === undefined || !passed || writing.size >= WRITES_AT_ONCE) return;
      const write: Promise<void> = save(decider, streamId, reached)
        .catch(onError)
        .finally(() => writing.delete(write));
      writing.add(write);
    },

    async forget(streamId) {
      await database.$executeRaw`DELETE FROM snapshots WHERE stream_id = ${streamId}`;
    },

    async close() {
      await Promise.all(writing);
    },
  };
}
