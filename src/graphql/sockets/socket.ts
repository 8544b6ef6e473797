import type { Socket } from 'node:net';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { createAllowance } from './allowance.ts';
import { POLICY_VIOLATION, TRY_AGAIN_LATER } from './close-codes.ts';
import { type Conversation, type ConversationOptions, converse } from './conversation.ts';
import type { Encoder } from './encoder.ts';
import type { Liveness, Peer } from './liveness.ts';
import { createOutbox } from './outbox.ts';

/** What one socket may do. */
export interface SocketLimits {
  /** Operations under way at a time. */
  readonly operations: number;
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Messages and pings, on average. */
  readonly messagesPerSecond: number;
  /** How long a client may take until it is initialised, ms. */
  readonly initWaitMs: number;
  /** How often a peer has to answer a ping, ms. */
  readonly keepAliveMs: number;
  /** How long a peer may take nothing of what it was sent, ms. */
  readonly blockedMs: number;
}

/** A socket that is open. */
export interface OpenSocket {
  /** Takes no more operations, and closes once those that have one answer are answered. */
  retire(): void;
  close(code: number, reason: string): void;
}

export interface SocketOptions
  extends Pick<ConversationOptions, 'pipeline' | 'contextFor' | 'admit' | 'onSubscriptions'> {
  readonly socket: WebSocket;
  /** What the WebSocket goes over. */
  readonly raw: Socket;
  readonly limits: SocketLimits;
  readonly liveness: Liveness;
  readonly encode: Encoder;
  readonly logger: Logger;
  onClose(): void;
}

/** Joins the parts that make up the server's end of one WebSocket. */
export function openSocket({ socket, raw, limits, liveness, logger, ...options }: SocketOptions): OpenSocket {
  const allowance = createAllowance(limits.messagesPerSecond);

  const outbox = createOutbox({
    ...{ socket, raw, encode: options.encode },
    onFull() {
      // What it sends would only make more for it to take.
      socket.pause();
      // Starts anew whenever the peer has taken something.
      raw.setTimeout(limits.blockedMs);
    },
    onRoom() {
      raw.setTimeout(0);
      peer.alive = true;
      socket.resume();
    },
  });
  raw.on('timeout', () => close(TRY_AGAIN_LATER, 'Reading too slowly'));

  const peer: Peer = {
    alive: true,
    get isBlocked() {
      return outbox.isFull;
    },
    ping: () => socket.ping(),
    lost: () => socket.terminate(),
  };
  liveness.add(peer);

  const initWait = setTimeout(
    () => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
    limits.initWaitMs,
  );

  function close(code: number, reason: string): void {
    if (socket.readyState !== socket.OPEN) return;
    end();
    // Its side of the closing handshake has to be read.
    socket.resume();
    socket.close(code, shortened(reason));
  }

  const conversation: Conversation = converse({
    ...{ ...options, outbox, close, logger, most: limits.operations },
    onAcknowledged: () => clearTimeout(initWait),
  });

  function end(): void {
    clearTimeout(initWait);
    raw.setTimeout(0);
    liveness.remove(peer);
    conversation.end();
    outbox.close();
  }

  /** Whether to go on with something that has come. A client that sends too much would send as much when it came back. */
  function heard(): boolean {
    if (socket.readyState !== socket.OPEN) return false;
    peer.alive = true;
    if (allowance.take()) return true;
    close(POLICY_VIOLATION, 'Too many messages');
    return false;
  }

  socket.on('message', (data, isBinary) => {
    if (!heard()) return;
    // The protocol is text.
    if (isBinary) return close(CloseCode.BadRequest, 'Invalid message received');
    try {
      conversation.receive(String(data));
    } catch (error) {
      logger.error({ err: error }, 'websocket defect');
      close(CloseCode.InternalServerError, 'Internal server error');
    }
  });
  socket.on('ping', (data) => heard() && outbox.pong(data));
  socket.on('pong', heard);
  // `ws` closes the socket itself, with the code that fits (1009 for a message that is too long).
  socket.on('error', (error) => logger.debug({ err: error }, 'websocket error'));
  socket.once('close', () => {
    end();
    options.onClose();
  });

  if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
    close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
  }
  return { retire: conversation.retire, close };
}

/** Bytes that a close frame has for its reason. */
const REASON_BYTES = 123;

function shortened(reason: string): string {
  let text = reason.slice(0, REASON_BYTES);
  while (Buffer.byteLength(text) > REASON_BYTES) text = text.slice(0, -1);
  return text;
}
