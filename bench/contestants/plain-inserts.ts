import pg from 'pg';
import { migrate, newId } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { registration } from '../support/registration.ts';

const ROWS = 100;

const insert = {
  name: 'insert events',
  text: `
    INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                        causation_id, actor, recorded_at)
    SELECT $1::bigint + e.n, e.id, e.stream_id, 1, 'UserRegistered', 1, e.data, e.command_id, e.correlation_id,
           NULL, NULL, clock_timestamp()
    FROM unnest($2::uuid[], $3::text[], $4::jsonb[], $5::uuid[], $6::uuid[]) WITH ORDINALITY
         e(id, stream_id, data, command_id, correlation_id, n)`,
};

/** The same rows as Tidemark's, by plain `pg` on one connection: no guard, no command record, no head, no answer. */
export const open: Open = async (url) => {
  await migrate({ url });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let position = 0;
  return {
    operations: {
      async insert100() {
        const values = [[], [], [], [], []] as [string[], string[], string[], string[], string[]];
        for (let row = 0; row < ROWS; row++) {
          values[0].push(newId());
          values[1].push(`user-${newId()}`);
          values[2].push(JSON.stringify(registration()));
          values[3].push(newId());
          values[4].push(newId());
        }
        const { rowCount } = await client.query({ ...insert, values: [position, ...values] });
        if (rowCount !== ROWS) throw new Error(`${rowCount} rows`);
        position += ROWS;
      },
    },
    close: () => client.end(),
  };
};
