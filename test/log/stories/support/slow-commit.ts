import { eventually } from '../../../support/eventually.ts';
import { execute } from '../../../support/postgres.ts';
import { stranger } from '../../trouble/support/strangers.ts';

/**
 * Makes every transaction that adds to one stream wait at its COMMIT, when all its statements are done, as a slow disk
 * or a synchronous standby would.
 */
export async function slowCommitsOf(url: string, streamId: string) {
  const holder = await stranger(url);
  await execute(
    url,
    `CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
     CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW WHEN (new.stream_id = '${streamId}') EXECUTE FUNCTION wait_at_commit()`,
  );
  const held = `FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return {
    hold: () => holder.query('SELECT pg_advisory_lock(4711)'),
    release: () => holder.query('SELECT pg_advisory_unlock(4711)'),
    /** Resolves when a transaction has come to its COMMIT and waits there. */
    reached: () => eventually(async () => (await execute(url, `SELECT ${held}`)).rowCount === 1),
    /** Ends the session whose transaction waits at its COMMIT. */
    fail: () => execute(url, `SELECT pg_terminate_backend(pid) ${held}`),
  };
}
