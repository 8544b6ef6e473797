import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import { createDeliveries, type Place } from './deliveries.ts';
import { serve } from './serve.ts';
import type { Job, Reached, Subscribing } from './subscribers.ts';
import { openWebSocket, type RawWebSocket } from './web-socket.ts';

const OPENED_AT_ONCE = 50;
const POLL_MS = 5;

/** How a message to a subscription starts, with an id in between. */
const ID_FROM = Buffer.byteLength('{"id":"');
const ID_TO = ID_FROM + randomUUID().length;
const NEXT = Buffer.from('","type":"next","payload":');
const PAYLOAD_FROM = ID_TO + NEXT.length;

interface Connection {
  readonly socket: RawWebSocket;
  /** By the ids of the subscriptions. */
  readonly places: Map<string, Place>;
}

const deliveries = createDeliveries();
let connections: Connection[] = [];
const closed = new Set<string>();

/** Opens a socket with so many subscriptions; their ids are as graphql-ws's client makes them. */
async function connect(subscribing: Subscribing, subscriptions: number): Promise<Connection> {
  const { url, query, after, filtered = false, reading = true } = subscribing;
  const places = new Map<string, Place>();
  const acknowledged = signal();

  function onMessage(text: Buffer): void {
    if (text.length > PAYLOAD_FROM && text.compare(NEXT, 0, NEXT.length, ID_TO, PAYLOAD_FROM) === 0) {
      const place = places.get(text.toString('latin1', ID_FROM, ID_TO));
      if (!place) throw new Error(`for nobody: ${text}`);
      if (filtered) place.next = 0;
      else deliveries.take(place, text.subarray(PAYLOAD_FROM, -1));
      return;
    }
    const { type } = JSON.parse(text.toString()) as { type: string };
    if (type === 'connection_ack') acknowledged.fire();
    else if (type === 'ping') socket.send({ type: 'pong' });
    else throw new Error(`not an expected message: ${text}`);
  }

  const socket = await openWebSocket(url, { onMessage, onClose: (reason) => void closed.add(reason) });
  socket.send({ type: 'connection_init' });
  await acknowledged.fired;
  if (!reading) socket.pause();
  for (let number = 0; number < subscriptions; number++) {
    const id = randomUUID();
    places.set(id, { next: after === undefined ? null : after + 1 });
    const filter = filtered && { filter: { streamIds: [`user-${randomUUID()}`] } };
    const variables = { ...filter, ...(after !== undefined && { after: String(after) }) };
    socket.send({ id, type: 'subscribe', payload: { query, variables } });
  }
  return { socket, places };
}

function signal(): { readonly fired: Promise<void>; fire(): void } {
  let fire = (): void => undefined;
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire };
}

async function open(subscribing: Subscribing): Promise<void> {
  closed.clear();
  const { subscribers, sockets = subscribers } = subscribing;
  for (let opened = 0; opened < sockets; opened += OPENED_AT_ONCE) {
    const length = Math.min(OPENED_AT_ONCE, sockets - opened);
    const opening = Array.from({ length }, () => connect(subscribing, subscribers / sockets));
    connections.push(...(await Promise.all(opening)));
  }
}

const places = (): Place[] => connections.flatMap((connection) => [...connection.places.values()]);

async function reached(position: number, patienceMs: number): Promise<Reached> {
  const all = places();
  let seen = -1;
  let seenAt = now();
  while (all.some(({ next }) => next === null || next <= position)) {
    const { deliveries: count } = deliveries.received();
    if (count > seen) [seen, seenAt] = [count, now()];
    if (now() - seenAt > patienceMs || connections.every(({ socket }) => !socket.isOpen)) break;
    await sleep(POLL_MS);
  }
  const missing = all.reduce((sum, { next }) => sum + Math.max(0, position + 1 - (next ?? 1)), 0);
  return { ...deliveries.received(), missing, closed: [...closed] };
}

serve<Job, unknown>(
  async (job) => {
    switch (job.do) {
      case 'open':
        return open(job);
      case 'begin':
        return deliveries.begin();
      case 'placed':
        return places().every(({ next }) => next !== null);
      case 'reached':
        return reached(job.position, job.patienceMs);
      case 'latencies':
        return deliveries.latencies(job.first, job.commits);
      case 'resume':
        for (const { socket } of connections.splice(job.subscribers)) socket.cut();
        for (const { socket } of connections) socket.resume();
        return undefined;
      case 'close':
        for (const { socket } of connections) socket.cut();
        connections = [];
        return undefined;
    }
  },
  async () => undefined,
);
