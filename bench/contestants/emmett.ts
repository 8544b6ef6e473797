import { STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { v7 } from 'uuid';
import type { Open } from '../support/contestant.ts';
import { registration } from '../support/registration.ts';

/** Emmett's event store on a pool of its driver's default size, which is that of Tidemark's pool too. */
export const open: Open = async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await store.schema.migrate();
  return {
    operations: {
      async append() {
        const event = { type: 'UserRegistered' as const, data: registration() };
        const { nextExpectedStreamVersion } = await store.appendToStream(`user-${v7()}`, [event], {
          expectedStreamVersion: STREAM_DOES_NOT_EXIST,
        });
        if (nextExpectedStreamVersion !== 1n) throw new Error(`stream version ${nextExpectedStreamVersion}`);
      },
    },
    async close() {
      await store.close();
      await pool.end();
    },
  };
};
