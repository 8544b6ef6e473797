import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { framer, type Message } from './messages.ts';

/**
 * What becomes of a message: it passes, it is lost while all else goes on, it passes once a promise resolves (and what
 * comes after it waits behind it), or only its first so many bytes pass and then the connection breaks.
 */
export type Fate = 'pass' | 'lost' | number | Promise<unknown>;

/** @param session the first message of the client, which names user, database and application */
export type Rule = (message: Message, session: string) => Fate;

/** A link to a database that understands what passes: it breaks at any byte, holds messages back, and may lead elsewhere. */
export async function openLink(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let port = Number(target.port || 5432);
  let rule: Rule = () => 'pass';

  const server = createServer((client) => {
    const upstream = connect(port, target.hostname);
    let session = '';
    const breakBoth = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, socket, to] of [
      ['client', client, upstream],
      ['server', upstream, client],
    ] as const) {
      sockets.add(socket);
      // Messages are passed on one by one: without this each would wait for the acknowledgement of the one before.
      socket.setNoDelay(true);
      const messagesOf = framer(from);
      let turn: Promise<unknown> = Promise.resolve();
      const handle = async (message: Message) => {
        if (message.type === '') session = message.bytes.toString('latin1');
        let fate = rule(message, session);
        if (fate instanceof Promise) {
          await fate;
          fate = 'pass';
        }
        if (fate === 'pass') to.write(message.bytes);
        // The bytes are on their way before the connection breaks.
        else if (fate !== 'lost') to.end(message.bytes.subarray(0, fate), breakBoth);
      };
      socket.on('data', (chunk) => {
        for (const message of messagesOf(chunk)) turn = turn.then(() => handle(message));
      });
      socket.on('error', breakBoth);
      socket.on('close', () => {
        sockets.delete(socket);
        // What was held back still passes to the other side, unless that is gone too.
        turn = turn.then(() => to.end());
      });
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
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
    /** From now on, messages go by this rule. */
    obey(next: Rule) {
      rule = next;
    },
    obeyNothing() {
      rule = () => 'pass';
    },
    /** Breaks all connections. */
    cut,
    /** New connections lead to the server on this port; those that there are stay. */
    leadTo(next: number) {
      port = next;
    },
  };
}

/** The same database, reached with these parameters of `pg`, such as `lock_timeout` in ms. */
export function withParameters(databaseUrl: string, parameters: Record<string, string>): string {
  const url = new URL(databaseUrl);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** A promise to wait for, and the way to fulfil it. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
