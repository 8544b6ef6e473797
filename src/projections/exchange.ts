import type { Queryable } from '../database/client.ts';

/** How long readers wait at most behind an exchange of tables that itself waits for a reader, ms; then it is tried again. */
export const SWAP_WAIT_MS = 200;
/** How long they wait for a process that has the tables locked, and has stopped or cannot be reached, ms. */
const SILENCE_MS = 2_000;

/** Limits, in a transaction that exchanges tables, how long it may hold readers up. */
export async function limitExchange(transaction: Queryable): Promise<void> {
  await transaction.$queryRaw`
    SELECT set_config('lock_timeout', ${`${SWAP_WAIT_MS}ms`}, true),
           set_config('idle_in_transaction_session_timeout', ${`${SILENCE_MS}ms`}, true)`;
}
