import { expect } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { frame, message, type RawSocket, rawSocket } from './raw.ts';

/** What a client does: writes something in one piece, or waits for a message of a type. */
export type Step = Buffer | { readonly until: string };

/** What holds of every server of the protocol: what a client does, and what it gets. */
export interface Requirement {
  readonly id: string;
  readonly does: readonly Step[];
  /** The messages that it gets, all of them. */
  readonly gets?: readonly object[];
  /** The code that the server closes with; without it the socket stays open. */
  readonly closes?: number;
  readonly reason?: string;
}

export const together = (...frames: Buffer[]): Buffer => Buffer.concat(frames);
export const init = message({ type: 'connection_init' });
export const ack = { type: 'connection_ack' };
export const acknowledged: Step = { until: 'connection_ack' };
export const subscribe = (id: string, query: string, more: object = {}): Buffer =>
  message({ id, type: 'subscribe', payload: { query, ...more } });
export const complete = (id: string): Buffer => message({ id, type: 'complete' });
export const next = (id: string, data: object) => ({ id, type: 'next', payload: { data } });
export const completed = (id: string) => ({ id, type: 'complete' });
export const binary = (value: unknown): Buffer => frame(JSON.stringify(value), { opcode: 2 });

/** Everything that a client gets, in order, until the server has nothing more to say. */
async function meet(socket: RawSocket, { does, gets = [], closes }: Requirement): Promise<void> {
  for (const step of does) {
    if (Buffer.isBuffer(step)) socket.write(step);
    else await eventually(() => socket.messages.some(({ type }) => type === step.until));
  }
  if (closes !== undefined) return;
  await eventually(() => socket.messages.length >= gets.length);
  // Whatever was on its way is there before the answer to this.
  socket.write(message({ type: 'ping', payload: { last: true } }));
  await eventually(() => socket.messages.some(({ payload }) => (payload as { last?: boolean })?.last));
}

export async function expectMet(url: string, requirement: Requirement): Promise<void> {
  const { gets = [], closes, reason } = requirement;
  const socket = await rawSocket(url);
  await meet(socket, requirement);
  if (closes === undefined) {
    expect(socket.messages).toEqual([...gets, { type: 'pong', payload: { last: true } }]);
    expect(socket.tcp.closed).toBe(false);
    return;
  }
  const closed = await socket.closed();
  expect(closed.code).toBe(closes);
  if (reason !== undefined) expect(closed.reason).toBe(reason);
  expect(socket.messages).toEqual(gets);
}
