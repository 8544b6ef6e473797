import { describe, expect, it } from 'vitest';
import { type CursorStore, localStorageStore, SubscriptionError, subscribe } from '../../src/client/index.ts';
import { quick } from './support/following.ts';
import { peer } from './support/peer.ts';
import { start } from './support/users.ts';

/** Keeps the cursor in memory, and what was done with it. */
function memoryStore(cursor: string | null = null) {
  const saved: string[] = [];
  const store: CursorStore = {
    load: () => saved.at(-1) ?? cursor,
    save: async (each) => void saved.push(each),
  };
  return { store, saved };
}

/** Three batches, from 1 to 3, and then no more. */
const three = () =>
  peer(({ variables, batch }) => {
    for (let position = Number(variables.after ?? 0) + 1; position <= 3; position++) batch([position]);
  });

describe('the store of a cursor', () => {
  it('is asked where to start, and goes before `after`', async () => {
    const { url, asked } = await three();
    const batches = subscribe({ url, ...quick, store: memoryStore('2').store, after: '1' });
    expect((await batches.next()).value).toMatchObject({ cursor: '3' });
    await batches.return();
    expect(asked).toEqual([{ after: '2' }]);
  });

  it('leaves it to `after` when it is empty', async () => {
    const { url, asked } = await three();
    for (const nothing of [null, undefined]) {
      const batches = subscribe({ url, ...quick, store: { load: () => nothing, save: () => {} }, after: '1' });
      await batches.next();
      await batches.return();
    }
    expect(asked).toEqual([{ after: '1' }, { after: '1' }]);
  });

  it('gets the cursor of a batch when the next one is asked for, and not before', async () => {
    const { url } = await three();
    const { store, saved } = memoryStore();
    const batches = subscribe({ url, ...quick, store });
    await batches.next();
    expect(saved).toEqual([]);
    await batches.next();
    expect(saved).toEqual(['1']);
    await batches.next();
    expect(saved).toEqual(['1', '2']);
    // The one in hand may not be finished.
    await batches.return();
    expect(saved).toEqual(['1', '2']);
  });

  it('gets it also when the signal fires while the consumer finishes a batch', async () => {
    const { url } = await three();
    const { store, saved } = memoryStore();
    const stop = new AbortController();
    let finished = 0;
    for await (const _ of subscribe({ url, ...quick, store, signal: stop.signal })) {
      stop.abort();
      finished++;
    }
    expect(finished).toBe(1);
    expect(saved).toEqual(['1']);
  });

  it('may finish a save when the iteration is ended meanwhile, unless it takes too long', async () => {
    const { url } = await three();
    for (const finishes of [true, false]) {
      const stop = new AbortController();
      let saved = false;
      const store: CursorStore = {
        load: () => null,
        async save() {
          stop.abort();
          await new Promise((resolve) => finishes && setImmediate(resolve));
          saved = true;
        },
      };
      const batches = subscribe({ url, ...quick, store, signal: stop.signal });
      await batches.next();
      expect(await batches.next()).toEqual({ done: true, value: undefined });
      expect(saved).toBe(finishes);
    }
  });

  it('saves one cursor at a time, before the next batch is given', async () => {
    const { url } = await three();
    const steps: string[] = [];
    const store: CursorStore = {
      load: async () => '0',
      async save(cursor) {
        steps.push(`saving ${cursor}`);
        await new Promise(setImmediate);
        steps.push(`saved ${cursor}`);
      },
    };
    for await (const { cursor } of subscribe({ url, ...quick, store })) {
      steps.push(`given ${cursor}`);
      if (cursor === '3') break;
    }
    const expected = [1, 2].flatMap((n) => [`given ${n}`, `saving ${n}`, `saved ${n}`]);
    expect(steps).toEqual([...expected, 'given 3']);
  });

  it('makes a client that is started again go on, with at most the batch that was in hand once more', async () => {
    const { url, register } = await start();
    const { store } = memoryStore();
    const runs: number[][] = [];
    for (let run = 0; run < 5; run++) {
      await register(10);
      const seen: number[] = [];
      for await (const { events, cursor } of subscribe({ url, ...quick, store, after: '0' })) {
        seen.push(...events.map(({ position }) => Number(position)));
        if (Number(cursor) >= 10 * (run + 1)) break;
      }
      runs.push(seen);
    }
    // Each run ends with a batch in hand, and the next begins with it: nothing is missing in between.
    for (const [run, seen] of runs.entries()) {
      expect(seen).toEqual(seen.map((_, index) => (seen[0] ?? 0) + index));
      expect(seen.at(-1)).toBe(10 * (run + 1));
      expect(seen[0]).toBeLessThanOrEqual(10 * run + 1);
    }
  });

  it.each([
    new Error('the disk is full'),
    // The store's own subscription is no business of this one.
    new SubscriptionError('UNAVAILABLE', 'not now', { temporary: true }),
  ])('ends the iteration with its error when it fails: %s', async (failure) => {
    const { url } = await three();
    const fail = () => {
      throw failure;
    };
    const fails = async () => fail();
    for (const store of [
      { load: fail, save: fail },
      { load: fails, save: fails },
    ]) {
      await expect(subscribe({ url, ...quick, store }).next()).rejects.toBe(failure);
    }
    for (const save of [fail, fails]) {
      const batches = subscribe({ url, ...quick, store: { load: () => null, save } });
      expect((await batches.next()).value).toMatchObject({ cursor: '1' });
      await expect(batches.next()).rejects.toBe(failure);
      expect(await batches.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('may be a browser’s localStorage', async () => {
    const items = new Map<string, string>();
    const localStorage = { getItem: (key: string) => items.get(key) ?? null, setItem: items.set.bind(items) };
    Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true });
    const store = localStorageStore('cursor');
    expect(store.load()).toBeNull();
    store.save('42');
    expect(store.load()).toBe('42');
    expect([...items]).toEqual([['cursor', '42']]);
  });
});
