import {
  createReader,
  firstCheckpoint,
  openDatabase,
  readConfig,
  rebuild,
  requestRebuild,
  userEvents,
  users,
} from '../support/built.ts';
import type { Open } from '../support/contestant.ts';

/** Tidemark's rebuild of the read table `users`, as a server does it beside its other work. */
export const open: Open = async (url) => {
  const config = readConfig({ DATABASE_URL: url });
  const onError = (error: unknown) => {
    throw error;
  };
  const database = openDatabase({
    url,
    poolSize: 3,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: 600_000,
    lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
    onError,
  });
  const reader = createReader(database, userEvents);
  await firstCheckpoint(database, users);
  return {
    operations: {
      /** From the request to the exchange of the tables. */
      async rebuild() {
        await requestRebuild(database, users);
        await rebuild({ database, reader, projection: users, signal: new AbortController().signal, onError });
      },
    },
    close: () => database.$disconnect(),
  };
};
