import { join } from 'node:path';
import type { Logger } from 'pino';
import { admissionLimits, type Config, logLimits, projectionLimits, socketLimits } from './config.ts';
import { accountForServer } from './database/account.ts';
import { type DatabaseOptions, openDatabase } from './database/client.ts';
import { startEmbeddedPostgres } from './database/embedded.ts';
import { faultOf } from './database/errors.ts';
import { migrate } from './database/migrate.ts';
import { checkTogether } from './eventsourcing/together.ts';
import { catalogueOf } from './graphql/catalogue.ts';
import { createFeeds } from './graphql/feeds.ts';
import type { Module } from './graphql/module.ts';
import { buildSchema } from './graphql/schema.ts';
import { startServer } from './graphql/server.ts';
import { startLog } from './log/log.ts';
import { checkMasterKey, masterKeyFrom } from './privacy/master-key.ts';
import { createSecrets } from './privacy/secrets.ts';
import { startProjections } from './projections/projections.ts';

/** A statement of a rebuild may take so long, ms: an index of a very big table is one statement. */
const LONG_MS = 3_600_000;

/** A running server. */
export interface App {
  readonly url: string;
  /** Where the data lies, for people. */
  readonly dataAt: string;
  /** Stops taking requests, finishes what is under way, and stops everything that was started. */
  close(): Promise<void>;
}

/** Puts all parts together: the only place that knows every one of them. */
export async function startApp(config: Config, modules: readonly Module[], logger: Logger): Promise<App> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  /** In the reverse order of starting; one that fails does not keep the others from closing. */
  async function close(): Promise<void> {
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      await Promise.resolve()
        .then(closer)
        .catch((error) => logger.error({ err: error }, 'while closing'));
    }
  }
  const onError = (what: string, error: unknown) => {
    if (faultOf(error) === 'unreachable') logger.warn({ reason: String((error as Error).message) }, what);
    else logger.error({ err: error }, what);
  };

  try {
    const { ownerUrl, serverUrl, dataAt, stop } = config.DATABASE_URL
      ? externalDatabase(config, config.DATABASE_URL)
      : await embeddedDatabase(config.DATA_DIR, logger);
    closers.push(stop);
    await migrate({ url: ownerUrl, log: (line) => logger.info(line) });
    const url = await serverUrl();

    const connect = (poolSize: number, changes: Partial<DatabaseOptions> = {}) =>
      openDatabase({
        url,
        poolSize,
        connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
        statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
        lockTimeoutMs: config.DATABASE_LOCK_TIMEOUT_MS,
        onError: (error) => onError('database connection lost', error),
        ...changes,
      });
    const open = (...given: Parameters<typeof connect>) => {
      const opened = connect(...given);
      closers.push(() => opened.$disconnect());
      return opened;
    };
    const database = open(config.DATABASE_POOL_SIZE);
    const secrets = createSecrets(
      config.MASTER_KEY
        ? Buffer.from(config.MASTER_KEY, 'base64')
        : await masterKeyFrom(join(config.DATA_DIR, 'master.key')),
    );
    await checkMasterKey(database, secrets);

    const deciders = modules.flatMap((module) => module.deciders);
    const projections = modules.flatMap((module) => module.projections);
    checkTogether(deciders, projections);
    const log = await startLog({
      database,
      // Prepared statements do not pass every PgBouncer, whose users give a direct URL besides.
      appending: open(1, { statementName: config.DATABASE_LISTEN_URL ? undefined : 'append' }),
      listenUrl: config.DATABASE_LISTEN_URL === 'off' ? null : (config.DATABASE_LISTEN_URL ?? url),
      events: Object.assign({}, ...deciders.map((decider) => decider.events)),
      secrets,
      limits: logLimits(config),
      onError,
    });
    closers.push(() => log.close());
    const { reader, tail } = log;

    const projecting = await startProjections({
      ...{ database, reader, tail, projections, onError },
      replica: config.DATABASE_READ_URL
        ? open(config.DATABASE_POOL_SIZE, { url: config.DATABASE_READ_URL })
        : undefined,
      openForRebuild: () =>
        connect(3, { statementTimeoutMs: LONG_MS, idleInTransactionMs: config.DATABASE_STATEMENT_TIMEOUT_MS }),
      limits: projectionLimits(config),
      log: (line) => logger.info(line),
    });
    closers.push(() => projecting.close());

    const feeds = createFeeds({ tail, heartbeatMs: config.HEARTBEAT_MS });
    closers.push(() => feeds.close());

    const server = await startServer({
      schema: buildSchema(modules),
      services: {
        log: reader,
        tail,
        catalogue: catalogueOf(deciders),
        feeds,
        projections: projecting,
        readModel: projecting.readModel,
      },
      dispatch: log.dispatch,
      dispatchAll: log.dispatchAll,
      logger,
      host: config.HOST,
      port: config.PORT,
      requestBytes: config.REQUEST_BYTES,
      maxTokens: config.REQUEST_TOKENS,
      introspection: config.INTROSPECTION,
      queryPlans: config.QUERY_PLANS,
      allowedOrigins: config.ALLOWED_ORIGINS,
      trustedProxies: config.TRUSTED_PROXIES,
      admission: admissionLimits(config),
      sockets: socketLimits(config),
    });
    closers.push(() => server.close());
    return { url: server.url, dataAt, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where the database is: for migrations, by its owner's account; and for all else, once it is migrated. */
interface DatabasePlace {
  readonly ownerUrl: string;
  serverUrl(): string | Promise<string>;
  readonly dataAt: string;
  stop(): Promise<void> | void;
}

const externalDatabase = (config: Config, url: string): DatabasePlace => ({
  ownerUrl: config.DATABASE_MIGRATION_URL ?? url,
  serverUrl: () => url,
  dataAt: 'the database of DATABASE_URL',
  stop: () => undefined,
});

async function embeddedDatabase(dataDir: string, logger: Logger): Promise<DatabasePlace> {
  const embedded = await startEmbeddedPostgres({
    dataDir,
    log: (line) => logger.info(line),
    onFatal: (error) => logger.fatal({ err: error }, 'the embedded PostgreSQL does not start: look at its log'),
  });
  return {
    ownerUrl: embedded.url,
    serverUrl: () => accountForServer(embedded.url),
    dataAt: embedded.dataDir,
    stop: () => embedded.stop(),
  };
}
