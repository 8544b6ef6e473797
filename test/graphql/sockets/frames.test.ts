import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { CLOSE, closeFrame, frame, message, PING, PONG, rawSocket, TEXT } from './support/raw.ts';
import { ack, acknowledged, expectMet, init, type Requirement, together } from './support/requirement.ts';
import { serve } from './support/serve.ts';

const CONTINUATION = 0;
const INIT = '{"type":"connection_init"}';
const invalidUtf8 = Buffer.from([0x22, 0xc3, 0x28, 0x22]);
const BYTES = 4_096;
const long = (bytes: number) => JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(bytes) } });

const requirements: Record<string, readonly Requirement[]> = {
  'a message in fragments': [
    {
      id: 'is one message',
      does: [frame(INIT.slice(0, 5), { fin: false }), frame(INIT.slice(5), { opcode: CONTINUATION })],
      gets: [ack],
    },
    {
      id: 'may have empty ones, and be cut within a character',
      does: [
        together(
          frame('', { fin: false }),
          ...[...Buffer.from('{"type":"ping","payload":{"a":"é"}}')].map((byte) =>
            frame(Buffer.from([byte]), { opcode: CONTINUATION, fin: false }),
          ),
          frame('', { opcode: CONTINUATION }),
        ),
      ],
      gets: [{ type: 'pong', payload: { a: 'é' } }],
    },
    {
      id: 'may be interrupted by control frames',
      does: [
        frame(INIT.slice(0, 5), { fin: false }),
        together(frame('', { opcode: PING }), frame('', { opcode: PONG })),
        frame(INIT.slice(5), { opcode: CONTINUATION }),
      ],
      gets: [ack],
    },
    {
      id: 'may not be interrupted by another message',
      does: [together(frame('{', { fin: false }), frame(INIT))],
      closes: 1002,
    },
    { id: 'may not go on without having begun', does: [frame(INIT, { opcode: CONTINUATION })], closes: 1002 },
    {
      id: 'has no more of them than it needs',
      does: [
        together(
          frame('', { fin: false }),
          ...Array.from({ length: 2_000 }, () => frame('', { opcode: CONTINUATION, fin: false })),
        ),
      ],
      closes: 1008,
    },
  ],
  'a message that is too long': [
    { id: 'in one frame is refused', does: [frame(long(BYTES))], closes: 1009 },
    { id: 'is refused before it has come', does: [frame('', { length: 2 ** 40 })], closes: 1009 },
    { id: 'of more bytes than numbers can tell is refused', does: [frame('', { length: 2 ** 62 })], closes: 1009 },
    {
      id: 'over several frames is refused',
      does: [together(frame('x'.repeat(BYTES - 1), { fin: false }), frame('xx', { opcode: CONTINUATION, fin: false }))],
      closes: 1009,
    },
    {
      id: 'is one byte longer than this',
      does: [frame(INIT.padEnd(BYTES)), acknowledged],
      gets: [ack],
    },
  ],
  'a frame': [
    { id: 'with text that is no UTF-8 is refused', does: [frame(invalidUtf8)], closes: 1007 },
    {
      id: 'with text that is no UTF-8 is refused, over fragments',
      does: [
        together(
          frame(invalidUtf8.subarray(0, 2), { fin: false }),
          frame(invalidUtf8.subarray(2), { opcode: CONTINUATION }),
        ),
      ],
      closes: 1007,
    },
    ...[1, 2, 4, 7].map((reserved) => ({
      id: `with reserved bits (${reserved}) is refused`,
      does: [frame(INIT, { reserved })],
      closes: 1002,
    })),
    ...[3, 7, 11, 15].map((opcode) => ({
      id: `with a reserved opcode (${opcode}) is refused`,
      does: [frame(INIT, { opcode })],
      closes: 1002,
    })),
    { id: 'that is not masked is refused', does: [frame(INIT, { masked: false })], closes: 1002 },
    {
      id: 'byte by byte is a frame',
      does: [...frame(INIT)].map((byte) => Buffer.from([byte])),
      gets: [ack],
    },
    { id: 'in bytes is refused', does: [frame(INIT, { opcode: 2 })], closes: 4400 },
  ],
  'a control frame': [
    { id: 'in fragments is refused', does: [frame('', { opcode: PING, fin: false })], closes: 1002 },
    { id: 'of more than 125 bytes is refused', does: [frame('x'.repeat(126), { opcode: PING })], closes: 1002 },
    { id: 'that is a pong nobody asked for is taken', does: [frame('x', { opcode: PONG }), init], gets: [ack] },
  ],
  'a close frame': [
    { id: 'is answered with its code', does: [closeFrame(1000, 'bye')], closes: 1000, reason: 'bye' },
    { id: 'is answered with its code, also one of an application', does: [closeFrame(4999)], closes: 4999 },
    { id: 'without a code is answered without one', does: [frame('', { opcode: CLOSE })], closes: 1005 },
    { id: 'with half a code is refused', does: [frame('x', { opcode: CLOSE })], closes: 1002 },
    ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map((code) => ({
      id: `with a code that nobody may send (${code}) is refused`,
      does: [closeFrame(code)],
      closes: 1002,
    })),
    { id: 'with a reason that is no UTF-8 is refused', does: [closeFrame(1000, invalidUtf8)], closes: 1007 },
    { id: 'is the last that is heard', does: [together(closeFrame(1000), init)], closes: 1000 },
  ],
};

describe.each(Object.entries(requirements))('%s', (_subject, rows) => {
  it.each(rows.map((row) => [row.id, row] as const))('%s', async (_id, requirement) => {
    const { url, logged, sockets, admission } = await serve({ messageBytes: BYTES });
    await expectMet(url, requirement);
    expect(logged).toEqual([]);
    await sockets.close();
    expect([sockets.subscriptions, admission.size]).toEqual([0, 0]);
  });
});

describe('a ping of WebSocket itself', () => {
  it('is answered with its payload, each', async () => {
    const { url } = await serve();
    const socket = await rawSocket(url);
    const payloads = Array.from({ length: 500 }, (_, n) => String(n).padEnd(125));
    socket.write(...payloads.map((payload) => frame(payload, { opcode: PING })));
    await eventually(() => socket.frames.length === 500);
    expect(socket.frames.map(({ payload }) => String(payload))).toEqual(payloads);
    expect(socket.frames.every(({ opcode, fin }) => opcode === PONG && fin)).toBe(true);
  });
});

describe('what the server sends', () => {
  it('is text in well-formed messages, whatever their length', async () => {
    const { url } = await serve({ messageBytes: 2 ** 18 });
    const socket = await rawSocket(url);
    for (const length of [0, 10, 100, 126, 1_000, 65_000, 65_536, 200_000]) {
      const payload = { a: 'é'.repeat(length / 2) };
      socket.write(message({ type: 'ping', payload }));
      await eventually(() => socket.messages.length === 1);
      expect(socket.messages.splice(0)).toEqual([{ type: 'pong', payload }]);
    }
    expect(socket.frames.every(({ opcode, fin }) => opcode === TEXT && fin)).toBe(true);
  });

  it('is not compressed, whatever the client offers', async () => {
    const { url } = await serve();
    const socket = await rawSocket(url, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] });
    expect(socket.head).toMatch(/^HTTP\/1.1 101 /);
    expect(socket.head).not.toMatch(/Extensions/i);
  });
});
