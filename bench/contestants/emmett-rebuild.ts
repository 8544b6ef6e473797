import { sql } from '@event-driven-io/dumbo';
import type { Event, ReadEvent } from '@event-driven-io/emmett';
import {
  getPostgreSQLEventStore,
  type PostgresReadEventMetadata,
  postgreSQLRawSQLProjection,
  rebuildPostgreSQLProjections,
} from '@event-driven-io/emmett-postgresql';
import { caseless } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { execute } from '../support/postgres.ts';

type Metadata = PostgresReadEventMetadata & { readonly recordedAt: string };
type UserEvent =
  | Event<'UserRegistered', { email: string; displayName: string }, Metadata>
  | Event<'UserProfileUpdated', { displayName: string }, Metadata>;

/** Emmett's events, the same as those of Tidemark's log beside them. It tells handlers no time but what metadata hold. */
const copyLog = `
  INSERT INTO emt_streams (stream_id, stream_position, partition, stream_type, stream_metadata)
  SELECT stream_id, max(version), 'emt:default', 'user', '{}' FROM events GROUP BY stream_id;
  INSERT INTO emt_messages (stream_position, global_position, transaction_id, created, stream_id, partition,
                            message_schema_version, message_id, message_type, message_data, message_metadata)
  SELECT version, position, pg_current_xact_id(), recorded_at, stream_id, 'emt:default',
         '1', id::text, type, data, jsonb_build_object('recordedAt', recorded_at) FROM events ORDER BY position;
  VACUUM (ANALYZE) emt_streams; VACUUM (ANALYZE) emt_messages;`;

/** One statement for each event, on the columns of the read table `users`: less work than its documents. */
const users = postgreSQLRawSQLProjection<UserEvent>({
  name: 'users',
  canHandle: ['UserRegistered', 'UserProfileUpdated'],
  evolve(event) {
    const { type, data, metadata } = event as ReadEvent<UserEvent, Metadata>;
    const id = metadata.streamName.slice('user-'.length);
    const name = [data.displayName, caseless(data.displayName)];
    const mark = [metadata.streamPosition, metadata.recordedAt];
    if (type === 'UserProfileUpdated') {
      return sql(
        'UPDATE users SET ("displayName", "displayNameKey", version, "updatedAt") = (%L, %L, %s, %L) WHERE id = %L',
        ...[...name, ...mark, id],
      );
    }
    return sql(
      `INSERT INTO users (id, email, "emailKey", "displayName", "displayNameKey", status, version, "updatedAt", "registeredAt")
       VALUES (%L, %L, %L, %L, %L, 'ACTIVE', %s, %L, %L)`,
      ...[id, data.email, data.email.toLowerCase(), ...name, ...mark, metadata.recordedAt],
    );
  },
});

/** Emmett's rebuild of the same read table from the same events, in batches of its default size and of a larger one. */
export const open: Open = async (url) => {
  const store = getPostgreSQLEventStore(url);
  await store.schema.migrate();
  await store.close();
  for (const statement of copyLog.split(';').filter((each) => each.trim())) await execute(url, statement);

  const rebuild = (pulling: { batchSize?: number; pullingFrequencyInMs?: number }) => async () => {
    // Otherwise it goes on where the last one has ended.
    await execute(url, 'TRUNCATE users, emt_processors');
    const consumer = rebuildPostgreSQLProjections({ connectionString: url, projections: [users], pulling });
    await consumer.start();
    await consumer.close();
  };
  return {
    operations: { default: rebuild({}), large: rebuild({ batchSize: 1_000, pullingFrequencyInMs: 1 }) },
    close: async () => undefined,
  };
};
