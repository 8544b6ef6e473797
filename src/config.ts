import { z } from 'zod';
import { trustIn } from './graphql/addresses.ts';

const count = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const milliseconds = (fallback: number) => count(1, 3_600_000, fallback);
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true');
const list = () =>
  z
    .string()
    .default('')
    .transform((items) =>
      items
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    );
const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must look like postgresql://user:password@host:5432/database',
});

function areProxies(proxies: readonly string[]): boolean {
  try {
    trustIn(proxies);
    return true;
  } catch {
    return false;
  }
}

/** Every setting, with its default. The README's table is checked against this. */
export const settings = {
  HOST: z
    .string()
    .min(1)
    .default('localhost')
    .describe('Address to listen on. 0.0.0.0 is everywhere: there is no authentication yet.'),
  PORT: count(0, 65_535, 4000).describe('Port for HTTP and WebSocket. 0 takes any free one.'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe('PostgreSQL 14 or newer. Without it, an embedded PostgreSQL 18 keeps its data in DATA_DIR.'),
  DATABASE_MIGRATION_URL: postgresUrl
    .optional()
    .describe(
      'The same database by its owner, to migrate it, when the account of DATABASE_URL may not. Default: DATABASE_URL.',
    ),
  DATABASE_READ_URL: postgresUrl
    .optional()
    .describe('A replica on which read tables are read; minPosition waits for it. Default: DATABASE_URL.'),
  DATABASE_LISTEN_URL: z
    .union([postgresUrl, z.literal('off')])
    .optional()
    .describe(
      'Direct connection for LISTEN when DATABASE_URL goes through PgBouncer; `off` only polls. Default: DATABASE_URL.',
    ),
  DATA_DIR: z.string().min(1).default('data').describe('Folder of the embedded database and of the master key.'),
  MASTER_KEY: z
    .string()
    .refine((key) => /^[A-Za-z0-9+/]{43}=$/.test(key), 'must be 32 bytes in base64: openssl rand -base64 32')
    .optional()
    .describe(
      'Key of all keyed hashes, 32 bytes in base64, the same for every server on a database. Default: made once, in DATA_DIR/master.key.',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  ALLOWED_ORIGINS: list().describe(
    'Origins, separated by commas, of web pages that may open a WebSocket or an event stream, and of a proxy in front of a server on localhost.',
  ),
  TRUSTED_PROXIES: list()
    .refine(areProxies, 'must be addresses or ranges like 10.0.0.0/8, separated by commas')
    .describe(
      'Addresses or ranges, separated by commas, of proxies whose X-Forwarded-For is believed. Without it all clients behind a proxy have one address.',
    ),
  INTROSPECTION: flag(true).describe('Whether clients may ask for the schema.'),
  QUERY_PLANS: z
    .enum(['repeated', 'always', 'never'])
    .default('repeated')
    .describe(
      'Which operations are executed by a plan that is kept, for speed: those that come again, all, or none. Answers are the same.',
    ),
  DATABASE_POOL_SIZE: count(3, 1_000, 10).describe(
    'Connections to the database, besides one for appends and one for notifications.',
  ),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds(5_000).describe('Wait for a connection; then UNAVAILABLE.'),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds(10_000).describe('Time of one statement; then UNAVAILABLE.'),
  DATABASE_LOCK_TIMEOUT_MS: milliseconds(5_000).describe(
    'Wait of one statement for a lock; then it is tried again within COMMAND_TIMEOUT_MS.',
  ),
  COMMAND_TIMEOUT_MS: milliseconds(10_000).describe('Time of a command with all repetitions; then UNAVAILABLE.'),
  COMMAND_QUEUE: count(1, 1_000_000, 10_000).describe(
    'Commands that may wait to be written; past it UNAVAILABLE at once.',
  ),
  COMMAND_QUEUE_BYTES: count(1_024, 2 ** 34, 64 * 2 ** 20).describe(
    'Bytes of the commands that may wait to be written; past it UNAVAILABLE at once.',
  ),
  COMMAND_RETENTION_DAYS: count(0, 36_500, 0).describe(
    'Days after which the record of a command is forgotten: a retry of it is a new command then. 0 keeps all for ever.',
  ),
  CONFLICT_RETRIES: count(0, 100, 10).describe(
    'How often a command is decided anew when somebody else was first and it may be; then UNAVAILABLE.',
  ),
  BATCH_UNITS: count(1, 10_000, 500).describe('Commands written together at most.'),
  BATCH_BYTES: count(1_024, 2 ** 28, 4 * 2 ** 20).describe(
    'Bytes of commands written together at most; a larger one goes alone.',
  ),
  EVENT_BYTES: count(1_024, 2 ** 26, 2 ** 16).describe("Bytes of one event's payload; past it BAD_USER_INPUT."),
  STATE_CACHE: count(1, 10_000_000, 10_000).describe(
    'States of aggregates kept in memory; others are folded from their streams.',
  ),
  SNAPSHOT_EVENTS: count(10, 1_000_000, 100).describe(
    'The state of a stream is kept whenever it passes a multiple of so many events, so that loading it folds fewer.',
  ),
  TAIL_EVENTS: count(1, 10_000_000, 10_000).describe('Recent events kept in memory; older ones are read from the log.'),
  POLL_MS: milliseconds(1_000).describe(
    'How often the log is asked for the events of other processes, beside the notifications.',
  ),
  PROJECTION_BATCH: count(1, 100_000, 1_000).describe('Events that a projection folds in one transaction.'),
  PROJECTION_WAIT_MS: milliseconds(5_000).describe('How long a query waits for minPosition; then PROJECTION_STALE.'),
  VERIFY_EVENTS_PER_SECOND: count(0, 1_000_000, 100).describe(
    'Events that each projection folds again in a second, on average, to compare rows with the log; 0 for none.',
  ),
  REQUEST_BYTES: count(1_024, 2 ** 28, 2 * 2 ** 20).describe('Bytes of one HTTP request; past it it is refused.'),
  REQUEST_TOKENS: count(10, 1_000_000, 5_000).describe(
    'Tokens of one GraphQL document, and its fields with all fragments written out; past it BAD_USER_INPUT.',
  ),
  SOCKETS: count(1, 1_000_000, 10_000).describe(
    'WebSockets and event streams that may be open at a time; past it 503, to be tried again.',
  ),
  SOCKETS_PER_ADDRESS: count(1, 1_000_000, 1_000).describe(
    'The same from one IPv4 address or one /64 of IPv6; past it 429, to be tried again.',
  ),
  SOCKETS_PER_ACTOR: count(1, 1_000_000, 100).describe(
    'The same of one actor; past it 429, or a WebSocket is closed with 1013, to be tried again.',
  ),
  SUBSCRIPTIONS_PER_SOCKET: count(1, 100_000, 100).describe(
    'Operations under way on one WebSocket; past it TOO_MANY_REQUESTS.',
  ),
  SOCKET_MESSAGE_BYTES: count(1_024, 2 ** 26, 2 ** 18).describe(
    'Bytes of one message over a WebSocket; past it the socket is closed with 1009.',
  ),
  SOCKET_MESSAGES_PER_SECOND: count(1, 1_000_000, 100).describe(
    "Messages and pings that a WebSocket may bring, on average; past five seconds' worth at once it is closed with 1008.",
  ),
  CONNECTION_INIT_WAIT_MS: milliseconds(10_000).describe(
    'Time that a WebSocket has for `connection_init` and its check; then it is closed with 4408.',
  ),
  SOCKET_BLOCKED_MS: milliseconds(30_000).describe(
    'How long a WebSocket or event stream may take nothing of what it was sent; then it is closed (1013), to connect again.',
  ),
  HEARTBEAT_MS: milliseconds(10_000).describe(
    'How often a subscription tells its cursor when only filtered-out events come by.',
  ),
  KEEP_ALIVE_MS: milliseconds(12_000).describe(
    'How often a WebSocket peer has to answer a ping; one that does not is cut off. Event streams get a comment as often.',
  ),
};

const schema = z.object(settings);

export type Config = z.infer<typeof schema>;

/** Settings that cannot be used, all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings; an empty variable counts as not set.
 * @throws {ConfigError} listing everything that is wrong; values are not repeated, they may be secret
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`These settings cannot be used:\n${problems.join('\n')}`);
}

/** The settings that bound the log. */
export const logLimits = (config: Config) => ({
  queueUnits: config.COMMAND_QUEUE,
  queueBytes: config.COMMAND_QUEUE_BYTES,
  batchUnits: config.BATCH_UNITS,
  batchBytes: config.BATCH_BYTES,
  eventBytes: config.EVENT_BYTES,
  timeoutMs: config.COMMAND_TIMEOUT_MS,
  conflictRetries: config.CONFLICT_RETRIES,
  tailEvents: config.TAIL_EVENTS,
  stateCache: config.STATE_CACHE,
  snapshotEvents: config.SNAPSHOT_EVENTS,
  pollMs: config.POLL_MS,
  retentionDays: config.COMMAND_RETENTION_DAYS,
});

/** The settings that bound the projections. */
export const projectionLimits = (config: Config) => ({
  batchEvents: config.PROJECTION_BATCH,
  waitMs: config.PROJECTION_WAIT_MS,
  pollMs: config.POLL_MS,
  verifyEventsPerSecond: config.VERIFY_EVENTS_PER_SECOND,
});

/** The settings that bound the connections that stay open. */
export const admissionLimits = (config: Config) => ({
  total: config.SOCKETS,
  perAddress: config.SOCKETS_PER_ADDRESS,
  perActor: config.SOCKETS_PER_ACTOR,
});

/** The settings that bound each WebSocket and event stream. */
export const socketLimits = (config: Config) => ({
  operations: config.SUBSCRIPTIONS_PER_SOCKET,
  messageBytes: config.SOCKET_MESSAGE_BYTES,
  messagesPerSecond: config.SOCKET_MESSAGES_PER_SECOND,
  initWaitMs: config.CONNECTION_INIT_WAIT_MS,
  keepAliveMs: config.KEEP_ALIVE_MS,
  blockedMs: config.SOCKET_BLOCKED_MS,
});
