import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

// WebSockets by hand, as HTTP in load-process.ts: a thousand readers share the cores with the server that they measure. Here
// a message is neither copied nor decoded as long as it comes in one piece.

/** A client that speaks graphql-transport-ws. */
export interface RawWebSocket {
  readonly isOpen: boolean;
  send(message: object): void;
  /** Reads no more, not even pings. */
  pause(): void;
  resume(): void;
  /** Ends it without a closing handshake. */
  cut(): void;
}

export interface Listener {
  /** The bytes are valid during the call only. */
  onMessage(text: Buffer): void;
  /** @param reason the close code, or what else has ended it */
  onClose(reason: string): void;
}

const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
/** All sockets read into it, one after the other: whatever has to stay is copied. */
const shared = Buffer.allocUnsafe(256 * 1024);
const nothing = Buffer.alloc(0);

/** Opens one; resolves when the handshake is done. */
export function openWebSocket(url: string, { onMessage, onClose }: Listener): Promise<RawWebSocket> {
  const { hostname, port, host, pathname } = new URL(url);
  /** Of a message whose end is yet to come, and of a frame. */
  const fragments: Buffer[] = [];
  let rest = nothing;
  let reason = 'cut off';

  function take(opcode: number, isLast: boolean, payload: Buffer): void {
    switch (opcode) {
      case OPCODE.text:
      case OPCODE.continuation:
        if (isLast && fragments.length === 0) {
          onMessage(payload);
          return;
        }
        fragments.push(Buffer.from(payload));
        if (isLast) onMessage(Buffer.concat(fragments.splice(0)));
        return;
      case OPCODE.ping:
        socket.write(frame(OPCODE.pong, Buffer.from(payload)));
        return;
      case OPCODE.close:
        reason = `${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`;
        socket.end();
        return;
      case OPCODE.pong:
        return;
      default:
        throw new Error(`a frame with opcode ${opcode}`);
    }
  }

  /** Takes all frames that are complete. */
  function read(chunk: Buffer): void {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    for (let end = frameEnd(data, at); end !== null; end = frameEnd(data, at)) {
      const [first = 0, second = 0] = [data[at], data[at + 1]];
      if ((first & 0x70) !== 0 || second > 127) throw new Error('an extension or a mask');
      take(first & 0x0f, first >= 0x80, data.subarray(at + headLength(second), end));
      at = end;
    }
    rest = at < data.length ? Buffer.from(data.subarray(at)) : nothing;
  }

  let socket: Socket;
  return new Promise((resolve, reject) => {
    let isOpen = false;
    function shake(chunk: Buffer): void {
      rest = Buffer.concat([rest, chunk]);
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!rest.toString('latin1', 0, end).startsWith('HTTP/1.1 101 ')) {
        socket.destroy();
        reject(new Error(`${url}: ${rest.toString('latin1', 0, end)}`));
        return;
      }
      isOpen = true;
      const early = rest.subarray(end + 4);
      rest = nothing;
      resolve({
        get isOpen() {
          return isOpen;
        },
        send: (message) => void socket.write(frame(OPCODE.text, Buffer.from(JSON.stringify(message)))),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        cut: () => void socket.destroy(),
      });
      read(early);
    }
    socket = connect({
      host: hostname.replace(/[[\]]/g, ''),
      port: Number(port),
      noDelay: true,
      onread: {
        buffer: shared,
        callback(bytes) {
          const chunk = shared.subarray(0, bytes);
          if (isOpen) read(chunk);
          else shake(chunk);
          return true;
        },
      },
    });
    socket.on('connect', () => {
      socket.write(
        `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
          `sec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n` +
          `sec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      );
    });
    socket.on('error', (error) => {
      reason = error.message;
      reject(error);
    });
    socket.on('close', () => {
      if (isOpen) onClose(reason);
      else reject(new Error(`${url}: closed during the handshake`));
      isOpen = false;
    });
  });
}

/** Bytes of a frame before its payload, by its second byte. */
const headLength = (second: number): number => (second < 126 ? 2 : second === 126 ? 4 : 10);

/** Where the frame that starts there ends; null when it is not there as a whole. */
function frameEnd(data: Buffer, at: number): number | null {
  const second = data[at + 1];
  if (second === undefined) return null;
  const start = at + headLength(second);
  if (start > data.length) return null;
  const length =
    second < 126 ? second : second === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
  return start + length > data.length ? null : start + length;
}

/** A client's frame; its mask, which every client must have, changes nothing. */
function frame(opcode: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
