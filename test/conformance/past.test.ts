import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperationFailed, post } from '../support/clients.ts';
import { serverForTest } from '../support/server.ts';
import { accepted, commandsOf, userOf } from './support/users.ts';

const FIELDS = 'id email displayName status version registeredAt updatedAt';

/** A server on which one user has had a life, and what each command said of it. */
async function open() {
  const server = await serverForTest();
  const commands = commandsOf(server);
  async function ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { data, errors } = await post<Data>(server.url, { query, variables });
    if (errors) throw new OperationFailed(errors);
    return data as Data;
  }
  await commands.register({ email: 'grace@example.org' });
  const id = randomUUID();
  const answers = [
    accepted(await commands.register({ id, email: 'Ada@example.org', displayName: 'Ada' })),
    accepted(await commands.changeEmail({ id, email: 'ada@lovelace.org' })),
    accepted(await commands.deactivate({ id, reason: 'left' })),
    accepted(await commands.reactivate({ id })),
    accepted(await commands.updateProfile({ id, displayName: null })),
  ];
  const states = answers.map(({ user }) => user);
  const events = answers.map(({ commit }) => {
    const [event] = commit.events;
    if (!event) throw new Error('no event');
    return event;
  });
  const asOf = async (point: Record<string, unknown>, fields = FIELDS) =>
    (
      await ask<{ user: Record<string, unknown> | null }>(
        `query ($id: ID!, $asOf: AsOf) { user(id: $id, asOf: $asOf) { ${fields} } }`,
        { id, asOf: point },
      )
    ).user;
  return { ...commands, server, ask, id, states, events, asOf };
}

const shift = (time: string, microseconds: bigint): string => {
  const total = BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000n + BigInt(time.slice(20, 26)) + microseconds;
  return `${new Date(Number(total / 1_000_000n) * 1_000).toISOString().slice(0, 19)}.${String(total % 1_000_000n).padStart(6, '0')}Z`;
};

