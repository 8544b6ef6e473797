import { createReader, createSnapshots, createStates, createTail, openDatabase, readConfig } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { counter, counterStream } from '../support/counter.ts';

/** Tidemark's states, each time with an empty cache, of the streams that snapshots.ts makes. */
export const open: Open = async (url) => {
  const config = readConfig({ DATABASE_URL: url });
  const onError = (error: unknown) => console.error(error);
  const database = openDatabase({
    url,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
    onError,
  });
  const reader = createReader(database, counter.events);
  const head = await reader.head();
  const snapshots = createSnapshots({ database, reader, everyEvents: config.SNAPSHOT_EVENTS, onError });
  const withSnapshots = { ...counter, stateVersion: 1 };

  const loadAnew = (decider: typeof counter, name: string) => async () => {
    const tail = createTail({ reader, head, capacity: 1, onError });
    const { load } = createStates({ reader, tail, snapshots, capacity: 1 });
    const { state, version } = await load(decider, counterStream(name));
    // Every event moves its counter by one.
    const { value } = state as typeof counter.initialState;
    if (version === 0 || value !== version) throw new Error(`${name}: ${value} after ${version} events`);
  };
  return {
    operations: {
      short: loadAnew(counter, 'short'),
      snapshot: loadAnew(withSnapshots, 'long'),
      folded: loadAnew(counter, 'long'),
    },
    async close() {
      await snapshots.close();
      await database.$disconnect();
    },
  };
};
