import { setTimeout as sleep } from 'node:timers/promises';
import { print } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventStreamClient } from '../support/clients.ts';
import { asPost, inUrl, type OpenedStream, openStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { WatchEventsDocument, type WatchEventsSubscription } from '../support/operations.ts';
import { serverForTest } from '../support/server.ts';
import { commandsOf } from './support/users.ts';

const query = print(WatchEventsDocument);
const ROUNDS = 4;
const PER_ROUND = 30;

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);
const positionsIn = ({ events }: WatchEventsSubscription) => events.events.map(({ position }) => Number(position));

/** A server that is stopped and started again at the same place, and one that stays, for what is written. */
async function start() {
  const first = await serverForTest();
  const port = new URL(first.url).port;
  let running: { stop(): Promise<void> } = first;
  const commands = commandsOf(await first.beside());
  let registered = 0;
  return {
    graphql: first.url,
    url: `${first.url}/stream`,
    async restart() {
      await running.stop();
      running = await first.beside({ PORT: port });
    },
    async register(count: number) {
      await Promise.all(upTo(count).map(() => commands.register({ email: `user${++registered}@example.org` })));
    },
  };
}

/** What a browser's EventSource does: connects again whenever the stream ends, and tells the last id that it got. */
function eventSource(url: string, { headers, ...init }: RequestInit = {}) {
  const streams: OpenedStream[] = [];
  const events = () => streams.flatMap((stream) => stream.events);
  async function run(): Promise<void> {
    for (;;) {
      const lastId = events().at(-1)?.id;
      const told = { ...(headers as Record<string, string>), ...(lastId !== undefined && { 'last-event-id': lastId }) };
      // Nobody listens for a while.
      const stream = await openStream(url, { ...init, headers: told }).catch(() => pause());
      if (!stream) continue;
      streams.push(stream);
      // The test is over.
      if ((await stream.ended)?.name === 'AbortError') return;
    }
  }
  void run();
  return {
    streams,
    positions: () => streams.flatMap((stream) => stream.results().flatMap(({ data }) => positionsIn(data))),
    /** Resolves when it has the event at a position. */
    reached: (position: number) => eventually(() => Number(events().at(-1)?.id) >= position),
  };
}

const pause = async (): Promise<undefined> => void (await sleep(10));

describe('an event stream that breaks off', () => {
  it.each([
    [
      'with the operation in the URL',
      (url: string, variables: object) => eventSource(inUrl(url, { query, variables })),
    ],
    ['with the operation as JSON', (url: string, variables: object) => eventSource(url, asPost({ query, variables }))],
  ])('is resumed by the id of the last event, %s: each event once', async (_, open) => {
    const server = await start();
    await server.register(PER_ROUND);
    const sources = [{ after: '0' }, { after: '10' }, {}].map((variables) => open(server.url, variables));
    for (let round = 1; round <= ROUNDS; round++) {
      for (const source of sources) await source.reached(round * PER_ROUND);
      if (round < ROUNDS) await Promise.all([server.register(PER_ROUND), server.restart()]);
    }
    const all = upTo(ROUNDS * PER_ROUND);
    const [fromStart = [], fromTen = [], fromNow = []] = sources.map((source) => source.positions());
    expect([fromStart, fromTen]).toEqual([all, all.slice(10)]);
    // Its server may have known of a part only of what another one had written.
    expect(fromNow).toEqual(all.slice(-fromNow.length));
    expect(fromNow.length).toBeGreaterThanOrEqual(all.length - PER_ROUND);
    for (const { streams } of sources) expect(streams.length).toBeGreaterThanOrEqual(ROUNDS);
  });

  it('has no ids when it cannot be resumed', async () => {
    const server = await start();
    const stream = await openStream(inUrl(server.url, { query: 'subscription { user(id: "x") { position } }' }));
    expect((await stream.until(({ type }) => type === 'next')).id).toBe('');
  });

  it("is resumed by graphql-sse's client from the cursor that its variables name", async () => {
    const server = await start();
    const client = eventStreamClient(server.graphql, {
      retryAttempts: Number.POSITIVE_INFINITY,
      retry: pause as never,
    });
    onTestFinished(() => client.dispose());
    const seen: number[] = [];
    const variables = { after: '0' };
    client.subscribe<WatchEventsSubscription>(
      { query, variables },
      {
        next({ data }) {
          if (!data) return;
          seen.push(...positionsIn(data));
          // It sends the variables anew whenever it connects.
          variables.after = data.events.cursor;
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
    for (let round = 1; round <= ROUNDS; round++) await Promise.all([server.register(PER_ROUND), server.restart()]);
    await eventually(() => seen.at(-1) === ROUNDS * PER_ROUND);
    expect(seen).toEqual(upTo(ROUNDS * PER_ROUND));
  });
});
