import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/projections/progress.ts';

const progressWith = (ask = async () => ({ revision: 0, position: 0n })) =>
  createProgress({
    ask,
    onError: (error) => {
      throw error;
    },
  });

describe('how far a read table is', () => {
  it('does not go back when an answer of the database comes late', () => {
    const progress = progressWith();
    progress.learn({ revision: 0, position: 20n });
    progress.learn({ revision: 0, position: 10n });
    expect(progress.position).toBe(20n);
  });
  it('goes back when another table was put in its place, and late answers about the old one change nothing', () => {
    const progress = progressWith();
    progress.learn({ revision: 0, position: 20n });
    progress.learn({ revision: 1, position: 10n });
    progress.learn({ revision: 0, position: 25n });
    expect(progress.position).toBe(10n);
  });
  it('is asked for while somebody waits, and no longer', async () => {
    let asked = 0;
    const progress = progressWith(async () => ({ revision: 0, position: BigInt(++asked) }));
    expect(await progress.reached(3n, new AbortController().signal)).toBe(true);
    expect(asked).toBe(3);
  });
});
