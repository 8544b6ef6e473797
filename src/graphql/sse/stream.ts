import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A response that stays open and carries server-sent events. */
export interface EventStream {
  /** Resolves once the event is written, which is what holds a feed back when its reader is slow. False: it is over. */
  send(event: string): Promise<boolean>;
  /** Ends it after what was sent; a reader that does not take that soon is cut off. */
  end(): void;
  /** Resolves when it is over, whoever ended it. */
  readonly closed: Promise<void>;
}

export interface EventStreamOptions {
  readonly headers: OutgoingHttpHeaders;
  /** How often a comment is sent when there is nothing else, ms, so that nobody on the way takes the stream for dead. */
  readonly keepAliveMs: number;
  /** How long a reader may take nothing of what it was sent, ms; then it is cut off. */
  readonly blockedMs: number;
}

const COMMENT = ':\n\n';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Nobody on the way may keep it or compress it, since both gather events before they pass them on; nor may nginx.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  // The connection ends with its stream: a stop has none to wait for that is kept for later.
  connection: 'close',
};

/** How long it may take until what was sent before the end is written, ms. */
const END_MS = 2_000;

/** Begins the stream: from now on the response belongs to it. */
export function openEventStream(response: ServerResponse, options: EventStreamOptions): EventStream {
  /** What tells those who wait for their event to be written. */
  const writing = new Set<() => void>();
  let ending: NodeJS.Timeout | undefined;

  const isOver = () => response.destroyed || response.writableEnded;

  function send(event: string): Promise<boolean> {
    if (isOver()) return Promise.resolve(false);
    return new Promise((resolve) => {
      const written = () => {
        writing.delete(written);
        if (writing.size === 0) response.setTimeout(0);
        resolve(!isOver());
      };
      writing.add(written);
      response.write(event, written);
      // Starts anew whenever the reader has taken something; when it is up, Node.js closes the connection.
      if (writing.size > 0) response.setTimeout(options.blockedMs);
    });
  }

  response.writeHead(200, { ...options.headers, ...STREAM_HEADERS });
  // At once: some browsers do not believe in a response of which only the headers have come.
  void send(COMMENT);
  const keepAlive = setInterval(() => {
    if (writing.size === 0) void send(COMMENT);
  }, options.keepAliveMs);
  const closed = new Promise<void>((resolve) =>
    response.once('close', () => {
      clearInterval(keepAlive);
      clearTimeout(ending);
      for (const written of writing) written();
      resolve();
    }),
  );
  // What was written to a peer that has gone is no error: `close` follows.
  response.on('error', () => undefined);

  return {
    send,
    end() {
      if (isOver()) return;
      response.setTimeout(0);
      response.end();
      ending = setTimeout(() => response.destroy(), END_MS);
    },
    closed,
  };
}
