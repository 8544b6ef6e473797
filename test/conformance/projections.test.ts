import { describe, expect, it } from 'vitest';
import { OperationFailed, post } from '../support/clients.ts';
import { eventually } from '../support/eventually.ts';
import { serverForTest } from '../support/server.ts';
import { accepted, commandsOf, userOf } from './support/users.ts';

interface Status {
  name: string;
  version: number;
  position: string;
  head: string;
  lag: number;
  failure: { position: string; eventType: string; error: string; since: string } | null;
  rebuilding: { position: string; target: string } | null;
  previous: { version: number; position: string } | null;
  drift: number;
  drifted: { key: string; fields: string[] }[];
}

const STATUS = `name version position head lag failure { position eventType error since }
  rebuilding { position target } previous { version position } drift drifted { key fields }`;

async function open() {
  const server = await serverForTest({ PROJECTION_WAIT_MS: '300', POLL_MS: '100' });
  async function ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { data, errors } = await post<Data>(server.url, { query, variables });
    if (errors) throw new OperationFailed(errors);
    return data as Data;
  }
  const status = async (name: string): Promise<Status> => {
    const { projections } = await ask<{ projections: Status[] }>(`{ projections { ${STATUS} } }`);
    const found = projections.find((each) => each.name === name);
    if (!found) throw new Error(`no projection ${name}`);
    return found;
  };
  const act = (mutation: string) => ask(`mutation { ${mutation} }`);
  return { server, ask, status, act, ...commandsOf(server) };
}

describe('projections', () => {
  it('tells of an event that stops one, while all else goes on, until it is skipped or can be folded', async () => {
    const { server, ask, status, act, register } = await open();
    await server.sql('ALTER TABLE users ADD CONSTRAINT no_grace CHECK (email NOT LIKE $$grace%$$)');
    await register({ email: 'ada@example.org' });
    const { commit } = accepted(await register({ email: 'grace@example.org' }));
    await register({ email: 'alan@example.org' });
    await eventually(async () => (await status('users')).failure !== null);
    expect(await status('users')).toMatchObject({
      ...{ position: '1', head: '3', lag: 2 },
      failure: { position: '2', eventType: 'UserRegistered', error: expect.stringContaining('no_grace') },
    });
    await eventually(async () => (await status('registrations')).lag === 0);
    const stale = ask('query ($at: Position) { users(minPosition: $at) { totalCount } }', { at: commit.position });
    await expect(stale).rejects.toMatchObject({
      code: 'PROJECTION_STALE',
      errors: [{ extensions: { position: '1' } }],
    });
    for (const position of [1, 3]) {
      const wrong = act(`skipEvent(name: "users", position: "${position}") { name }`);
      await expect(wrong).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    await act('skipEvent(name: "users", position: "2") { name }');
    await eventually(async () => (await status('users')).lag === 0);
    expect(await ask('{ users { edges { node { email } } } }')).toEqual({
      users: { edges: [{ node: { email: 'ada@example.org' } }, { node: { email: 'alan@example.org' } }] },
    });
    await server.sql('ALTER TABLE users DROP CONSTRAINT no_grace');
    await act('rebuildProjection(name: "users") { name }');
    await eventually(async () => (await status('users')).rebuilding === null);
    expect(await ask('{ users { totalCount } }')).toEqual({ users: { totalCount: 3 } });
  });

  it('finds rows that are not what the log says, and heals them when told', async () => {
    const { server, status, act, register } = await open();
    const { id } = userOf(await register({ email: 'ada@example.org' }));
    await register({ email: 'alan@example.org' });
    await eventually(async () => (await status('users')).lag === 0);
    await server.sql(`UPDATE users SET email = 'eve@example.org' WHERE id = $1`, [id]);
    const found = 'checked position drift { key fields } repaired';
    expect(await act(`verifyProjection(name: "users") { ${found} }`)).toEqual({
      verifyProjection: { checked: 2, position: '2', drift: [{ key: id, fields: ['email'] }], repaired: 0 },
    });
    expect(await status('users')).toMatchObject({ drift: 1, drifted: [{ key: id, fields: ['email'] }] });
    expect(await act(`verifyProjection(name: "users", repair: true) { ${found} }`)).toMatchObject({
      verifyProjection: { repaired: 1 },
    });
    expect(await status('users')).toMatchObject({ drift: 0, drifted: [] });
    expect(await act(`verifyProjection(name: "users") { ${found} }`)).toMatchObject({
      verifyProjection: { drift: [] },
    });
  });

  it('are rebuilt, put back and rid of the old table', async () => {
    const { server, ask, status, act, register } = await open();
    await register({ email: 'ada@example.org' });
    await eventually(async () => (await status('users')).lag === 0);
    await server.sql(`UPDATE users SET email = 'eve@example.org'`);
    const emails = () => ask('{ users { edges { node { email } } } }');
    const only = (email: string) => ({ users: { edges: [{ node: { email } }] } });
    await act('rebuildProjection(name: "users") { name }');
    await eventually(async () => (await status('users')).rebuilding === null);
    expect(await emails()).toEqual(only('ada@example.org'));
    expect((await status('users')).previous).toEqual({ version: 1, position: '1' });
    await act('rollbackProjection(name: "users") { name }');
    expect(await emails()).toEqual(only('eve@example.org'));
    await act('rollbackProjection(name: "users") { name }');
    expect(await emails()).toEqual(only('ada@example.org'));
    await act('dropPreviousTable(name: "users") { name }');
    expect((await status('users')).previous).toBeNull();
    for (const mutation of ['rollbackProjection', 'rebuildProjection', 'dropPreviousTable', 'verifyProjection']) {
      const name = mutation === 'rollbackProjection' ? 'users' : 'nothing';
      await expect(act(`${mutation}(name: "${name}") { __typename }`)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });
});

describe('freshness', () => {
  it('is no newer than what is read beside it', async () => {
    const { ask, register } = await open();
    const writing = (async () => {
      for (let i = 0; i < 30; i++) await register({ email: `user${i}@example.org` });
    })();
    let done = false;
    writing.finally(() => {
      done = true;
    });
    while (!done) {
      const { freshness, users } = await ask<{
        freshness: { name: string; position: string; head: string; lag: number }[];
        users: { totalCount: number };
      }>('{ freshness { name position head lag } users { totalCount } }');
      const own = freshness.find(({ name }) => name === 'users');
      expect(users.totalCount).toBeGreaterThanOrEqual(Number(own?.position));
      expect(Number(own?.head) - Number(own?.position)).toBe(own?.lag);
    }
    await writing;
  });
});
