import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UserFilter, type UserOrder, UsersDocument, type UsersQuery } from '../support/operations.ts';
import { openServer, serverForTest, type TestServer } from '../support/server.ts';
import { accepted, type Commands, commandsOf, type UserState, userOf } from './support/users.ts';

const USERS = 57;
const orders: readonly UserOrder[] = ['REGISTERED_AT_ASC', 'REGISTERED_AT_DESC', 'EMAIL_ASC', 'EMAIL_DESC'];

/** Users whose order by address is neither that of their registration nor its reverse. */
async function registerMany(
  commands: Commands,
  count: number,
  { deactivated = false } = {},
): Promise<{ users: UserState[]; minPosition: string }> {
  const users: UserState[] = [];
  let minPosition = '0';
  for (let n = 0; n < count; n++) {
    const place = String((n * 23) % count).padStart(2, '0');
    const email = `${n % 2 ? 'User' : 'uSER'}${place}@Example.org`;
    let result = await commands.register({ email, displayName: n % 5 ? `Person ${n}` : null });
    if (deactivated && n % 3 === 0) result = await commands.deactivate({ id: userOf(result).id });
    users.push(userOf(result));
    minPosition = accepted(result).commit.position;
  }
  return { users, minPosition };
}

const keyOf: Record<UserOrder, (user: UserState) => string> = {
  REGISTERED_AT_ASC: (user) => user.registeredAt,
  REGISTERED_AT_DESC: (user) => user.registeredAt,
  EMAIL_ASC: (user) => user.email.toLowerCase(),
  EMAIL_DESC: (user) => user.email.toLowerCase(),
};

const sorted = (users: readonly UserState[], orderBy: UserOrder): UserState[] => {
  const ascending = users.toSorted((a, b) => (keyOf[orderBy](a) < keyOf[orderBy](b) ? -1 : 1));
  return orderBy.endsWith('DESC') ? ascending.reverse() : ascending;
};

interface Walk {
  orderBy: UserOrder;
  size: number;
  backwards?: boolean;
  filter?: UserFilter;
  minPosition?: string;
  /** Happens after each page. */
  between?: (page: number) => Promise<unknown>;
}

/** Goes through all pages, and returns the users in the order of the connection. */
async function walk(
  { run }: Commands,
  { orderBy, size, backwards, filter, minPosition, between }: Walk,
): Promise<UserState[]> {
  const pages: UsersQuery['users'][] = [];
  for (let cursor: string | null = null; ; ) {
    const place: { last: number; before: string | null } | { first: number; after: string | null } = backwards
      ? { last: size, before: cursor }
      : { first: size, after: cursor };
    const { users }: UsersQuery = await run(UsersDocument, {
      ...place,
      orderBy,
      ...(filter && { filter }),
      ...(minPosition !== undefined && { minPosition }),
    });
    pages.push(users);
    expect(users.edges.length).toBeLessThanOrEqual(size);
    expect(users.pageInfo.startCursor).toBe(users.edges[0]?.cursor ?? null);
    expect(users.pageInfo.endCursor).toBe(users.edges.at(-1)?.cursor ?? null);
    if (backwards ? !users.pageInfo.hasPreviousPage : !users.pageInfo.hasNextPage) break;
    expect(users.edges).toHaveLength(size);
    cursor = backwards ? users.pageInfo.startCursor : users.pageInfo.endCursor;
    await between?.(pages.length);
  }
  return (backwards ? pages.reverse() : pages).flatMap((page) => page.edges.map(({ node }) => node));
}

