/**
 * What a failed statement means for its caller.
 * - `refused`: PostgreSQL understood it and said no; the same statement would be refused again.
 * - `unreachable`: out of reach, overloaded or interrupted; it may work later, and whether it took effect is unknown.
 * - `defect`: not an error of the database.
 */
export type Fault = 'refused' | 'unreachable' | 'defect';

/** Kinds of the driver adapter that come without an SQLSTATE because no server answered. */
const unreachableKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError']);

/** Network errors, which Node.js and `pg` raise before Prisma sees an answer. */
const unreachableMessage =
  /timeout exceeded when trying to connect|^\s*timeout expired|Query read timeout|Connection terminated|Client has encountered a connection error|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET|not queryable|socket/i;

interface DriverCause {
  readonly originalCode?: unknown;
  readonly originalMessage?: unknown;
  readonly kind?: unknown;
}

/** What the driver adapter says of an error: inside Prisma's own, or, for BEGIN and COMMIT, bare. */
function driverCause(error: unknown): DriverCause {
  const { meta, cause } = (error ?? {}) as {
    meta?: { driverAdapterError?: { cause?: DriverCause } };
    cause?: DriverCause | null;
  };
  return meta?.driverAdapterError?.cause ?? cause ?? {};
}

/** What PostgreSQL itself said, without what the layers above wrapped it in. */
export function messageOf(error: unknown): string {
  const { originalMessage } = driverCause(error);
  if (typeof originalMessage === 'string') return originalMessage;
  const message = (error instanceof Error ? error.message : String(error)).trim();
  // Prisma's errors have it on their last line, after the call that failed.
  return /\nRaw query failed\. [^\n]*Message: `([\s\S]*)`$/.exec(message)?.[1] ?? message;
}

/** The five-letter SQLSTATE of a Prisma or `pg` error, if PostgreSQL sent one. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = driverCause(error).originalCode ?? (error as { code?: unknown } | null)?.code;
  // Five letters are a system error (EPIPE), and P1001 to P6999 are Prisma's own; P0… is PL/pgSQL's.
  const isState = /^(?=.*\d)[0-9A-Z]{5}$/.test(String(code)) && !/^(E\d|P[1-9])\d{3}$/.test(String(code));
  return typeof code === 'string' && isState ? code : undefined;
}

/** Whether the values of a statement were refused (a constraint, a range, a size), and not the statement as such. */
export const refusesValues = (error: unknown): boolean => /^(22|23|54|P0)/.test(sqlStateOf(error) ?? '');

/** Sorts an error of a statement. Classes as in https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function faultOf(error: unknown): Fault {
  const state = sqlStateOf(error);
  if (state) {
    // 08 connection, 25006 read-only after a failover, 25P03 and 25P04 too long in a transaction, 28/3D not yet set up,
    // 40 rolled back, 53 out of resources, 55P03 lock timeout, 57 operator intervention (57014 statement timeout),
    // 58 system error.
    return /^(08|25006|25P03|25P04|28|3D|40|53|55P03|57|58)/.test(state) ? 'unreachable' : 'refused';
  }
  if (unreachableKinds.has(String(driverCause(error).kind))) return 'unreachable';
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (/^P10(01|02|08|17)|^P2024|^P2028/.test(code)) return 'unreachable';
  if (error instanceof TypeError || !(error instanceof Error)) return 'defect';
  return unreachableMessage.test(`${code} ${error.message}`) ? 'unreachable' : 'defect';
}
