import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from '../../../support/eventually.ts';

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** The three reserved bits, as a number. */
  readonly reserved?: number;
  /** What the frame says that its length is. */
  readonly length?: number;
}

/** A frame as a client sends it, or as none should. */
export function frame(data: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = TEXT, fin = true, masked = true, reserved = 0 } = options;
  const payload = Buffer.from(data);
  const length = options.length ?? payload.length;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

/** A message of the protocol in a frame. */
export const message = (value: unknown, options: FrameOptions = {}): Buffer => frame(JSON.stringify(value), options);

/** A close frame. */
export function closeFrame(code: number, reason: string | Buffer = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(Buffer.concat([head, Buffer.from(reason)]), { opcode: CLOSE });
}

/** A client that writes what it is told and understands what it gets, down to the frames. */
export interface RawSocket {
  readonly tcp: Socket;
  /** The head of the answer to its handshake. */
  readonly head: string;
  readonly frames: readonly Frame[];
  /** What has come as text, as messages of the protocol. */
  readonly messages: Record<string, unknown>[];
  /** Writes it in one piece. */
  write(...frames: Buffer[]): void;
  /** Resolves with the code and the reason of the server's close frame, 1006 if the socket ended without one. */
  closed(): Promise<{ code: number; reason: string }>;
}

interface RawOptions {
  readonly protocol?: string | null;
  readonly headers?: readonly string[];
  /** Whether it does its part of the closing handshake. */
  readonly closes?: boolean;
}

/** The request that a WebSocket begins with. */
export function handshake(url: string, { protocol = 'graphql-transport-ws', headers = [] }: RawOptions = {}): string {
  const { host, pathname } = new URL(url);
  return [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...headers,
    '\r\n',
  ].join('\r\n');
}

/** A client for the test that runs. */
export async function rawSocket(url: string, options: RawOptions = {}): Promise<RawSocket> {
  const socket = await openRawSocket(url, options);
  onTestFinished(() => void socket.tcp.destroy());
  return socket;
}

/** Connects and shakes hands; whoever calls it closes it. */
export async function openRawSocket(url: string, options: RawOptions = {}): Promise<RawSocket> {
  const { closes = true } = options;
  const { hostname, port } = new URL(url);
  const tcp = connect(Number(port), hostname);
  tcp.on('error', () => undefined);
  let unread = Buffer.alloc(0);
  let head = '';
  const frames: Frame[] = [];
  const messages: Record<string, unknown>[] = [];
  let text: Buffer[] = [];

  function take({ fin, opcode, payload }: Frame): void {
    frames.push({ fin, opcode, payload });
    if (opcode === CLOSE && closes && tcp.writable) tcp.end(frame(payload, { opcode }));
    if (opcode > 2) return;
    text.push(payload);
    if (!fin) return;
    messages.push(JSON.parse(Buffer.concat(text).toString()));
    text = [];
  }

  tcp.on('data', (data) => {
    unread = unread.length > 0 ? Buffer.concat([unread, data]) : data;
    if (head === '') {
      const end = unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      head = unread.subarray(0, end).toString();
      unread = unread.subarray(end + 4);
    }
    for (let read = frameIn(unread); read; read = frameIn(unread)) {
      unread = unread.subarray(read.size);
      take(read);
    }
  });
  const ended = new Promise<void>((resolve) => tcp.once('close', () => resolve()));

  tcp.write(handshake(url, options));
  await Promise.race([eventually(() => head), ended]);
  return {
    tcp,
    head,
    frames,
    messages,
    write: (...written) => void tcp.write(Buffer.concat(written)),
    async closed() {
      const closing = () => frames.find(({ opcode }) => opcode === CLOSE);
      await Promise.race([eventually(closing), ended]);
      const payload = closing()?.payload;
      if (!payload) return { code: 1006, reason: '' };
      return { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    },
  };
}

/** The first frame of what a server has sent, once it is there as a whole. */
function frameIn(data: Buffer): (Frame & { size: number }) | null {
  if (data.length < 2) return null;
  const [first, second] = data as unknown as [number, number];
  const extra = second < 126 ? 0 : second === 126 ? 2 : 8;
  if (data.length < 2 + extra) return null;
  const length = extra === 0 ? second : extra === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const size = 2 + extra + length;
  if (data.length < size) return null;
  return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, payload: data.subarray(2 + extra, size), size };
}

/** Resolves when the socket is gone altogether. */
export async function gone({ tcp }: RawSocket): Promise<void> {
  if (!tcp.closed) await once(tcp, 'close');
}
