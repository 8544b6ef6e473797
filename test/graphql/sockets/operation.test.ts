import { describe, expect, it } from 'vitest';
import type { Results } from '../../../src/graphql/pipeline.ts';
import { startOperation } from '../../../src/graphql/sockets/operation.ts';
import type { Outbox } from '../../../src/graphql/sockets/outbox.ts';

/** A socket whose peer takes nothing while it is full. */
function outbox() {
  const state = { isFull: false, isOpen: true, sent: [] as unknown[] };
  let waiting: (() => void)[] = [];
  const box: Outbox = {
    get isFull() {
      return state.isFull;
    },
    room: () => new Promise((resolve) => waiting.push(resolve)),
    send: (message) => void state.sent.push(message),
    sendShared(beginning, text) {
      if (state.isOpen) state.sent.push(JSON.parse(`${beginning}${text}}`).payload);
      return state.isOpen;
    },
    pong: () => undefined,
    close: () => undefined,
  };
  return Object.assign(state, {
    box,
    empty() {
      state.isFull = false;
      for (const go of waiting) go();
      waiting = [];
    },
  });
}

/** A feed that gives what it is given, and knows how often it was asked. */
function source() {
  const asked: ((text: string) => void)[] = [];
  let isReturned = false;
  const results: AsyncGenerator<string, void, void> = {
    next: () => new Promise((resolve) => asked.push((text) => resolve({ done: false, value: text }))),
    async return() {
      isReturned = true;
      return { done: true, value: undefined };
    },
    throw: () => Promise.reject(new Error('nobody does')),
    [Symbol.asyncIterator]: () => results,
  };
  return {
    results: results as Results,
    asked,
    get isReturned() {
      return isReturned;
    },
  };
}

function start(results: Results, to: ReturnType<typeof outbox>) {
  const happened: string[] = [];
  const operation = startOperation({
    ...{ id: '1', outbox: to.box, execute: async () => results },
    onStream: () => void happened.push('stream'),
    onAnswered: () => void happened.push('answered'),
    onEnd: () => void happened.push('end'),
    onDefect: (error) => void happened.push(String(error)),
  });
  return { operation, happened };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a subscription', () => {
  it('asks for nothing while its socket is full', async () => {
    const [to, { results, asked }] = [outbox(), source()];
    to.isFull = true;
    start(results, to);
    await settle();
    expect(asked).toHaveLength(0);
    to.empty();
    await settle();
    expect(asked).toHaveLength(1);
  });

  it('keeps what it has got when another one has filled its socket meanwhile', async () => {
    const [to, { results, asked }] = [outbox(), source()];
    start(results, to);
    await settle();
    to.isFull = true;
    asked[0]?.('1');
    await settle();
    expect(to.sent).toEqual([]);
    to.empty();
    await settle();
    expect(to.sent).toEqual([1]);
    expect(asked).toHaveLength(2);
  });

  it('that waits for room sends nothing once it is stopped', async () => {
    const [to, from] = [outbox(), source()];
    const { operation, happened } = start(from.results, to);
    await settle();
    to.isFull = true;
    from.asked[0]?.('1');
    await settle();
    operation.stop();
    expect(from.isReturned).toBe(true);
    expect(happened).toEqual(['stream', 'end']);
    to.empty();
    await settle();
    expect(to.sent).toEqual([]);
    expect(happened).toEqual(['stream', 'end']);
  });

  it('ends when there is nobody to send to', async () => {
    const [to, from] = [outbox(), source()];
    const { happened } = start(from.results, to);
    await settle();
    to.isOpen = false;
    from.asked[0]?.('1');
    await settle();
    expect(from.isReturned).toBe(true);
    expect(happened).toEqual(['stream', 'end']);
  });
});
