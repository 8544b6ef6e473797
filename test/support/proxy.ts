import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A link to a database that can fall silent without closing, as when a cable is pulled, and be cut. */
export async function silenceableProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const links = new Set<Socket>();
  let silent = false;
  // Or the end of a connection would be answered in silence, too.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      links.add(from);
      from.on('data', (chunk) => void (silent || to.write(chunk)));
      from.on('end', () => void (silent || to.end()));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  const cut = () => {
    silent = false;
    for (const link of links) link.destroy();
    links.clear();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    cut();
    server.close();
  });
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence() {
      silent = true;
    },
    cut,
  };
}
