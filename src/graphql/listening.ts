import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';

/** Node.js's HTTP servers, of which Fastify makes two for `localhost`, and what their connections are used for. */
export interface Listening {
  serverFactory(handler: RequestListener, options: FactoryOptions): Server;
  /** Ends the connections on which nothing was asked: browsers open some in advance, and a stop would wait for them. */
  endUnused(): void;
}

/** What Fastify sets on servers that it makes itself. */
interface FactoryOptions {
  readonly http?: ServerOptions | null;
  readonly keepAliveTimeout?: number;
  readonly requestTimeout?: number;
}

export function createListening(): Listening {
  const connections = new Set<Socket>();
  return {
    serverFactory(handler, { http, keepAliveTimeout = 0, requestTimeout = 0 }) {
      const server = createServer({ ...http, keepAliveTimeout, requestTimeout }, handler);
      return server.on('connection', (connection) => {
        connections.add(connection);
        connection.once('close', () => connections.delete(connection));
      });
    },
    endUnused() {
      for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
    },
  };
}
