import { type ASTNode, type DocumentNode, type GraphQLError, type GraphQLFormattedError, Kind, visit } from 'graphql';
import { ArgumentValidationError } from 'type-graphql';
import { faultOf } from '../database/errors.ts';
import { type ErrorCode, errorCodes, TidemarkError } from '../eventsourcing/errors.ts';

type ValidationErrors = ArgumentValidationError['extensions']['validationErrors'];

/** `input.displayName: must be …`, one per field, from class-validator's tree. */
function validationMessages(errors: ValidationErrors, path = ''): string[] {
  return errors.flatMap((error) => {
    const field = path ? `${path}.${error.property}` : error.property;
    // class-validator's messages begin with the property's name.
    const messages = Object.values(error.constraints ?? {}).map((message) =>
      message.startsWith(`${error.property} `) ? message.slice(error.property.length + 1) : message,
    );
    return [...messages.map((message) => `${field}: ${message}`), ...validationMessages(error.children ?? [], field)];
  });
}

const MESSAGE_LENGTH = 500;

/** graphql-js repeats the refused value in its messages; it may be personal, or a megabyte long. */
function withoutValues(message: string): string {
  const stripped = message
    .replace(/ got invalid value [\s\S]*?( at "[^"]{1,200}")?; /, ' got an invalid value$1: ')
    .replace(/, found [\s\S]*$/, (rest) => {
      const reason = /; ([^;]*)$/.exec(rest)?.[1];
      return reason ? `: ${reason}` : '.';
    });
  return stripped.length > MESSAGE_LENGTH ? `${stripped.slice(0, MESSAGE_LENGTH)}…` : stripped;
}

/** Codes of Apollo Server and graphql-js that say: the request is at fault. */
const requestCodes = new Set([
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

interface Explanation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What a client may know of an error; null for a defect, of which it may know nothing. */
function explain(error: GraphQLError): Explanation | null {
  const cause = error.originalError ?? error;
  if (cause instanceof TidemarkError) return cause;
  if (cause instanceof ArgumentValidationError) {
    return { code: 'BAD_USER_INPUT', message: validationMessages(cause.extensions.validationErrors).join('; ') };
  }
  const code = error.extensions.code;
  if (typeof code === 'string' && requestCodes.has(code)) {
    return { code: 'BAD_USER_INPUT', message: withoutValues(error.message) };
  }
  // Arguments that turn out wrong while executing, such as a variable that was not given for a required argument.
  if (/^Argument "/.test(error.message)) return { code: 'BAD_USER_INPUT', message: withoutValues(error.message) };
  if (faultOf(cause) === 'unreachable') return { code: 'UNAVAILABLE', message: errorCodes.UNAVAILABLE };
  return null;
}

/** True for an error that is our own fault: it belongs in the log, and its text must not reach the client. */
export const isDefect = (error: GraphQLError): boolean => explain(error) === null;

/** The argument and the input fields that lead to a node of a document: `input.email`. */
export const fieldAround = (ancestors: readonly (ASTNode | readonly ASTNode[] | undefined)[]): string =>
  ancestors
    .flatMap((node) =>
      node && 'kind' in node && (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD)
        ? [node.name.value]
        : [],
    )
    .join('.');

/** `input.email: ` for an error about a literal that stands there. */
function fieldPrefix(error: GraphQLError, document: DocumentNode | undefined): string {
  const culprit = error.nodes?.length === 1 ? error.nodes[0] : undefined;
  let field = '';
  if (culprit && document) {
    visit(document, {
      enter(node, _key, parent, _path, ancestors) {
        if (node === culprit) field = fieldAround([...ancestors, parent, node]);
      },
    });
  }
  return field && `${field}: `;
}

/** What the request knows of an error, for whoever formats it. */
export interface ErrorOrigin {
  readonly correlationId: string;
  readonly document?: DocumentNode | undefined;
}

/** The error as a client sees it: a code of the one table, and nothing of a defect but the id to find it in the log. */
export function presentError(error: GraphQLError, origin: ErrorOrigin | undefined): GraphQLFormattedError {
  const known = explain(error);
  const correlationId = origin?.correlationId;
  const prefix = error.extensions.code === 'GRAPHQL_VALIDATION_FAILED' ? fieldPrefix(error, origin?.document) : '';
  return {
    message: known ? prefix + known.message : 'Internal server error. The server log has it under this correlationId.',
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions: known
      ? { code: known.code, ...known.details }
      : { code: 'INTERNAL_SERVER_ERROR', ...(correlationId ? { correlationId } : {}) },
  };
}
