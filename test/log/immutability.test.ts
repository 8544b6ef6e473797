import { describe, expect, it } from 'vitest';
import { asServer, freshDatabase } from '../support/database.ts';
import { openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';

describe('a committed event', () => {
  it.each([
    'UPDATE events SET type = type',
    "UPDATE events SET data = '{}' WHERE position = 1",
    'UPDATE events SET data = data WHERE false',
    'DELETE FROM events',
    'DELETE FROM events WHERE false',
    'TRUNCATE events',
    'TRUNCATE events CASCADE',
    "INSERT INTO events SELECT * FROM events ON CONFLICT (position) DO UPDATE SET type = 'x'",
    'MERGE INTO events e USING events o ON e.position = o.position WHEN MATCHED THEN DELETE',
  ])('withstands %s, even from the owner of the database', async (sql) => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    await writer.append(unit('counter-1', 0));
    const before = await reader.page(0n, 10);
    await expect(execute(url, sql)).rejects.toMatchObject({ code: 'TM001' });
    expect(await reader.page(0n, 10)).toEqual(before);
  });
});

describe('the role of a server', () => {
  it('appends through the function, reads, and maintains read tables', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    expect(await writer.append(unit('counter-1', 0))).toMatchObject({ outcome: 'accepted' });
    const server = asServer(url);
    await execute(server, 'SELECT * FROM events, commands, claims, head');
    await execute(server, 'SELECT purge_commands(now(), 10)');
    await execute(server, 'DELETE FROM snapshots');
    await execute(server, 'DELETE FROM users');
    await execute(server, 'DELETE FROM checkpoints');
    await execute(server, "SELECT make_next_table('users')");
    await execute(
      server,
      "INSERT INTO checkpoints (name, slot, version, generation, revision, position, updated_at) VALUES ('p', 'live', 1, 1, 0, 0, now()) ON CONFLICT (name, slot) DO UPDATE SET position = 1",
    );
  });

  it.each([
    'INSERT INTO events SELECT * FROM events',
    'UPDATE events SET type = type',
    'DELETE FROM events',
    'TRUNCATE events',
    'UPDATE head SET position = 0',
    'DELETE FROM commands',
    "UPDATE claims SET stream_id = 'x'",
    'ALTER TABLE events DISABLE TRIGGER ALL',
    'DROP TABLE events',
    'DELETE FROM projection_skips',
    "SELECT make_next_table('events')",
    "SELECT drop_spare_table('previous', 'events')",
    'CREATE TABLE mine (id int)',
    "SET session_replication_role = 'replica'",
    'SET ROLE pg_write_all_data',
    'ALTER SYSTEM SET fsync = off',
  ])('may not %s', async (sql) => {
    const { url } = await freshDatabase();
    await expect(execute(asServer(url), sql)).rejects.toMatchObject({ code: '42501' });
  });
});