describe('user asOf', () => {
  it('is the user as each event left it, by version, position and time, to the microsecond', async () => {
    const { asOf, states, events } = await open();
    for (const [i, { version, position, recordedAt }] of events.entries()) {
      const [before, then] = [states[i - 1] ?? null, states[i]];
      expect(await asOf({ version })).toEqual(then);
      expect(await asOf({ position })).toEqual(then);
      expect(await asOf({ position: String(BigInt(position) - 1n) })).toEqual(before);
      expect(await asOf({ time: recordedAt })).toEqual(then);
      expect(await asOf({ time: shift(recordedAt, -1n) })).toEqual(before);
      expect(await asOf({ time: shift(recordedAt, 1n) })).toEqual(then);
    }
  });

  it('is null before the registration, and for an id that nobody has', async () => {
    const { asOf, ask } = await open();
    expect(await asOf({ version: 0 })).toBeNull();
    expect(await asOf({ position: '0' })).toBeNull();
    expect(await asOf({ position: '1' })).toBeNull();
    expect(await asOf({ time: '1970-01-01T00:00:00Z' })).toBeNull();
    const query = 'query ($id: ID!) { user(id: $id, asOf: { version: 3 }) { id } }';
    expect(await ask(query, { id: randomUUID() })).toEqual({ user: null });
  });

  it('refuses anything but exactly one point that has been reached', async () => {
    const { asOf } = await open();
    for (const point of [
      {},
      { version: null, position: null, time: null },
      { version: 1, position: '1' },
      { version: 1, position: '1', time: '2026-01-01T00:00:00Z' },
      { position: '99' },
      { version: 6 },
      { version: -1 },
    ]) {
      await expect(asOf(point), JSON.stringify(point)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  it('is now, for a time that is still to come', async () => {
    const { asOf, states } = await open();
    expect(await asOf({ time: '2999-01-01T00:00:00Z' })).toEqual(states.at(-1));
  });
});

interface Page {
  edges: { cursor: string; node: { event: { version: number; type: string }; changes: unknown[] } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  totalCount: number;
}

describe('User.history', () => {
  const query = (point: string) => `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    user(id: $id${point}) { history(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { event { version type } changes { field before after } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    } }
  }`;
  async function openHistory(point = '') {
    const opened = await open();
    const { ask, id, states } = opened;
    const last = states.at(-1)?.version ?? 0;
    const page = async (args: Record<string, unknown>): Promise<Page> => {
      const { user } = await ask<{ user: { history: Page } }>(query(point || `, asOf: { version: ${last} }`), {
        id,
        ...args,
      });
      return user.history;
    };
    return { ...opened, page };
  }

  it('tells each event, oldest first, with the fields that it changed, before and after', async () => {
    const { page, states } = await openHistory();
    const { edges, totalCount } = await page({ first: 100 });
    expect(totalCount).toBe(5);
    expect(edges.map(({ node }) => [node.event.version, node.event.type, node.changes])).toEqual([
      [
        1,
        'UserRegistered',
        [
          { field: 'email', before: null, after: 'Ada@example.org' },
          { field: 'displayName', before: null, after: 'Ada' },
          { field: 'status', before: null, after: 'ACTIVE' },
          { field: 'registeredAt', before: null, after: states[0]?.registeredAt },
        ],
      ],
      [2, 'UserEmailChanged', [{ field: 'email', before: 'Ada@example.org', after: 'ada@lovelace.org' }]],
      [3, 'UserDeactivated', [{ field: 'status', before: 'ACTIVE', after: 'DEACTIVATED' }]],
      [4, 'UserReactivated', [{ field: 'status', before: 'DEACTIVATED', after: 'ACTIVE' }]],
      [5, 'UserProfileUpdated', [{ field: 'displayName', before: 'Ada', after: null }]],
    ]);
  });

  it('comes whole in pages of any size, from either end', async () => {
    const { page } = await openHistory();
    const { edges: whole } = await page({ first: 100 });
    for (let size = 1; size <= 6; size++) {
      const forwards: Page['edges'] = [];
      for (let after: string | null = null; ; ) {
        const { edges, pageInfo } = await page({ first: size, after });
        expect(pageInfo.hasPreviousPage).toBe(forwards.length > 0);
        forwards.push(...edges);
        expect(pageInfo.hasNextPage).toBe(forwards.length < whole.length);
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      expect(forwards).toEqual(whole);
      const backwards: Page['edges'] = [];
      for (let before: string | null = null; ; ) {
        const { edges, pageInfo } = await page({ last: size, before });
        expect(pageInfo.hasNextPage).toBe(backwards.length > 0);
        backwards.unshift(...edges);
        expect(pageInfo.hasPreviousPage).toBe(backwards.length < whole.length);
        if (!pageInfo.hasPreviousPage) break;
        before = pageInfo.startCursor;
      }
      expect(backwards).toEqual(whole);
    }
    const [, second, third, fourth] = whole;
    expect((await page({ after: second?.cursor, before: fourth?.cursor })).edges).toEqual([third]);
    expect((await page({ after: fourth?.cursor, before: second?.cursor })).edges).toEqual([]);
    expect((await page({ first: 0 })).edges).toEqual([]);
  });

  it('of a user as of a version ends there', async () => {
    const { page } = await openHistory(', asOf: { version: 3 }');
    const { edges, totalCount, pageInfo } = await page({ last: 2 });
    expect(edges.map(({ node }) => node.event.version)).toEqual([2, 3]);
    expect({ totalCount, next: pageInfo.hasNextPage }).toEqual({ totalCount: 3, next: false });
  });

  it('refuses cursors that are none, and pages that are too long', async () => {
    const { page, ask } = await openHistory();
    const { edges } = await ask<{ users: { edges: { cursor: string }[] } }>(
      '{ users(first: 1) { edges { cursor } } }',
    ).then(({ users }) => users);
    for (const args of [
      { after: 'nonsense' },
      { before: Buffer.from('["HISTORY",-1]').toString('base64url') },
      { after: Buffer.from('["HISTORY",1.5]').toString('base64url') },
      { after: edges[0]?.cursor ?? 'nonsense' },
      { first: 101 },
      { last: -1 },
      { first: 1, last: 1 },
    ]) {
      await expect(page(args)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('registrations', () => {
  const query =
    'query ($from: Date!, $to: Date!, $minPosition: Position) { registrations(from: $from, to: $to, minPosition: $minPosition) { day registered erased active } }';
  const dayAfter = (day: string, days: number) =>
    new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

  it('counts each day from the first to the last, and who is active at its end', async () => {
    const { ask, deactivate, register, events } = await open();
    const today = String(events[0]?.recordedAt).slice(0, 10);
    const gone = userOf(await register({ email: 'alan@example.org' }));
    const { commit } = accepted(await deactivate({ id: gone.id, reason: null }));
    const given = await ask<{ registrations: unknown[] }>(query, {
      from: dayAfter(today, -1),
      to: dayAfter(today, 2),
      minPosition: commit.position,
    });
    const counted = given.registrations as { day: string; registered: number; active: number }[];
    expect(counted.map(({ day }) => day)).toEqual([-1, 0, 1, 2].map((days) => dayAfter(today, days)));
    expect(counted[0]).toEqual({ day: dayAfter(today, -1), registered: 0, erased: 0, active: 0 });
    expect(counted.reduce((sum, each) => sum + each.registered, 0)).toBe(3);
    expect(counted.at(-1)?.active).toBe(2);
  });

  it('refuses days in the wrong order, too many of them, and what is no day', async () => {
    const { ask } = await open();
    for (const [from, to] of [
      ['2026-01-02', '2026-01-01'],
      ['2020-01-01', '2026-01-01'],
      ['2026-02-30', '2026-03-01'],
      ['today', '2026-03-01'],
    ]) {
      await expect(ask(query, { from, to }), from).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});
