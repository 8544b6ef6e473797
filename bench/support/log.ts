import { randomBytes } from 'node:crypto';
import type { Queryable } from '../../src/database/client.ts';
import { createSecrets, logLimits, migrate, openDatabase, readConfig, startLog, userDecider } from './built.ts';

/**
 * The log as a server has it: wired as in src/app.ts, with the default settings, but without GraphQL and projections.
 * @param watch is given the connection for appends, and gives back the one to use
 */
export async function openLog(url: string, watch = (appending: Queryable): Queryable => appending) {
  const config = readConfig({ DATABASE_URL: url });
  await migrate({ url });
  const open = (poolSize: number, statementName?: string) =>
    openDatabase({
      url,
      poolSize,
      statementName,
      connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
      onError: (error) => console.error(error),
    });
  const database = open(config.DATABASE_POOL_SIZE);
  const appending = open(1, 'append');
  const log = await startLog({
    database,
    appending: watch(appending),
    listenUrl: url,
    events: userDecider.events,
    secrets: createSecrets(randomBytes(32)),
    limits: logLimits(config),
    onError: (what, error) => console.error(what, error),
  });
  return {
    ...log,
    database,
    async close() {
      await log.close();
      await appending.$disconnect();
      await database.$disconnect();
    },
  };
}
