import { onTestFinished } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../../src/database/client.ts';

/** A pool with limits that a test can wait for, closed after it. `errors` holds the trouble of its idle connections. */
export function openSmallPool(url: string, limits: Partial<DatabaseOptions> = {}) {
  const errors: Error[] = [];
  const database = openDatabase({
    url,
    poolSize: 2,
    connectTimeoutMs: 300,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 10_000,
    onError: (error) => errors.push(error),
    ...limits,
  });
  onTestFinished(() => database.$disconnect());
  return { database, errors };
}

/** The error of a promise that must fail. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it did not fail: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
