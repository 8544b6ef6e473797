import type { Queryable } from '../database/client.ts';

/** Until an exchange of tables that a reader was in the way of is tried again, ms: other readers have waited as long for it. */
export const SWAP_WAIT_MS = 200;
/** How long they wait for a process that has the tables locked, and has stopped or cannot be reached, ms. */
const SILENCE_MS = 2_000;

/**
 * Limits, in a transaction that exchanges tables, how long it may hold readers up if this process stops in the midst of it.
 * (How long they wait while it waits itself, the functions of the exchange limit.)
 */
export async function limitExchange(transaction: Queryable): Promise<void> {
  await transaction.$queryRaw`
    SELECT set_config('idle_in_transaction_session_timeout', ${`${SILENCE_MS}ms`}, true)`;
}
