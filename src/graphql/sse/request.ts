import type { GraphQLRequest } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { getOperationAST, OperationTypeNode, parse } from 'graphql';
import type { ErrorCode } from '../../eventsourcing/errors.ts';
import { Position } from '../scalars.ts';

/** Why a request is not answered: an HTTP status, a message that says what to do, and headers that go with them. */
export interface Refused {
  readonly status: number;
  /** BAD_USER_INPUT without it. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Methods that carry an operation. */
export const METHODS = 'GET, POST';

const ONE_CONNECTION =
  'There are no reservations and tokens here: send each operation on a connection of its own (distinct connections mode).';

const isType = (type: string) => (given: string) => given.split(';')[0]?.trim().toLowerCase() === type;

/** What is wrong with a request before one looks into it; null when nothing is. */
export function refusalOf({ method, headers, query }: FastifyRequest): Refused | null {
  if (method !== 'GET' && method !== 'POST')
    return { status: 405, message: ONE_CONNECTION, headers: { allow: METHODS } };
  const token = headers['x-graphql-event-stream-token'] ?? (query as Readonly<Record<string, unknown>>).token;
  if (token !== undefined) return { status: 404, message: ONE_CONNECTION };
  if (!headers.accept?.split(',').some(isType('text/event-stream'))) {
    return { status: 406, message: 'The answer is an event stream: send the header Accept: text/event-stream.' };
  }
  if (method === 'POST' && !isType('application/json')(headers['content-type'] ?? '')) {
    return { status: 415, message: 'Send the operation as JSON, with the header Content-Type: application/json.' };
  }
  return null;
}

/**
 * The operation that a request asks for, or why it cannot be carried out.
 * @param maxTokens tokens that a document may have
 */
export function operationIn({ method, query, body }: FastifyRequest, maxTokens: number): GraphQLRequest | Refused {
  const wrong = (message: string): Refused => ({ status: 400, message });
  const given = method === 'GET' ? fromUrl(query as Readonly<Record<string, unknown>>) : body;
  if (!isObject(given)) return wrong('The body must be a JSON object with the operation in `query`.');
  if (typeof given.query !== 'string') return wrong('query: it must be the text of an operation.');
  if (!isText(given.operationName)) return wrong('operationName: it must be a string.');
  if (!isParts(given.variables)) return wrong('variables: it must be a JSON object.');
  if (!isParts(given.extensions)) return wrong('extensions: it must be a JSON object.');
  if (method === 'GET' && isMutation(given.query, given.operationName, maxTokens)) {
    return { status: 405, message: 'Send a mutation by POST.', headers: { allow: 'POST' } };
  }
  return {
    query: given.query,
    ...(given.operationName && { operationName: given.operationName }),
    ...(given.variables && { variables: given.variables }),
    ...(given.extensions && { extensions: given.extensions }),
  };
}

/** A link, an image or a crawler must not change anything. What cannot be parsed is left to the pipeline to refuse. */
function isMutation(query: string, operationName: string | null | undefined, maxTokens: number): boolean {
  try {
    const document = parse(query, { maxTokens, noLocation: true });
    return getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION;
  } catch {
    return false;
  }
}

/**
 * How far a client had come that connects again: browsers send the id of the last event that they got.
 * @returns null for one that does not say; undefined for what cannot be an id of ours
 */
export function resumeAfterIn({ headers }: FastifyRequest): bigint | null | undefined {
  const given = headers['last-event-id'];
  if (given === undefined || given === '') return null;
  try {
    return Position.parseValue(given);
  } catch {
    return undefined;
  }
}

type Parts = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Parts =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string | null | undefined =>
  value === null || value === undefined || typeof value === 'string';
const isParts = (value: unknown): value is Parts | null | undefined =>
  value === null || value === undefined || isObject(value);

/** In a URL, the parts that are objects are JSON. What is none is left as it is, and is then of the wrong type. */
const fromUrl = ({ variables, extensions, ...parts }: Parts): Parts => ({
  ...parts,
  variables: fromJson(variables),
  extensions: fromJson(extensions),
});

function fromJson(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
