import { readFileSync } from 'node:fs';
import { buildSchema, parse, print, validate } from 'graphql';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type EventBatch,
  type EventFilter,
  SubscriptionError,
  subscribe,
  type TypedQuery,
} from '../../src/client/index.ts';
import { queryFrom } from '../../src/client/query.ts';
import {
  EventsDocument,
  type EventFilter as SchemaFilter,
  WatchEventsDocument,
  type WatchEventsSubscription,
} from '../support/operations.ts';
import { quick } from './support/following.ts';
import { peer } from './support/peer.ts';
import { start } from './support/users.ts';

describe('the query of a client', () => {
  it('asks for everything about the events by default', async () => {
    const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
    expect(validate(schema, parse(queryFrom(undefined, true)))).toEqual([]);
    expectTypeOf<WatchEventsSubscription['events']>().toExtend<EventBatch>();
    expectTypeOf<SchemaFilter>().toExtend<EventFilter>();
    expectTypeOf<keyof EventFilter>().toEqualTypeOf<keyof SchemaFilter>();

    const { url, commands, register } = await start();
    await register(1);
    const batches = subscribe({ url, ...quick, after: '0' });
    const { value } = await batches.next();
    const { events } = await commands.run(EventsDocument, {});
    const { __typename, ...event } = events.events[0] ?? expect.unreachable();
    expect(value).toEqual({ ...events, events: [event] });
    await batches.return();
  });

  it('may be one’s own, with variables and aliases, and has its type', async () => {
    const { url, register } = await start();
    const [id] = await register(2);
    type Mine = { log: { events: { type: string; at: string }[]; cursor: string } };
    const batches = subscribe<Mine>({
      url,
      ...quick,
      after: '0',
      query: `subscription ($after: Position, $streams: [String!]) {
        log: events(after: $after, filter: { streamIds: $streams }) { events { type at: recordedAt } cursor }
      }`,
      variables: { streams: [`user-${id}`] },
    });
    for await (const batch of batches) {
      expectTypeOf(batch).toEqualTypeOf<Mine['log']>();
      expect(batch).toEqual({
        events: [{ type: 'UserRegistered', at: expect.any(String) }],
        cursor: expect.any(String),
      });
      break;
    }
  });

  it('may bring its type along', async () => {
    const { url, register } = await start();
    await register(1);
    // As codegen makes them in its mode for strings.
    const query = Object.assign(new String(print(WatchEventsDocument)), {}) as string &
      TypedQuery<WatchEventsSubscription>;
    for await (const batch of subscribe({ url, ...quick, after: '0', query, filter: { categories: ['user'] } })) {
      expectTypeOf(batch).toEqualTypeOf<WatchEventsSubscription['events']>();
      expect(batch.events).toHaveLength(1);
      break;
    }
  });

  it('is refused at once when one could not resume with it', () => {
    for (const query of [
      'subscription { events { cursor } }',
      'subscription ($after: String) { events(after: $after) { cursor } }',
      'subscription ($user: ID!) { user(id: $user) { position } }',
      WatchEventsDocument,
    ]) {
      const refused = () => subscribe({ url: 'ws://localhost:1', ...quick, query: query as string });
      expect(refused).toThrow(SubscriptionError);
      expect(refused).toThrow('$after: Position');
    }
  });

  it('is refused at once when it would leave out the filter', () => {
    const query = 'subscription ($after: Position) { events(after: $after) { cursor } }';
    expect(() => subscribe({ url: 'ws://localhost:1', ...quick, query, filter: {} })).toThrow('$filter');
  });

  it('is refused at its first batch when that has no cursor', async () => {
    const { url } = await start();
    for (const fields of ['caughtUp', 'at: cursor', 'cursor: caughtUp']) {
      const query = `subscription ($after: Position) { events(after: $after) { ${fields} } }`;
      await expect(subscribe({ url, ...quick, query }).next()).rejects.toMatchObject({
        code: 'INVALID_QUERY',
        message: 'The query has to select `cursor`, under this name.',
      });
    }
  });

  it('is sent with the cursor to go on from, whatever its variables say', async () => {
    const { url, asked } = await peer(({ batch, send }, number) => {
      if (number > 0) return batch([2]);
      batch([1]);
      send('complete');
    });
    const query = 'subscription ($after: Position, $x: Int) { events(after: $after, x: $x) { cursor } }';
    const batches = subscribe({ url, ...quick, query, variables: { x: 1, after: '7' } });
    await batches.next();
    await batches.next();
    await batches.return();
    expect(asked).toEqual([
      { x: 1, after: null },
      { x: 1, after: '1' },
    ]);
  });
});
