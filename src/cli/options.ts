import { InvalidArgumentError } from 'commander';

const MAX_POSITION = 2n ** 63n - 1n;

/** A position, as an argument. */
export function position(text: string): bigint {
  const value = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value > MAX_POSITION) throw new InvalidArgumentError('It must be a position, such as 1234.');
  return value;
}

/** A whole number from 1, as an argument. */
export function count(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

/** For an option that may be given several times. */
export const several = (text: string, earlier: readonly string[] = []): readonly string[] => [...earlier, text];
