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
const FIELD_LENGTH = 100;

const shorten = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** graphql-js repeats the refused value in its messages; it may be personal, or a megabyte long. */
function withoutValues({ message, originalError }: GraphQLError): string {
  const reason = originalError && originalError.message !== message ? originalError.message : '';
  const variable = /^Variable "\$(\w{1,100})" got invalid value /.exec(message);
  if (variable && reason && message.endsWith(`; ${reason}`)) {
    // What stands before the reason ends in the value, or in the place of the value.
    const place = / at "([\w.[\]]{1,200})"$/.exec(message.slice(0, -reason.length - 2))?.[1] ?? variable[1];
    return `${place}: ${withoutValue(reason)}`;
  }
  const expected = /^Expected value of type "([^"]{1,100})", found /.exec(message)?.[1];
  if (expected) return `a value of type ${expected} is expected${reason ? `: ${withoutValue(reason)}` : ''}`;
  return withoutValue(message);
}

/** The messages of the built-in scalars and of enums, of the parser, and of arguments. */
const valuesIn: readonly [RegExp, string][] = [
  [/^(Int|Float|String|Boolean|ID) cannot represent ([a-z0-9 -]*value)[\s\S]*$/, '$1 cannot represent a $2'],
  [/^Value [\s\S]* does not exist in "(\w+)" enum[\s\S]*$/, 'it must be one of the values of $1'],
  [/^Enum "(\w+)" cannot represent [\s\S]*$/, 'it must be one of the values of $1'],
  [/^Argument "(\w+)" has invalid value [\s\S]*$/, '$1: it has an invalid value'],
  [/^(Syntax Error: [\s\S]*?(?:String|BlockString|Int|Float)) "[\s\S]*$/, '$1.'],
  [/^(?:Syntax Error: )?Maximum call stack size exceeded[\s\S]*$/, 'The document is nested too deeply.'],
];

const withoutValue = (message: string): string =>
  valuesIn.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), message);

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
    return { code: 'BAD_USER_INPUT', message: withoutValues(error) };
  }
  // Arguments that turn out wrong while executing, such as a variable that was not given for a required argument.
  if (/^Argument "/.test(error.message)) return { code: 'BAD_USER_INPUT', message: withoutValues(error) };
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
  return field && `${shorten(field, FIELD_LENGTH)}: `;
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
    message: known
      ? shorten(prefix + known.message, MESSAGE_LENGTH)
      : 'Internal server error. The server log has it under this correlationId.',
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions: known
      ? { code: known.code, ...known.details }
      : { code: 'INTERNAL_SERVER_ERROR', ...(correlationId ? { correlationId } : {}) },
  };
}

/** An answer that is nothing but an error, for what fails outside of GraphQL. */
export const failure = (code: ErrorCode, message: string) => ({ errors: [{ message, extensions: { code } }] });
