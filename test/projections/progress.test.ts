import { describe, expect, it } from 'vitest';
import { createProgress, type Reached } from '../../src/projections/progress.ts';
import { eventually } from '../support/eventually.ts';

const forever = new AbortController().signal;

/** The progress of a table, and the answers of the database by hand. */
function open() {
  const asked: { answer: (reached: Reached) => void; fail: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  const progress = createProgress({
    ask: () => new Promise((answer, fail) => asked.push({ answer, fail })),
    onError: (error) => errors.push(error),
  });
  return { progress, asked, errors };
}

describe('the progress of a read table', () => {
  it('does not go back when an answer is late, but does so for another table', () => {
    const { progress } = open();
    progress.learn({ generation: 2, position: 9n });
    progress.learn({ generation: 2, position: 7n });
    expect(progress.position).toBe(9n);
    progress.learn({ generation: 1, position: 7n });
    expect(progress.position).toBe(7n);
  });

  it('is not asked for while nobody waits, and once at a time however many do', async () => {
    const { progress, asked } = open();
    expect(asked).toHaveLength(0);
    const waiting = [1n, 2n, 3n].map((position) => progress.reached(position, forever));
    expect(asked).toHaveLength(1);
    asked[0]?.answer({ generation: 1, position: 2n });
    expect(await Promise.all(waiting.slice(0, 2))).toEqual([true, true]);
    await eventually(() => asked.length === 2);
    asked[1]?.answer({ generation: 1, position: 3n });
    expect(await waiting[2]).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('believes no answer to what it asked before positions came in by themselves', async () => {
    const { progress, asked } = open();
    progress.learn({ generation: 1, position: 5n });
    const waiting = progress.reached(6n, forever);
    progress.learn({ generation: 2, position: 6n });
    progress.fed = true;
    expect(await waiting).toBe(true);
    asked[0]?.answer({ generation: 1, position: 5n });
    await Promise.resolve();
    expect(progress.position).toBe(6n);
    expect(await progress.reached(6n, forever)).toBe(true);
  });

  it('is asked for less often while there is no answer', async () => {
    const { progress, asked, errors } = open();
    const waiting = progress.reached(1n, AbortSignal.timeout(300));
    asked[0]?.fail(new Error('out of reach'));
    expect(await waiting).toBe(false);
    expect(errors).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });
});
