import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { closeFrame, frame, gone, message, type RawSocket, rawSocket } from './support/raw.ts';
import { complete, init, subscribe } from './support/requirement.ts';
import { type Served, serve } from './support/serve.ts';

const RUNS = 300;

/** Whatever a client has done, this holds of the server when the client is gone. */
async function expectNothingLeft({ sockets, admission, fields, logged }: Served): Promise<void> {
  await eventually(() => admission.size === 0 && sockets.subscriptions === 0 && fields.feeds === 0);
  expect(logged).toEqual([]);
}

/** Bytes in pieces as the network may deliver them. */
const inPieces = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

/** Writes the pieces one by one: each is read by itself, or with the next, as it happens. */
async function writeAll(socket: RawSocket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const cuts = fc.array(fc.nat(), { maxLength: 5 });
const id = fc.constantFrom('1', '2', '__proto__', '');
const query = fc.constantFrom(
  ...['{ hello }', '{', '{ nothing }', 'mutation { held }', 'subscription { silence }'],
  ...['subscription { count(to: 3) }', 'subscription { failingly }', ''],
);
const type = fc.constantFrom(
  ...['connection_init', 'connection_ack', 'ping', 'pong', 'subscribe', 'next', 'error', 'complete', 'x'],
);
const payload = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.record({ query, variables: fc.jsonValue({ maxDepth: 1 }) }));

const messages = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(id, query).map(([id, query]) => subscribe(id, query)) },
    { weight: 3, arbitrary: id.map(complete) },
    { weight: 1, arbitrary: fc.constant(init) },
    { weight: 1, arbitrary: fc.constant(message({ type: 'ping', payload: { a: 1 } })) },
    {
      weight: 1,
      arbitrary: fc.record({ type, id: fc.oneof(id, fc.jsonValue()), payload }).map((value) => message(value)),
    },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }).map((text) => frame(text)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => frame(text)) },
  ),
  { maxLength: 12 },
);

describe('messages of any kind, in any order and in pieces of any size', () => {
  it('are answered, or end the socket with a code of the protocol', async () => {
    const served = await serve();
    served.fields.release();
    await fc.assert(
      fc.asyncProperty(fc.boolean(), messages, cuts, async (initialised, sent, at) => {
        const socket = await rawSocket(served.url);
        if (initialised) {
          socket.write(init);
          await eventually(() => socket.messages.length === 1);
        }
        await writeAll(socket, inPieces(Buffer.concat(sent), at));
        socket.write(message({ type: 'ping', payload: { last: true } }));
        await eventually(
          () => socket.tcp.closed || socket.messages.some(({ payload }) => (payload as { last?: unknown })?.last),
        );
        if (socket.tcp.closed) {
          expect([4400, 4401, 4409, 4429]).toContain((await socket.closed()).code);
        } else {
          // What is answered is answered to the end: at most one last word for each operation that was asked for.
          const ends = socket.messages.filter(({ type }) => type === 'complete' || type === 'error').length;
          expect(ends).toBeLessThanOrEqual(sent.length);
        }
        socket.tcp.destroy();
      }),
      { numRuns: RUNS },
    );
    await expectNothingLeft(served);
  });
});

const anyFrame = fc
  .record({
    data: fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('{"type":"connection_init"}', '{"type":"ping"}', '', '{').map((text) => Buffer.from(text)),
    ),
    opcode: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
      { weight: 1, arbitrary: fc.nat(15) },
    ),
    fin: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
    masked: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
    reserved: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    length: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(2 ** 20) }),
  })
  .map(({ data, length, ...options }) => frame(data, { ...options, ...(length !== undefined && { length }) }));

const bytes = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: anyFrame },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map((raw) => Buffer.from(raw)) },
    { weight: 1, arbitrary: fc.nat(0xffff).map((code) => closeFrame(code)) },
  ),
  { minLength: 1, maxLength: 8 },
);

describe('frames of any kind, and bytes that are none, in pieces of any size', () => {
  it('end the socket with a code, or leave it waiting for more, and the server as it was', async () => {
    const served = await serve();
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (sent, at) => {
        const socket = await rawSocket(served.url);
        await writeAll(socket, inPieces(Buffer.concat(sent), at));
        // Whatever the server still waits for does not come any more.
        socket.tcp.end();
        await gone(socket);
        const { code } = await socket.closed();
        const own = [1002, 1007, 1008, 1009, 4400, 4401, 4429];
        // 1005 and others come from the client; 1006 stands for no close frame: there was nothing to say.
        const isEcho =
          code === 1005 || code === 1006 || (code >= 1000 && code <= 1014) || (code >= 3000 && code < 5000);
        expect(own.includes(code) || isEcho, String(code)).toBe(true);
      }),
      { numRuns: RUNS },
    );
    await expectNothingLeft(served);
  });
});
