import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that systems give to outgoing connections, so none takes the port while the server restarts. */
const [FIRST, COUNT] = [20_000, 12_000];

/**
 * A free port on the loopback interface, the same one for the same folder as long as it is free: a URL noted
 * elsewhere stays good. @param attempt counts up when the port was lost after all
 */
export async function freePort(folder: string, attempt = 0): Promise<number> {
  const start = createHash('sha256').update(folder).digest().readUInt32BE(0) + attempt;
  for (let offset = 0; offset < COUNT; offset++) {
    const port = FIRST + ((start + offset) % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
