import { isEmail } from 'class-validator';
import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTime, GraphQLJSON } from 'graphql-scalars';
import { validate as isUuid } from 'uuid';
import { TidemarkError } from '../eventsourcing/errors.ts';

/** Messages never repeat the value: it may be personal, or a megabyte long. graphql-js adds where it stands. */
const invalid = (expected: string) => new Error(`it must be ${expected}`);

/** A scalar whose input is a string (or, where the literal allows it, an integer) that `parse` accepts or refuses. */
function stringScalar<T>(config: {
  name: string;
  description: string;
  expected: string;
  parse(text: string): T | undefined;
  serialize(value: unknown): string;
}): GraphQLScalarType<T, string> {
  const parse = (text: unknown): T => {
    const value = typeof text === 'string' ? config.parse(text) : undefined;
    if (value === undefined) throw invalid(config.expected);
    return value;
  };
  return new GraphQLScalarType<T, string>({
    name: config.name,
    description: config.description,
    serialize: config.serialize,
    parseValue: (value) => parse(Number.isSafeInteger(value) ? String(value) : value),
    parseLiteral: (node: ValueNode) =>
      parse(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined),
  });
}

const MAX_POSITION = 2n ** 63n - 1n;

export const Position = stringScalar<bigint>({
  name: 'Position',
  description:
    'Position in the log, a decimal string of a 64-bit integer. 0 is before the first event; positions have no gaps.',
  expected: 'a position: a decimal number from 0 to 9223372036854775807',
  parse(text) {
    const value = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
    return value !== undefined && value <= MAX_POSITION ? value : undefined;
  },
  serialize: String,
});

/** E-mail addresses have at most 254 characters (RFC 5321, 4.5.3.1.3, less the angle brackets). */
const EMAIL_LENGTH = 254;

export const EmailAddress = stringScalar<string>({
  name: 'EmailAddress',
  description: 'An e-mail address, at most 254 characters. Kept as written, compared without regard to case.',
  expected: 'an e-mail address of at most 254 characters',
  parse: (text) => (text.length <= EMAIL_LENGTH && isEmail(text) ? text : undefined),
  serialize: String,
});

/** As the log writes a UUID: in lower case. */
export const toUuid = (text: string): string | undefined => (isUuid(text) ? text.toLowerCase() : undefined);

export const Uuid = stringScalar<string>({
  name: 'UUID',
  description: 'A UUID, such as 0198c0de-7a11-7000-8000-00000000002a.',
  expected: 'a UUID',
  parse: toUuid,
  serialize: String,
});

/** ISO 8601 in UTC with six decimals, as the log writes times, or undefined. */
function toMicroseconds(text: string): string | undefined {
  try {
    GraphQLDateTime.parseValue(text);
  } catch {
    return undefined;
  }
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const seconds = new Date(text.replace(/\.\d+/, '')).toISOString().slice(0, 19);
  // A year beyond four digits has a sign here, and PostgreSQL has no year 0.
  if (!/^\d{4}-/.test(seconds) || seconds.startsWith('0000')) return undefined;
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

export const DateTime = stringScalar<string>({
  name: 'DateTime',
  description: 'A time as in RFC 3339, such as 2026-11-23T09:30:00.000001Z. The server writes UTC with microseconds.',
  expected: 'a time as in RFC 3339, such as 2026-11-23T09:30:00Z',
  parse: toMicroseconds,
  serialize: String,
});

/** A day that exists, as PostgreSQL writes it. */
function toDay(text: string): string | undefined {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  // JavaScript rolls February 30 over into March.
  const real = time && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
  return real && !text.startsWith('0000') ? text : undefined;
}

export const Day = stringScalar<string>({
  name: 'Date',
  description: 'A day in UTC, such as 2026-11-23.',
  expected: 'a day, such as 2026-11-23',
  parse: toDay,
  serialize: String,
});

export const Json = GraphQLJSON;

/**
 * The id of an aggregate, as the log writes it.
 * @throws {TidemarkError} BAD_USER_INPUT, naming the field, unless it is a UUID
 */
export function uuidOf(field: string, id: string): string {
  const uuid = toUuid(id);
  if (uuid === undefined) throw new TidemarkError('BAD_USER_INPUT', `${field}: it must be a UUID.`);
  return uuid;
}
