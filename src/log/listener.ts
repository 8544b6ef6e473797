import { Socket } from 'node:net';
import pg from 'pg';
import type { Tail } from './tail.ts';

export interface ListenerOptions {
  /** A direct connection: notifications do not pass PgBouncer in transaction mode. Null: only poll. */
  readonly url: string | null;
  readonly tail: Tail;
  /** Notifications with this origin are about what this process wrote and has already. */
  readonly origin: string;
  /** How often the log is asked all the same, ms: a notification is a hint that may get lost. */
  readonly pollMs: number;
  onError(error: unknown): void;
}

/** How long the listening connection may stay silent when asked for a sign of life, ms. */
const HEARTBEAT_MS = 5_000;
const RECONNECT_MS = [100, 30_000] as const;
/** How long it may take to say goodbye, ms: on a half-open connection nobody answers. */
const CLOSE_MS = 1_000;

/** Follows what other processes commit: by notification, and by a slow poll beside it. */
export function startListener({ url, tail, origin, pollMs, onError }: ListenerOptions): { close(): Promise<void> } {
  let closed = false;
  let client: pg.Client | null = null;
  let socket = new Socket();
  let retry: NodeJS.Timeout | undefined;
  let delay: number = RECONNECT_MS[0];

  const look = () => tail.refresh().then(() => undefined, onError);

  function lost(which: pg.Client, error?: unknown): void {
    if (client !== which) return;
    client = null;
    which.end().catch(() => undefined);
    if (closed) return;
    if (error) onError(error);
    retry = setTimeout(connect, delay * (0.5 + Math.random() / 2));
    delay = Math.min(delay * 2, RECONNECT_MS[1]);
  }

  async function connect(): Promise<void> {
    if (closed || !url) return;
    const next = new pg.Client({
      connectionString: url,
      application_name: 'tidemark listener',
      keepAlive: true,
      connectionTimeoutMillis: HEARTBEAT_MS,
      query_timeout: HEARTBEAT_MS,
      stream: () => {
        socket = new Socket();
        return socket;
      },
    });
    client = next;
    next.on('error', (error) => lost(next, error));
    next.on('end', () => lost(next));
    next.on('notification', ({ payload = '' }) => {
      const [position = '', from] = payload.split(' ');
      if (from !== origin && /^\d+$/.test(position)) tail.hint(BigInt(position));
    });
    try {
      await next.connect();
      await next.query('LISTEN tidemark');
      delay = RECONNECT_MS[0];
      // What was committed before LISTEN took effect was not announced to us.
      await look();
    } catch (error) {
      lost(next, error);
    }
  }

  // A half-open connection raises no event: only asking finds out.
  const heartbeat = setInterval(() => {
    const asked = client;
    asked?.query('SELECT 1').catch((error) => lost(asked, error));
  }, HEARTBEAT_MS);
  const poll = setInterval(look, pollMs);
  void connect();

  return {
    async close() {
      closed = true;
      clearInterval(heartbeat);
      clearInterval(poll);
      clearTimeout(retry);
      const cut = setTimeout(() => socket.destroy(), CLOSE_MS);
      await client?.end().catch(() => undefined);
      clearTimeout(cut);
    },
  };
}