describe('paging through 57 users', () => {
  let server: TestServer;
  let commands: Commands;
  let everybody: UserState[];
  let minPosition: string;
  beforeAll(async () => {
    server = await openServer();
    commands = commandsOf(server);
    ({ users: everybody, minPosition } = await registerMany(commands, USERS, { deactivated: true }));
  });
  afterAll(() => server?.close());

  const anyWalk = fc.record({
    orderBy: fc.constantFrom(...orders),
    size: fc.integer({ min: 1, max: 60 }),
    backwards: fc.boolean(),
    filter: fc.constantFrom<UserFilter>(
      {},
      { status: 'ACTIVE' },
      { emailContains: 'r1' },
      { displayNameContains: 'person 1' },
    ),
  });

  it.each(orders)('gives everybody once, in the order %s, forwards and backwards', async (orderBy) => {
    for (const backwards of [false, true]) {
      for (const size of [1, 10, 19, 56, 57, 58, 100]) {
        expect(await walk(commands, { orderBy, size, backwards, minPosition })).toEqual(sorted(everybody, orderBy));
      }
    }
  });

  it('gives everybody whom the filter lets through once, whatever the order, direction and size', () =>
    fc.assert(
      fc.asyncProperty(anyWalk, async (any) => {
        const expected = everybody.filter(
          ({ status, email, displayName }) =>
            (!any.filter.status || status === any.filter.status) &&
            (!any.filter.emailContains || email.toLowerCase().includes(any.filter.emailContains)) &&
            (!any.filter.displayNameContains || displayName?.toLowerCase().includes(any.filter.displayNameContains)),
        );
        expect(expected.length).toBeGreaterThan(0);
        expect(await walk(commands, { ...any, minPosition })).toEqual(sorted(expected, any.orderBy));
      }),
      { numRuns: 40 },
    ));

  it('stops at both ends of a stretch between two cursors', async () => {
    const all = await commands.run(UsersDocument, { first: 100, minPosition });
    const cursor = (place: number) => all.users.edges[place]?.cursor ?? '';
    const between = { after: cursor(10), before: cursor(20) };
    const inner = all.users.edges.slice(11, 20);
    const forwards = await commands.run(UsersDocument, { ...between, first: 100 });
    expect(forwards.users.edges).toEqual(inner);
    expect(forwards.users.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const backwards = await commands.run(UsersDocument, { ...between, last: 4 });
    expect(backwards.users.edges).toEqual(inner.slice(-4));
    expect(backwards.users.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  });

  it.each([
    ['the first page', { first: 10 }, { hasNextPage: true, hasPreviousPage: false }],
    ['the page of everybody', { first: 57 }, { hasNextPage: false, hasPreviousPage: false }],
    ['the last page', { last: 10 }, { hasNextPage: false, hasPreviousPage: true }],
    ['the last page of everybody', { last: 57 }, { hasNextPage: false, hasPreviousPage: false }],
    ['a page of nobody', { first: 0 }, { hasNextPage: true, hasPreviousPage: false }],
  ])('says on %s what is beyond it', async (_page, variables, pageInfo) => {
    const { users } = await commands.run(UsersDocument, { ...variables, minPosition });
    expect(users.pageInfo).toMatchObject(pageInfo);
    expect(users.totalCount).toBe(USERS);
  });

  it('has 20 on a page when nothing is said', async () => {
    const { users } = await commands.run(UsersDocument, { minPosition });
    expect(users.edges.map(({ node }) => node)).toEqual(sorted(everybody, 'REGISTERED_AT_ASC').slice(0, 20));
  });

  it('takes null for an order as the default', async () => {
    const { users } = await commands.run(UsersDocument, { orderBy: null, first: 1, minPosition });
    expect(users.edges[0]?.node).toEqual(everybody[0]);
  });

  it('counts those whom the filter lets through, on all pages', async () => {
    const { users } = await commands.run(UsersDocument, { first: 1, filter: { status: 'DEACTIVATED' }, minPosition });
    expect(users.totalCount).toBe(19);
  });

  describe('with a filter', () => {
    const found = async (filter: UserFilter) => {
      const { users } = await commands.run(UsersDocument, { filter, first: 100, minPosition });
      expect(users.totalCount).toBe(users.edges.length);
      return users.edges.map(({ node }) => node);
    };

    it('by status', async () => {
      expect(await found({ status: 'ACTIVE' })).toEqual(everybody.filter(({ status }) => status === 'ACTIVE'));
    });
    it('by a part of the address, without regard to case', async () => {
      expect(await found({ emailContains: 'SeR07@eX' })).toEqual(everybody.filter(({ email }) => /r07@/i.test(email)));
    });
    it('by a part of the name, without regard to case', async () => {
      expect(await found({ displayNameContains: 'PERSON 7' })).toEqual(
        everybody.filter(({ displayName }) => displayName === 'Person 7'),
      );
    });
    it('by the time of registration, later than one and earlier than another', async () => {
      const [from, to] = [everybody[10]?.registeredAt ?? '', everybody[20]?.registeredAt ?? ''];
      expect(await found({ registeredAfter: from })).toEqual(everybody.slice(11));
      expect(await found({ registeredBefore: to })).toEqual(everybody.slice(0, 20));
      expect(await found({ registeredAfter: from, registeredBefore: to })).toEqual(everybody.slice(11, 20));
    });
    it('by a time in another zone', async () => {
      const inTokyo = `${new Date(Date.parse(everybody[0]?.registeredAt ?? '') + 9 * 3_600_000).toISOString().slice(0, -1)}+09:00`;
      expect(await found({ registeredBefore: inTokyo })).toEqual([]);
      expect(await found({ registeredAfter: inTokyo })).toHaveLength(USERS);
    });
    it('by everything at once', async () => {
      const filter: UserFilter = {
        status: 'DEACTIVATED',
        emailContains: 'user',
        displayNameContains: 'person',
        registeredAfter: everybody[5]?.registeredAt ?? '',
        registeredBefore: everybody[50]?.registeredAt ?? '',
      };
      const expected = everybody
        .slice(6, 50)
        .filter(({ status, displayName }) => status === 'DEACTIVATED' && displayName);
      expect(expected.length).toBeGreaterThan(5);
      expect(await found(filter)).toEqual(expected);
    });
    it('that nobody passes', async () => {
      expect(await found({ emailContains: 'nobody' })).toEqual([]);
    });
    it.each(['%', '_', '\\', "'", '%ser'])('takes %s as it stands', async (text) => {
      expect(await found({ emailContains: text })).toEqual([]);
      expect(await found({ displayNameContains: text })).toEqual([]);
    });
    it('of nulls and empty texts lets everybody through', async () => {
      const nulls = {
        status: null,
        emailContains: null,
        displayNameContains: null,
        registeredAfter: null,
        registeredBefore: null,
      };
      expect(await found(nulls)).toHaveLength(USERS);
      expect(await found({ emailContains: '', displayNameContains: '' })).toHaveLength(USERS);
    });
  });
});

describe('paging while users come and change', () => {
  it.each(
    orders.flatMap((orderBy) =>
      [false, true].map((backwards) => [orderBy, backwards ? 'backwards' : 'forwards'] as const),
    ),
  )('gives everybody who was there once (%s, %s)', async (orderBy, direction) => {
    const commands = commandsOf(await serverForTest());
    const { users: everybody, minPosition } = await registerMany(commands, 20);
    const walked = await walk(commands, {
      orderBy,
      size: 3,
      minPosition,
      backwards: direction === 'backwards',
      async between(page) {
        if (page > 4) return;
        // One at the front, one in the middle, one at the end, whatever the order; and a change of what has been seen.
        for (const email of ['aaa', 'user10b', 'zzz'])
          await commands.register({ email: `${email}${page}@example.org` });
        await commands.updateProfile({ id: everybody[page]?.id ?? '', displayName: `changed ${page}` });
        const last = await commands.updateProfile({
          id: everybody[page + 9]?.id ?? '',
          displayName: `changed ${page}`,
        });
        await commands.run(UsersDocument, { first: 1, minPosition: accepted(last).commit.position });
      },
    });
    const ids = walked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => everybody.some((user) => user.id === id))).toEqual(
      sorted(everybody, orderBy).map(({ id }) => id),
    );
  });

  it('goes on after a user whose address has changed since', async () => {
    const commands = commandsOf(await serverForTest());
    const { users: everybody, minPosition } = await registerMany(commands, 9);
    const byEmail = sorted(everybody, 'EMAIL_ASC');
    const moved = byEmail[2] as UserState;
    const walked = await walk(commands, {
      orderBy: 'EMAIL_ASC',
      size: 3,
      minPosition,
      async between(page) {
        if (page !== 1) return;
        const result = await commands.changeEmail({ id: moved.id, email: 'a@example.org' });
        await commands.run(UsersDocument, { first: 1, minPosition: accepted(result).commit.position });
      },
    });
    expect(walked.map(({ id }) => id)).toEqual(byEmail.map(({ id }) => id));
  });

  it('accepts its own cursors, also of an address that grows in lower case', async () => {
    const commands = commandsOf(await serverForTest());
    const domain = `${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(33)}.org`;
    const longest = await commands.register({ email: `${'İ'.repeat(32)}@${domain}` });
    const next = await commands.register({ email: 'zz@example.org' });
    const emails = (
      await walk(commands, {
        orderBy: 'EMAIL_DESC',
        size: 1,
        minPosition: accepted(next).commit.position,
      })
    ).map(({ email }) => email);
    expect(emails.toSorted()).toEqual([userOf(longest).email, 'zz@example.org'].toSorted());
    expect(await walk(commands, { orderBy: 'EMAIL_ASC', size: 1 })).toHaveLength(2);
  });
});

describe('a filter by name', () => {
  it.each([
    ['Ärger', 'äRGER'],
    ['ÅNGSTRÖM', 'ångström'],
    ['Ζεύς', 'ζΕΎΣ'],
    ['Иван', 'ИВАН'],
    ['Straße', 'stRAße'],
    ['İstanbul', 'İSTANBUL'],
    ['😀 smile', '😀 SMILE'],
  ])('finds %s by %s', async (displayName, displayNameContains) => {
    const commands = commandsOf(await serverForTest());
    const result = await commands.register({ email: 'ada@example.org', displayName });
    const minPosition = accepted(result).commit.position;
    const { users } = await commands.run(UsersDocument, { filter: { displayNameContains }, minPosition });
    expect(users.edges.map(({ node }) => node.displayName)).toEqual([displayName]);
  });
});
