import { readFileSync } from 'node:fs';
import {
  type BreakingChange,
  buildSchema as buildSchemaFrom,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildSchema } from '../../src/graphql/schema.ts';
import { modules } from '../../src/modules/index.ts';

const fileBeside = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const contract = buildSchemaFrom(fileBeside('contract.graphql'));
const served = buildSchema(modules);

/** What `given` does not hold of `promised`. The defaults of arguments are promised, too. */
const missing = (promised: GraphQLSchema, given: GraphQLSchema): string[] =>
  [
    ...findBreakingChanges(promised, given),
    ...findDangerousChanges(promised, given).filter(({ type }) => type === 'ARG_DEFAULT_VALUE_CHANGE'),
    ...changedInputDefaults(promised, given),
    ...changedTypes(promised, given),
  ].map(({ description }) => description);

type Change = Pick<BreakingChange, 'description'>;

/** graphql-js compares the defaults of arguments, but not those of input fields. */
function changedInputDefaults(promised: GraphQLSchema, given: GraphQLSchema): Change[] {
  const defaultsOf = (schema: GraphQLSchema) =>
    new Map(
      Object.values(schema.getTypeMap()).flatMap((type) =>
        'getFields' in type
          ? Object.values(type.getFields()).flatMap((field) =>
              'defaultValue' in field
                ? [[`${type.name}.${field.name}`, JSON.stringify(field.defaultValue)] as const]
                : [],
            )
          : [],
      ),
    );
  const now = defaultsOf(given);
  return [...defaultsOf(promised)]
    .filter(([field, value]) => now.has(field) && now.get(field) !== value)
    .map(([field, value]) => ({ description: `${field} has no longer the default ${value}.` }));
}

/** graphql-js minds no result that can no longer be null, but the contract fixes nullability. */
function changedTypes(promised: GraphQLSchema, given: GraphQLSchema): Change[] {
  const typesOf = (schema: GraphQLSchema) =>
    new Map(
      Object.values(schema.getTypeMap()).flatMap((type) =>
        'getFields' in type && !type.name.startsWith('__')
          ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, String(field.type)] as const)
          : [],
      ),
    );
  const now = typesOf(given);
  return [...typesOf(promised)]
    .filter(([field, type]) => now.has(field) && now.get(field) !== type)
    .map(([field, type]) => ({ description: `${field} is ${now.get(field)}, promised is ${type}.` }));
}

describe('the schema', () => {
  it('holds everything that the contract promises', () => expect(missing(contract, served)).toEqual([]));

  it('is the one in schema.graphql', () => {
    const emitted = buildSchemaFrom(fileBeside('../../schema.graphql'));
    expect(missing(emitted, served)).toEqual([]);
    expect(missing(served, emitted)).toEqual([]);
  });
});

describe('the comparison', () => {
  const sdl = printSchema(lexicographicSortSchema(served)).replaceAll(/^ *"""[\s\S]*?"""\n/gm, '');

  const slips: [slip: string, from: RegExp, to: string, noticed: RegExp][] = [
    ['a field that is gone', /^ {2}caughtUp: Boolean!\n/m, '', /EventBatch\.caughtUp was removed/],
    ['a type that is gone', /\| VersionConflict/, '', /VersionConflict was removed from union/],
    ['an enum value that is gone', /^ {2}EMAIL_TAKEN\n/m, '', /EMAIL_TAKEN was removed/],
    [
      'an interface that is gone',
      /type UserReactivated implements Event/,
      'type UserReactivated',
      /no longer implements/,
    ],
    ['an argument that is gone', /(?<=userByEmail\([^)]*)minPosition: Position/, '', /minPosition was removed/],
    ['an argument with another default', /first: Int = 100/, 'first: Int = 50', /first .*default/],
    ['an input field with another default', /dryRun: Boolean = false/, 'dryRun: Boolean = true', /default false/],
    ['an input field without its default', /dryRun: Boolean = false/, 'dryRun: Boolean', /default false/],
    ['an argument that became required', /^ {2}expectedVersion: Int\n/m, '  expectedVersion: Int!\n', /changed type/],
    ['a new required argument', /event\(id: UUID!\)/, 'event(id: UUID!, secret: String!)', /required arg secret/i],
    ['a result that may now be null', /^ {2}head: Position!(?=\s+projections)/m, '  head: Position', /Query\.head/],
    [
      'a result that can no longer be null',
      /actor: String\n/,
      'actor: String!\n',
      /actor is String!, promised is String/,
    ],
    ['a field of another type', /^ {2}caughtUp: Boolean!/m, '  caughtUp: String!', /changed type/],
  ];
  it.each(slips)('notices %s', (_slip, from, to, noticed) => {
    const changed = sdl.replace(from, to);
    expect(changed).not.toBe(sdl);
    expect(missing(contract, buildSchemaFrom(changed, { assumeValidSDL: true }))).toContainEqual(
      expect.stringMatching(noticed),
    );
  });

  it('lets the schema hold more', () => {
    const more = sdl.replace(/^type Query \{/m, 'type Query {\n  more(than: Int): Int');
    expect(missing(contract, buildSchemaFrom(more))).toEqual([]);
  });
});
