import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

/** One subscription as a server sees it, to be answered in any way, also in ways that no server of ours would. */
export interface Asked {
  readonly variables: Readonly<Record<string, unknown>>;
  /** Sends a batch with events at these positions, and this cursor (default: the last position). */
  batch(positions: readonly number[], cursor?: number): void;
  /** Sends the payload of a message. */
  send(type: 'next' | 'error' | 'complete', payload?: unknown): void;
  close(code: number, reason?: string): void;
}

/** What a subscription is answered with; the first one's number is 0. */
export type Script = (asked: Asked, number: number) => void;

/** The other end of graphql-transport-ws, for what a real server does once in a blue moon. */
export async function peer(script: Script) {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  await once(sockets, 'listening');
  const inits: unknown[] = [];
  const asked: Asked['variables'][] = [];
  const ended: string[] = [];
  sockets.on('connection', (socket: WebSocket) => {
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (text) => {
      const { type, id, payload } = JSON.parse(String(text));
      if (type === 'connection_init') {
        inits.push(payload);
        say({ type: 'connection_ack' });
      }
      if (type === 'ping') say({ type: 'pong' });
      if (type === 'complete') ended.push(id);
      if (type !== 'subscribe') return;
      asked.push(payload.variables);
      script(
        {
          variables: payload.variables,
          batch(positions, cursor = positions.at(-1) ?? 0) {
            const events = positions.map((position) => ({ position: String(position) }));
            say({
              id,
              type: 'next',
              payload: { data: { events: { events, cursor: String(cursor), caughtUp: true } } },
            });
          },
          send: (kind, body) => say({ id, type: kind, ...(body !== undefined && { payload: body }) }),
          close: (code, reason) => socket.close(code, reason),
        },
        asked.length - 1,
      );
    });
  });
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return {
    url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
    /** The payloads of `connection_init`, one for each connection. */
    inits,
    /** The variables of the subscriptions, in order. */
    asked,
    /** Subscriptions that the client has ended. */
    ended,
    get connections() {
      return sockets.clients.size;
    },
  };
}
