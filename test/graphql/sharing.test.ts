import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSharing } from '../../src/graphql/sharing.ts';

const schema = buildSchema(`
  type Query { ok: Boolean }
  type Subscription { events(after: String, to: String, name: String): [String] }
`);
const field = schema.getSubscriptionType()?.getFields().events;
if (field) field.extensions = { startsAt: 'after' };

const sharing = createSharing(schema);
const audience = (query: string, variables: Record<string, unknown> = {}, actor: string | null = null, name?: string) =>
  sharing.audienceOf({
    schema,
    document: parse(query),
    variableValues: variables,
    contextValue: { actor },
    ...(name && { operationName: name }),
  });

describe('an audience', () => {
  const query = 'subscription ($a: String, $n: String) { events(after: $a, name: $n) }';

  it('is one wherever its feeds start, however the document is set', () => {
    expect(audience(query, { a: '1', n: 'x' })).toBe(audience(`${query}  # the same`, { n: 'x', a: '2' }));
  });

  it.each<[string, string, string]>([
    ['another variable', audience(query, { n: 'x' }), audience(query, { n: 'y' })],
    ['another operation', audience(query), audience(query.replace('events', 'all: events'))],
    ['other rights', audience(query, {}, 'ada'), audience(query, {}, 'bob')],
    ['rights at all', audience(query, {}, 'ada'), audience(query)],
    [
      'another operation of the same document',
      audience('subscription A { events } subscription B { events }', {}, null, 'A'),
      audience('subscription A { events } subscription B { events }', {}, null, 'B'),
    ],
    [
      'a start that is used for something else too',
      audience('subscription ($a: String) { events(after: $a, to: $a) }', { a: '1' }),
      audience('subscription ($a: String) { events(after: $a, to: $a) }', { a: '2' }),
    ],
  ])('is another one with %s', (_, one, other) => {
    expect(one).not.toBe(other);
  });
});

describe('a message', () => {
  it('is made once for an audience and a value, also for those who ask meanwhile', async () => {
    const value = { position: 1n };
    let made = 0;
    const make = async () => `message ${++made}`;
    const first = [1, 2, 3].map(() => sharing.make('all', value, make));
    expect(await Promise.all(first)).toEqual(['message 1', 'message 1', 'message 1']);
    expect(sharing.known('all', value)).toBe('message 1');
    expect(sharing.known('others', value)).toBeUndefined();
    expect(await sharing.make('others', value, make)).toBe('message 2');
    expect(await sharing.make('all', { ...value }, make)).toBe('message 3');
  });

  it('that is not to be shared is made anew', async () => {
    const value = {};
    expect(await sharing.make('all', value, async () => null)).toBeNull();
    expect(await sharing.make('all', value, async () => 'fine')).toBe('fine');
  });

  it('that failed is made anew', async () => {
    const value = {};
    const failing = sharing.make('all', value, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await sharing.make('all', value, async () => 'fine')).toBe('fine');
  });
});
