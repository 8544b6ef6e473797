import { describe, expect, it, onTestFinished } from 'vitest';
import { accountForServer } from '../../src/database/account.ts';
import { freshDatabase } from '../support/database.ts';
import { execute } from '../support/postgres.ts';

describe('the account of a server on the embedded database', () => {
  it('has the rights of tidemark_server and no others, and a new password at each start', async () => {
    const { url } = await freshDatabase();
    const first = await accountForServer(url);
    onTestFinished(() => execute(url, 'DROP ROLE tidemark_app').then(() => undefined));
    const second = await accountForServer(url);
    expect(new URL(second).password).not.toBe(new URL(first).password);

    const { rows } = await execute(
      second,
      `SELECT current_user::text AS name, pg_has_role('tidemark_server', 'USAGE') AS server, rolsuper, rolcreatedb, rolcreaterole
       FROM pg_roles WHERE rolname = current_user`,
    );
    expect(rows).toEqual([
      { name: 'tidemark_app', server: true, rolsuper: false, rolcreatedb: false, rolcreaterole: false },
    ]);
    await execute(second, 'SELECT * FROM events, users');
    await expect(execute(second, 'DELETE FROM events')).rejects.toMatchObject({ code: '42501' });
  });
});
