import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { expect } from 'vitest';
import type { ErrorCode } from '../../../src/eventsourcing/errors.ts';
import { SECRET } from './bad-values.ts';
import type { GraphQLRequest } from './places.ts';

export type Errors = readonly GraphQLFormattedError[] | undefined;

/** The errors that end an operation over a socket; none if it yields a result. */
export const overWebSocket = (sockets: Client, request: GraphQLRequest): Promise<Errors> =>
  new Promise((resolve, reject) => {
    const stop = sockets.subscribe(request as { query: string; variables: Record<string, unknown> }, {
      next({ errors }) {
        resolve(errors as Errors);
        stop();
      },
      error: (error) =>
        Array.isArray(error) ? resolve(error) : reject(new Error(`the socket closed: ${JSON.stringify(error)}`)),
      complete: () => resolve(undefined),
    });
  });

/** What holds for every error that a client gets, whatever it did. */
export function expectPresentable(errors: Errors): void {
  expect(errors, 'it was accepted').toBeDefined();
  for (const error of errors ?? []) {
    expect(error.message.length).toBeLessThanOrEqual(600);
    expect(JSON.stringify(error)).not.toContain(SECRET);
    expect(JSON.stringify(error)).not.toMatch(/node_modules|\.[jt]s:\d|stack/i);
  }
}

/** What holds for a request that is refused: its code, and a message that names the field and repeats no value. */
export function expectRefusal(errors: Errors, name: string, code: ErrorCode = 'BAD_USER_INPUT'): void {
  expectPresentable(errors);
  for (const error of errors ?? []) {
    expect(error.extensions?.code).toBe(code);
    // A document that cannot be parsed has no fields yet, only places.
    if (!(error.message.startsWith('Syntax Error: ') && error.locations)) expect(error.message).toContain(name);
  }
}
