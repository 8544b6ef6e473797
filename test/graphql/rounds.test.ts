import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRounds } from '../../src/graphql/feeds/rounds.ts';

let now = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
});

function open() {
  const rounds = createRounds();
  const went: string[] = [];
  return { ...rounds, went, go: (name: string) => rounds.turn().then(() => void went.push(name)) };
}

/** Lets the event loop turn. */
const turned = () => new Promise((resolve) => setImmediate(resolve));

/** A round that holds up the process for so long, ms. */
async function round(rounds: ReturnType<typeof open>, ms: number): Promise<void> {
  await rounds.turn();
  now += ms;
  await turned();
}

describe('rounds', () => {
  it('let whoever comes after a rest go on at once, and all others of that moment too', async () => {
    const rounds = open();
    void rounds.go('one');
    void rounds.go('other');
    await Promise.resolve();
    expect(rounds.went).toEqual(['one', 'other']);
  });

  it('need no rest when they are short', async () => {
    const rounds = open();
    for (const name of ['one', 'two', 'three']) {
      await round(rounds, 0.5);
      await rounds.go(name);
      await turned();
    }
    expect(rounds.went).toEqual(['one', 'two', 'three']);
  });

  it('are followed by a rest of half their time, after which all who came meanwhile go on together', async () => {
    const rounds = open();
    await round(rounds, 40);
    for (const name of ['one', 'two', 'three']) void rounds.go(name);
    await vi.advanceTimersByTimeAsync(19);
    expect(rounds.went).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(rounds.went).toEqual(['one', 'two', 'three']);
  });

  it('rest for a bounded time', async () => {
    const rounds = open();
    await round(rounds, 60_000);
    void rounds.go('one');
    await vi.advanceTimersByTimeAsync(250);
    expect(rounds.went).toEqual(['one']);
  });

  it('end with those who wait let go, and no timer left', async () => {
    const rounds = open();
    await round(rounds, 40);
    void rounds.go('one');
    rounds.close();
    await Promise.resolve();
    expect(rounds.went).toEqual(['one']);
    now += 40;
    await turned();
    expect(vi.getTimerCount()).toBe(0);
  });
});
