import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Pass, Refusal } from '../admission.ts';
import type { Context } from '../context.ts';
import type { Pipeline } from '../pipeline.ts';
import { SERVICE_RESTART } from './close-codes.ts';
import type { ConnectionParams } from './conversation.ts';
import { createEncoder } from './encoder.ts';
import { createLiveness } from './liveness.ts';
import { type OpenSocket, openSocket, type SocketLimits } from './socket.ts';
import { refuseUpgrade } from './upgrade.ts';

export interface WebSocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly pipeline: Pipeline;
  readonly logger: Logger;
  readonly limits: SocketLimits;
  /**
   * Who is asking; called when a client initialises its connection, and for each of its operations.
   * @throws {TidemarkError} for a client that may not be here: the socket is closed with 4403 and the message
   */
  readonly contextFor: (request: IncomingMessage, params: ConnectionParams) => Context | Promise<Context>;
  /** Whether a request with these headers may connect: browsers let any page try. */
  readonly requestAllowed: (headers: IncomingMessage['headers']) => boolean;
  /** Lets a connection in, or says why not. */
  readonly enter: (request: IncomingMessage) => Pass | Refusal;
  /** How long a peer may take to answer a closing handshake, ms; then it is cut off. */
  readonly closeMs?: number;
  /** How long operations under way may take to be answered when the server stops, ms. */
  readonly answerMs?: number;
}

export interface WebSockets {
  /** Subscriptions that run. */
  readonly subscriptions: number;
  /**
   * Refuses new sockets and operations, answers those under way that have one answer, and closes every socket so that its
   * client connects again. It takes a bounded time.
   */
  close(): Promise<void>;
}

/** graphql-transport-ws on the server's own port. */
export function serveWebSockets(options: WebSocketOptions): WebSockets {
  const { server, path, pipeline, logger, limits, closeMs = 2_000, answerMs = 10_000 } = options;
  const liveness = createLiveness(limits.keepAliveMs);
  const encode = createEncoder();
  const open = new Set<OpenSocket>();
  let subscriptions = 0;
  let closing = false;
  let onLastClosed = () => {};

  // Not yet known to its types: `closeTimeout`.
  const webSocketOptions = {
    noServer: true,
    clientTracking: false,
    handleProtocols,
    maxPayload: limits.messageBytes,
    // Each piece costs memory besides its bytes.
    maxFragments: MAX_PIECES,
    maxBufferedChunks: Math.max(MAX_PIECES, limits.messageBytes / LEAST_PIECE),
    // Compressing would cost each socket its own copy of what all are sent.
    perMessageDeflate: false,
    // They are counted, and wait while the peer takes nothing.
    autoPong: false,
    closeTimeout: closeMs,
  };
  const upgrading = new WebSocketServer(webSocketOptions);

  // It stays when all is closed: Node.js would take the requests for plain ones.
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const raw = duplex as Socket;
    raw.on('error', () => raw.destroy());
    if (raw.destroyed) return;
    if (closing) return refuseUpgrade(raw, 503, 'UNAVAILABLE', 'The server is stopping. Connect again.');
    if (request.url?.split('?')[0] !== path) {
      return refuseUpgrade(raw, 404, 'BAD_USER_INPUT', `WebSockets are served at ${path}.`);
    }
    if (!options.requestAllowed(request.headers)) {
      return refuseUpgrade(raw, 403, 'BAD_USER_INPUT', 'Pages of this origin may not connect. Set ALLOWED_ORIGINS.');
    }
    const pass = options.enter(request);
    if ('status' in pass) return refuseUpgrade(raw, pass.status, 'TOO_MANY_REQUESTS', pass.message);
    raw.once('close', pass.leave);
    upgrading.handleUpgrade(request, raw, head, (socket) => {
      const opened = openSocket({
        ...{ socket, raw, limits, liveness, encode, pipeline, logger },
        contextFor: (params) => options.contextFor(request, params),
        admit: pass.as,
        onSubscriptions(change) {
          subscriptions += change;
        },
        onClose() {
          open.delete(opened);
          if (open.size === 0) onLastClosed();
        },
      });
      open.add(opened);
    });
  });

  return {
    get subscriptions() {
      return subscriptions;
    },
    async close() {
      closing = true;
      const lastClosed = new Promise<void>((resolve) => {
        onLastClosed = resolve;
        if (open.size === 0) resolve();
      });
      for (const socket of open) socket.retire();
      const bound = setTimeout(() => {
        for (const socket of open) socket.close(SERVICE_RESTART, 'Service restart');
      }, answerMs);
      await lastClosed;
      clearTimeout(bound);
      liveness.close();
    },
  };
}

/** Fragments of one message at most, and the pieces in which it may come from the network if they are small. */
const MAX_PIECES = 1_024;
const LEAST_PIECE = 256;
