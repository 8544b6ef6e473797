import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import { currentSchemaVersion } from '../../../src/eventsourcing/event.ts';
import { modules } from '../../../src/modules/index.ts';
import { userDecider } from '../../../src/modules/users/decider.ts';
import { users } from '../../../src/modules/users/projection.ts';
import { freshDatabase } from '../../support/database.ts';
import { cause, openLog } from '../../support/log.ts';
import { execute } from '../../support/postgres.ts';
import { rowAfter } from '../../support/scenario.ts';

// rows.ndjson holds rows as every version of the server has written them, with what the commands had been asked. It only
// grows: `npm run check` compares it with its history. Whoever adds an event type or a schema version adds a row of it, as
// `SELECT to_jsonb(e) FROM events e` shows it.

interface Frozen {
  readonly table: 'events' | 'commands' | 'claims';
  readonly row: Readonly<Record<string, unknown>>;
  readonly asked?: { readonly id: string; readonly command: never; readonly expectedVersion: number | null };
}
const frozen = readFileSync(new URL('rows.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Frozen);
const rowsOf = (table: Frozen['table']) => frozen.filter((each) => each.table === table).map(({ row }) => row);
const events = Object.assign({}, ...modules.flatMap((module) => module.deciders.map((decider) => decider.events)));

/** A database that older versions have written, and the log as this version has it. */
async function openFrozen() {
  const { url } = await freshDatabase();
  for (const table of ['events', 'commands', 'claims'] as const) {
    const rows = JSON.stringify(rowsOf(table));
    await execute(url, `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [rows]);
  }
  await execute(url, 'UPDATE head SET (position, recorded_at) = (SELECT max(position), max(recorded_at) FROM events)');
  return openLog(url, { events });
}

const user = (last: string) => `0198c0de-0000-7000-8000-00000000000${last}`;

describe('rows as older versions wrote them', () => {
  it('are there for every event type, up to the schema version in which it is written today', () => {
    const versions = (type: string) =>
      rowsOf('events').flatMap((row) => (row.type === type ? [row.schema_version] : []));
    for (const [type, definition] of Object.entries(events)) {
      const all = Array.from({ length: currentSchemaVersion(definition as never) }, (_, index) => index + 1);
      expect(versions(type), `schema versions of ${type} in rows.ndjson`).toEqual(expect.arrayContaining(all));
    }
  });

  it('are read, every one', async () => {
    const { reader } = await openFrozen();
    const { events } = await reader.page(0n, 10_000);
    expect(events.map((event) => Number(event.position))).toEqual(rowsOf('events').map((row) => row.position));
  });

  it('fold into the same rows as ever', async () => {
    const { reader } = await openFrozen();
    const row = async (last: string) =>
      rowAfter(users, user(last), (await reader.stream(`user-${user(last)}`, 0, 100)) as RecordedEvent<never>[]);
    expect(await row('a')).toMatchObject({
      email: 'ada@lovelace.org',
      displayName: null,
      status: 'ACTIVE',
      version: 3,
    });
    expect(await row('b')).toMatchObject({ email: 'bob@example.org', status: 'DEACTIVATED', version: 4 });
    expect(await row('c')).toMatchObject({ email: 'cyd@example.com', displayName: 'Cyd Charisse', version: 3 });
  });

  it('still answer the commands that made them, each with its first answer', async () => {
    const { dispatch, reader } = await openFrozen();
    const head = await reader.head();
    for (const { row, asked } of frozen) {
      if (!asked) continue;
      const options = { commandId: String(row.id), expectedVersion: asked.expectedVersion };
      const from = { ...cause, actor: row.actor as string | null };
      const outcome = await dispatch(userDecider, asked.id, asked.command, options, from);
      if (row.rejection_code === null) {
        const { version, position } = row;
        expect(outcome).toMatchObject({
          kind: 'accepted',
          replayed: true,
          version,
          position: BigInt(position as number),
        });
      } else if (row.rejection_code === 'VERSION_CONFLICT') {
        expect(outcome).toMatchObject({ kind: 'conflict', actualVersion: row.version });
      } else expect(outcome).toMatchObject({ kind: 'rejected', code: row.rejection_code });
    }
    expect(await reader.head()).toBe(head);
  });

  it('still hold their claims', async () => {
    const { dispatch } = await openFrozen();
    const register = (email: string) =>
      dispatch(userDecider, null, { type: 'RegisterUser', data: { email, displayName: null } }, {}, cause);
    expect(await register('ADA@lovelace.org')).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(await register('ada@example.org')).toMatchObject({ kind: 'accepted' });
  });
});
