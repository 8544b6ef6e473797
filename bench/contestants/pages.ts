import pg from 'pg';
import type { Open } from '../support/contestant.ts';

const PAGE = 1_000;

const page = {
  text: `
    SELECT position, id, stream_id, version, type, schema_version, data, command_id, correlation_id, causation_id, actor,
           recorded_at
    FROM events WHERE position > $1 ORDER BY position LIMIT ${PAGE}`,
};

/** The log page by page, by plain `pg` on one connection: nothing is made of the rows. */
export const open: Open = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    operations: {
      async all() {
        let position = 0n;
        for (let found = PAGE; found === PAGE; ) {
          const { rows } = await client.query<{ position: string }>({ ...page, values: [position] });
          found = rows.length;
          const last = BigInt(rows.at(-1)?.position ?? position);
          if (last !== position + BigInt(found)) throw new Error(`${found} events after ${position} up to ${last}`);
          position = last;
        }
      },
    },
    close: () => client.end(),
  };
};
