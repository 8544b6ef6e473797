import { getNamedType, isEnumType, isInputObjectType } from 'graphql';
import { isList, leafOf, leftOut, type Place } from './places.ts';

/** Part of every value that is long enough to hold it: no answer and no line in the log may repeat it. */
export const SECRET = 'SeCrEt';

export interface BadValue {
  /** Stable: names the requirement. */
  readonly id: string;
  readonly value: unknown;
  /** Some values can be said in one form only. */
  readonly only?: 'variable' | 'literal';
}

const MEGABYTE = SECRET + 'x'.repeat(2 ** 20);

/** Text that PostgreSQL cannot hold, whatever the type. */
const unstorable = (around: (inner: string) => string): BadValue[] => [
  { id: 'NUL byte', value: around(`${SECRET}\0`) },
  { id: 'lone high surrogate', value: around(`${SECRET}\ud83d`) },
  { id: 'lone low surrogate', value: around(`${SECRET}\ude00`) },
  { id: 'surrogates in the wrong order', value: around(`${SECRET}\ude00\ud83d`) },
];

/** Values of a kind that none of the types below takes. */
const otherKinds = (...kinds: ('string' | 'number' | 'fraction' | 'boolean')[]): BadValue[] => [
  ...(kinds.includes('string') ? [{ id: 'string', value: SECRET }] : []),
  ...(kinds.includes('number') ? [{ id: 'number', value: 5 }] : []),
  ...(kinds.includes('fraction') ? [{ id: 'fraction', value: 1.5 }] : []),
  ...(kinds.includes('boolean') ? [{ id: 'boolean', value: true }] : []),
  { id: 'object', value: { [SECRET]: SECRET } },
];

const uuids: BadValue[] = [
  { id: 'no UUID', value: `no-uuid-${SECRET}` },
  { id: 'empty', value: '' },
  { id: 'UUID with more behind it', value: `0198c0de-7a11-7000-8000-00000000002a${SECRET}` },
  { id: 'UUID and a line break', value: '0198c0de-7a11-7000-8000-00000000002a\n' },
  { id: 'UUID in braces', value: '{0198c0de-7a11-7000-8000-00000000002a}' },
  { id: 'semicolons', value: `a; ${SECRET}; b` },
  { id: '1 MB', value: MEGABYTE },
  ...unstorable((inner) => inner),
];

/** What every argument of a type has to refuse. */
const byType: Readonly<Record<string, readonly BadValue[]>> = {
  EmailAddress: [
    { id: 'malformed', value: `${SECRET} at example.org` },
    { id: 'empty', value: '' },
    { id: 'two signs', value: `${SECRET}@@example.org` },
    { id: 'with a display name', value: `${SECRET} <ada@example.org>` },
    { id: 'semicolons', value: `a; ${SECRET}; b` },
    { id: 'quotes', value: `"at "${SECRET}"; "@` },
    {
      id: '300 characters',
      value: `${SECRET}${'a'.repeat(50)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(55)}.org`,
    },
    { id: '1 MB', value: MEGABYTE },
    ...unstorable((inner) => `${inner}@example.org`),
    ...otherKinds('number', 'fraction', 'boolean'),
  ],
  ID: [...uuids, ...otherKinds('number', 'fraction', 'boolean')],
  UUID: [...uuids, ...otherKinds('number', 'fraction', 'boolean')],
  Position: [
    { id: 'negative', value: '-1' },
    { id: 'negative number', value: -1 },
    { id: 'beyond 64 bits', value: '9223372036854775808' },
    { id: 'far beyond 64 bits', value: '9'.repeat(400) },
    { id: 'beyond the integers of JavaScript', value: 2 ** 53 },
    { id: 'beyond the head', value: '2' },
    { id: 'beyond the head, the largest', value: '9223372036854775807' },
    { id: 'exponent', value: '1e3' },
    { id: 'hexadecimal', value: '0x10' },
    { id: 'blank', value: ' ' },
    { id: 'empty', value: '' },
    { id: 'padded', value: ' 1' },
    { id: 'semicolons', value: `a; ${SECRET}; b` },
    { id: '1 MB', value: MEGABYTE },
    ...unstorable((inner) => inner),
    ...otherKinds('string', 'fraction', 'boolean'),
  ],
  DateTime: [
    { id: 'no time', value: `yesterday ${SECRET}` },
    { id: 'no such month', value: '2026-13-01T00:00:00Z' },
    { id: 'no such day', value: '2026-02-30T00:00:00Z' },
    { id: 'no such hour', value: '2026-01-01T25:00:00Z' },
    { id: 'no offset', value: '2026-01-01T00:00:00' },
    { id: 'date alone', value: '2026-01-01' },
    { id: 'year before PostgreSQL can write it', value: '0000-01-01T00:00:00Z' },
    { id: 'year before 0 in UTC', value: '0000-01-01T00:00:00+01:00' },
    { id: 'year beyond 9999 in UTC', value: '9999-12-31T23:59:59-01:00' },
    { id: 'year of 5 digits', value: '10000-01-01T00:00:00Z' },
    { id: 'empty', value: '' },
    { id: 'semicolons', value: `a; ${SECRET}; b` },
    { id: '1 MB', value: MEGABYTE },
    ...unstorable((inner) => inner),
    ...otherKinds('number', 'fraction', 'boolean'),
  ],
  Date: [
    { id: 'no day', value: `today ${SECRET}` },
    { id: 'no such month', value: '2026-13-01' },
    { id: 'no such day', value: '2026-02-30' },
    { id: 'with a time', value: '2026-01-01T00:00:00Z' },
    { id: 'short', value: '2026-1-1' },
    { id: 'year before PostgreSQL can write it', value: '0000-01-01' },
    { id: 'year of 5 digits', value: '10000-01-01' },
    { id: 'a line break', value: '2026-01-01\n' },
    { id: 'empty', value: '' },
    { id: '1 MB', value: MEGABYTE },
    ...unstorable((inner) => inner),
    ...otherKinds('number', 'fraction', 'boolean'),
  ],
  Int: [
    { id: 'beyond 32 bits', value: 2 ** 31 },
    { id: 'below 32 bits', value: -(2 ** 31) - 1 },
    { id: 'huge', value: 1e300 },
    { id: 'negative', value: -1 },
    { id: 'digits in a string', value: '5' },
    ...unstorable((inner) => inner),
    ...otherKinds('string', 'fraction', 'boolean'),
  ],
  Boolean: [
    { id: 'word', value: 'true' },
    ...unstorable((inner) => inner),
    ...otherKinds('string', 'number', 'fraction'),
  ],
  String: [
    { id: '1 MB', value: MEGABYTE },
    ...unstorable((inner) => inner),
    ...otherKinds('number', 'fraction', 'boolean'),
  ],
};

