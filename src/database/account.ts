import { randomBytes } from 'node:crypto';
import { Client, escapeLiteral } from 'pg';

/** The account that servers of the embedded database connect with. */
const NAME = 'tidemark_app';
const LIMIT_MS = 10_000;

/**
 * Gives the server an account of its own, with the rights of the role `tidemark_server` and no others, so that whoever
 * gets hold of its connections can neither change nor delete what was committed. Its password is new at each start: it
 * is written down nowhere.
 * @param ownerUrl of a migrated database whose owner may make roles
 */
export async function accountForServer(ownerUrl: string): Promise<string> {
  const password = randomBytes(24).toString('hex');
  const client = new Client({ connectionString: ownerUrl, connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS });
  // Or a database that goes away at this moment would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [NAME]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${NAME} LOGIN IN ROLE tidemark_server`);
    await client.query(`ALTER ROLE ${NAME} PASSWORD ${escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = NAME;
  url.password = password;
  return url.href;
}
