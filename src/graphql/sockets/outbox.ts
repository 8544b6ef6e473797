import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Encoder } from './encoder.ts';

/** What a socket has to send. */
export interface Outbox {
  /** True while the peer does not take what it was sent. Whoever can wait waits for {@link room}. */
  readonly isFull: boolean;
  /** Resolves once there is room, or nobody to send to. */
  room(): Promise<void>;
  /** Sends a message. Nothing happens when the socket is closing. */
  send(message: object): void;
  /**
   * Sends a result that others are sent too, behind the beginning of a `next` message that is this operation's own. False
   * when the socket is closing.
   */
  sendShared(beginning: Buffer, text: string): boolean;
  pong(data: Buffer): void;
  /** Lets everybody go who waits for room. */
  close(): void;
}

export interface OutboxOptions {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly encode: Encoder;
  onFull(): void;
  onRoom(): void;
}

/** What may be unsent in this process before a socket counts as full, bytes. The kernel's buffers come on top. */
const UNSENT_BYTES = 64 * 2 ** 10;

const BEGINNING = { binary: false, fin: false };
const END = { binary: false, fin: true };

export function createOutbox({ socket, raw, encode, onFull, onRoom }: OutboxOptions): Outbox {
  let isFull = false;
  let corked = false;
  let closed = false;
  let waiting: (() => void)[] = [];

  function wake(): void {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  }

  // What is sent in one turn leaves in one system call: it makes a hundred subscriptions on a socket four times as fast.
  function begin(): boolean {
    if (socket.readyState !== socket.OPEN) return false;
    if (!corked) {
      corked = true;
      raw.cork();
      process.nextTick(flush);
    }
    return true;
  }

  function flush(): void {
    if (!corked) return;
    corked = false;
    raw.uncork();
    // Only now is it known what the kernel did not take. More than a stream's high-water mark: `drain` follows.
    if (isFull || closed || raw.writableLength <= UNSENT_BYTES) return;
    isFull = true;
    onFull();
  }

  const end = () => raw.writableLength > UNSENT_BYTES && flush();

  raw.on('drain', () => {
    if (!isFull) return;
    isFull = false;
    onRoom();
    wake();
  });

  return {
    get isFull() {
      return isFull;
    },
    room: () => (isFull ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),

    send(message) {
      const text = JSON.stringify(message);
      if (!begin()) return;
      socket.send(text);
      end();
    },

    sendShared(beginning, text) {
      if (!begin()) return false;
      // Two fragments of one message, so that the text need not be copied for each socket.
      socket.send(beginning, BEGINNING);
      socket.send(encode(text), END);
      end();
      return true;
    },

    pong(data) {
      if (!begin()) return;
      socket.pong(data);
      end();
    },

    close() {
      closed = true;
      isFull = false;
      wake();
    },
  };
}
