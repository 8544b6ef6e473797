/**
 * Every error code a client can meet in `errors[].extensions.code`, with what it means. Outcomes that a client is
 * expected to handle (a rule said no, somebody else was first) are data in the schema, not errors.
 */
export const errorCodes = {
  BAD_USER_INPUT: 'The request cannot be understood or holds a value that is not allowed; the message names it.',
  UNAUTHENTICATED: 'The request needs a valid token.',
  FORBIDDEN: 'The token does not allow this.',
  COMMAND_ID_REUSED: 'This commandId was used for another input. Send a new commandId.',
  PROJECTION_STALE: 'The read table did not reach minPosition in time. Ask again.',
  TOO_MANY_REQUESTS: 'A limit on connections, subscriptions or requests was reached. Slow down.',
  OPERATION_TOO_COMPLEX: 'The operation asks for too much at once. Split it.',
  UNAVAILABLE: 'The server or its database is overloaded or out of reach. Try again, with the same commandId.',
  INTERNAL_SERVER_ERROR: 'A defect. The log line with the same correlationId says more.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error that may be shown to a client: a code of the table above and a message that says what to do. */
export class TidemarkError extends Error {
  override readonly name = 'TidemarkError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Further facts for the client, in `extensions`. Never anything personal or secret. */
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Thrown by {@link reject} inside `decide`; dispatch turns it into a recorded refusal. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  constructor(readonly code: string) {
    super(code);
  }
}

/** The rejections that a decider knows: code → what a person is told. */
export type Rejections = Readonly<Record<string, string>>;

/** Makes the `reject` of one decider: it ends `decide` with one of the decider's own codes. */
export const rejectWith =
  <R extends Rejections>(_rejections: R) =>
  (code: keyof R & string): never => {
    throw new Rejection(code);
  };
