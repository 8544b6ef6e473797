import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import WebSocket from 'ws';
import { commandsOf } from '../../conformance/support/users.ts';
import { asPost, createParser } from '../../support/event-stream.ts';
import { serverForTest, type TestServer } from '../../support/server.ts';
import { expectedOf, filtersOf, headOf, type Lists, type Message } from './resuming.ts';
import type { Connection, Setup, World } from './story.ts';

type Server = Pick<TestServer, 'url' | 'webSocketUrl' | 'stop'>;

/** A command on one of a few users. */
export interface Write {
  readonly user: number;
  readonly does: 'update' | 'deactivate' | 'reactivate' | 'register another';
}

export const SERVERS = 3;

const users = Array.from({ length: 4 }, () => randomUUID());

export const write: fc.Arbitrary<Write> = fc.record({
  user: fc.nat(users.length - 1),
  does: fc.constantFrom('update', 'update', 'deactivate', 'reactivate', 'register another'),
});

export const filters = filtersOf({
  types: ['UserRegistered', 'UserProfileUpdated', 'UserDeactivated', 'UserReactivated'],
  categories: ['user'],
  streamIds: [...users.map((id) => `user-${id}`), 'nothing-1'],
  actors: ['nobody'],
});

const query = `subscription ($after: Position, $filter: EventFilter) {
  events(after: $after, filter: $filter) { events { position } cursor caughtUp }
}`;

interface Result {
  readonly data: { events: { events: { position: string }[]; cursor: string; caughtUp: boolean } };
}

const messageOf = ({ data: { events } }: Result): Message => ({
  positions: events.events.map(({ position }) => Number(position)),
  cursor: Number(events.cursor),
  caughtUp: events.caughtUp,
});

const settingsOf = ({ tailEvents, listen }: Setup) => ({
  TAIL_EVENTS: String(tailEvents),
  HEARTBEAT_MS: '20',
  ...(listen ? { POLL_MS: '3600000' } : { POLL_MS: '20', DATABASE_LISTEN_URL: 'off' }),
});

/** Several servers, whose clients connect by WebSocket and by server-sent events, by turns. */
export async function serversWorld(): Promise<World<Server, Write>> {
  // It is there for its database.
  const first = await serverForTest();
  const { register } = commandsOf(first);
  for (const [n, id] of users.entries()) await register({ id, email: `user${n}@example.org` });
  let others = 0;
  let connections = 0;
  return {
    start: (_, setup) => first.beside(settingsOf(setup)),
    stop: (server) => server.stop(),
    write(server, { user, does }) {
      const { updateProfile, deactivate, reactivate, register } = commandsOf(server);
      const id = users[user] as string;
      const number = ++others;
      switch (does) {
        case 'update':
          return updateProfile({ id, displayName: `User ${number}` });
        case 'deactivate':
          return deactivate({ id });
        case 'reactivate':
          return reactivate({ id });
        case 'register another':
          return register({ email: `other${number}@example.org` });
      }
    },
    connect(server, { after, filter }, onMessage) {
      const connect = connections++ % 2 ? overWebSocket : overEventStream;
      return connect(server, { after: String(after), filter }, (result) => onMessage(messageOf(result)));
    },
    head: () => headOf(first.databaseUrl),
    expected: (after, filter) => expectedOf(first.databaseUrl, after, filter),
  };
}

type Variables = { readonly after: string; readonly filter: Lists };

function overWebSocket({ webSocketUrl }: Server, variables: Variables, onResult: (result: Result) => void): Connection {
  const socket = new WebSocket(webSocketUrl, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init' }));
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data));
    if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query, variables } });
    if (type === 'next') onResult(payload);
  });
  return {
    // Before it is open there is nothing to stop.
    stall: () => void (socket.readyState === socket.OPEN && socket.pause()),
    readOn: () => socket.resume(),
    cut() {
      socket.terminate();
      return Promise.resolve();
    },
  };
}

function overEventStream({ url }: Server, variables: Variables, onResult: (result: Result) => void): Connection {
  const stop = new AbortController();
  let stalled = false;
  let goOn = () => {};
  async function read(): Promise<void> {
    const parse = createParser(({ type, data }) => type === 'next' && onResult(JSON.parse(data)));
    const post = asPost({ query, variables });
    const headers = { ...(post.headers as Record<string, string>), accept: 'text/event-stream' };
    const response = await fetch(`${url}/stream`, { ...post, headers, signal: stop.signal });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      parse(decoder.decode(bytes, { stream: true }));
      while (stalled && !stop.signal.aborted) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    }
  }
  // However it ends: if it was not to end, its reader never has everything.
  read().catch(() => undefined);
  return {
    stall() {
      stalled = true;
    },
    readOn() {
      stalled = false;
      goOn();
    },
    cut() {
      stop.abort();
      goOn();
      // Not waited for: what fetch makes of a body that has broken off and is aborted then may never settle.
      return Promise.resolve();
    },
  };
}
