/** What a server says of an operation that failed. */
export interface ServerError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

interface Details extends ErrorOptions {
  readonly temporary?: boolean;
  readonly closeCode?: number;
}

/**
 * What ended a subscription or, when it is `temporary`, an attempt at it. `code` is one of the server's, such as
 * BAD_USER_INPUT, or one of the client's own:
 * - CONNECTION_FAILED: there is no connection, or its peer has fallen silent
 * - CONNECTION_CLOSED: the server has closed it; `closeCode` says why
 * - COMPLETED: the server has ended the subscription, which has no end
 * - BAD_RESPONSE: whoever answers does not speak graphql-transport-ws
 * - INVALID_QUERY: one cannot resume with this query
 * - OUT_OF_ORDER: what came lies before what came already
 */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  /** Whether it may go away by itself, so that the client tries again. */
  readonly temporary: boolean;
  /** Of the WebSocket, if that was closed. */
  readonly closeCode: number | null;
  constructor(
    readonly code: string,
    message: string,
    { temporary = false, closeCode, ...options }: Details = {},
  ) {
    super(message, options);
    this.temporary = temporary;
    this.closeCode = closeCode ?? null;
  }
}

/** Codes of the server that say: not now. A defect is repaired some day, or another server does not have it. */
const notNow = new Set(['UNAVAILABLE', 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR']);

const codeOf = ({ extensions }: ServerError): string => String(extensions?.code ?? 'UNKNOWN');

/** The failure of an operation. Of several errors, one that will not go away counts. */
export function operationFailed(errors: readonly ServerError[]): SubscriptionError {
  const lasting = errors.find((error) => !notNow.has(codeOf(error)));
  const error = lasting ?? errors[0] ?? { message: 'The server says that something is wrong, and not what.' };
  return new SubscriptionError(codeOf(error), error.message, { temporary: error !== lasting, cause: errors });
}

/** Close codes that say: not now. The rest of WebSocket's own (1000 to 1999) says that an end is at fault. */
const passing = new Set([1000, 1001, 1005, 1006, 1012, 1013, 1014]);

/** The codes of graphql-transport-ws that say so too: as with 1002, graphql-ws does not connect again after them. */
const lasting = new Set([4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500]);

const FORBIDDEN = 4403;

/**
 * The end of a connection.
 * @param served whether the server has served it: then 4403 says that a token has run out, for which there is a new one
 */
export function connectionClosed(code: number, reason: string, served: boolean): SubscriptionError {
  const temporary = code === FORBIDDEN ? served : code < 2000 ? passing.has(code) : !lasting.has(code);
  const message = `The connection was closed with ${code}${reason && `: ${reason}`}.`;
  return new SubscriptionError('CONNECTION_CLOSED', message, { temporary, closeCode: code });
}

/** There is no connection. That changes. */
export const connectionFailed = (message: string, cause?: unknown): SubscriptionError =>
  new SubscriptionError('CONNECTION_FAILED', message, { temporary: true, cause });
