import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps an eye on the connections of a server.
 * @returns what ends those on which nothing was asked: browsers open some in advance, and a stop would wait for them
 */
export function watchUnused(server: Server): () => void {
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  return () => {
    for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
  };
}