const anEnum: readonly BadValue[] = [
  { id: 'unknown name', value: SECRET },
  { id: 'lower case', value: 'active' },
  { id: 'name of a property', value: 'constructor' },
  { id: 'empty', value: '' },
  { id: '1 MB', value: MEGABYTE },
  ...unstorable((inner) => inner),
  ...otherKinds('number', 'fraction', 'boolean'),
];

const anInput: readonly BadValue[] = [
  ...['string', 'number', 'boolean'].map((id) => ({ id, value: { string: SECRET, number: 5, boolean: true }[id] })),
  { id: 'unknown field', value: { unexpected: SECRET } },
  { id: 'field of a prototype', value: JSON.parse(`{"toString":"${SECRET}"}`) },
  { id: 'name that cannot be stored', value: { [`${SECRET}\0`]: 1 }, only: 'variable' },
];

const base64 = (text: string) => Buffer.from(text).toString('base64url');

const cursors: readonly BadValue[] = [
  { id: 'no cursor', value: SECRET },
  { id: 'empty', value: '' },
  { id: 'base64 of no JSON', value: base64(SECRET) },
  { id: 'base64 of other JSON', value: base64(JSON.stringify({ [SECRET]: 1 })) },
  { id: 'base64 of null', value: base64('null') },
  { id: 'base64 of a list that is too short', value: base64(JSON.stringify(['REGISTERED_AT_ASC'])) },
  { id: 'base64 of numbers', value: base64(JSON.stringify(['REGISTERED_AT_ASC', 1, 2])) },
  { id: 'base64 of nested lists', value: base64('['.repeat(100_000)) },
];

/** What a place has to refuse beyond what its type does. */
const byName: Readonly<Record<string, readonly BadValue[]>> = {
  first: [
    { id: 'too many', value: 1_001 },
    { id: 'the largest', value: 2 ** 31 - 1 },
  ],
  last: [
    { id: 'too many', value: 1_001 },
    { id: 'the largest', value: 2 ** 31 - 1 },
  ],
  displayName: [{ id: '201 characters', value: `${SECRET}${'x'.repeat(195)}` }],
  reason: [{ id: '1,001 characters', value: `${SECRET}${'x'.repeat(995)}` }],
  emailContains: [{ id: '255 characters', value: `${SECRET}${'x'.repeat(249)}` }],
  displayNameContains: [{ id: '201 characters', value: `${SECRET}${'x'.repeat(195)}` }],
  name: [{ id: 'unknown', value: SECRET }],
  from: [{ id: 'after the end', value: '2026-11-24' }],
  to: [{ id: 'too far away', value: '2036-11-23' }],
  types: [
    { id: 'unknown', value: [SECRET] },
    { id: 'one of several unknown', value: ['UserRegistered', SECRET] },
  ],
  categories: [
    { id: 'unknown', value: [SECRET] },
    { id: 'wrong case', value: ['User'] },
  ],
};

/** Every value that this place has to refuse. */
export function badValuesFor(place: Place): BadValue[] {
  const type = getNamedType(place.type);
  const ofType = isInputObjectType(type) ? anInput : isEnumType(type) ? anEnum : byType[type.name];
  if (!ofType) throw new Error(`there are no bad values of ${type.name}: add some`);
  const isCursor = type.name === 'String' && ['after', 'before'].includes(leafOf(place));
  return [
    ...(isList(place.type)
      ? [
          ...ofType.map((bad) => ({ ...bad, value: [bad.value] })),
          { id: 'null in a list', value: [null] },
          { id: 'list in a list', value: [[SECRET]] },
          { id: '101 entries', value: new Array(101).fill('user') },
        ]
      : [...ofType, { id: 'list', value: [SECRET, SECRET] }]),
    ...(place.required
      ? [
          { id: 'null', value: null },
          { id: 'missing', value: leftOut },
        ]
      : []),
    ...(isCursor ? cursors : (byName[leafOf(place)] ?? [])),
  ];
}
