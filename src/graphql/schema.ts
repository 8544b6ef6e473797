import { validateSync } from 'class-validator';
import type { GraphQLSchema } from 'graphql';
import { ArgumentValidationError, buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { catalogueOf } from './catalogue.ts';
import { RejectionCode } from './commands.ts';
import { LogResolver } from './log-resolver.ts';
import type { Module } from './module.ts';
import { ProjectionsResolver } from './projections-resolver.ts';

/** Subscriptions here read the log; nothing is published. type-graphql asks for a PubSub all the same. */
const noPubSub = {
  publish(): never {
    throw new Error('nothing is published here: subscriptions read the log');
  },
  subscribe(): never {
    throw new Error('a subscription needs a subscribe function that reads the log');
  },
};

/** class-validator on whatever has rules. (type-graphql's own way imports the library anew for every argument.) */
function checkInput(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  const errors = validateSync(value, { skipMissingProperties: true, forbidUnknownValues: false });
  if (errors.length > 0) throw new ArgumentValidationError(errors);
}

/** The GraphQL schema of the server with these domains. */
export function buildSchema(modules: readonly Module[]): GraphQLSchema {
  const { rejections } = catalogueOf(modules.flatMap((module) => module.deciders));
  for (const code of Object.keys(rejections)) RejectionCode[code] = code;
  return buildSchemaSync({
    resolvers: [
      LogResolver,
      ProjectionsResolver,
      ...modules.flatMap((module) => module.resolvers),
    ] as unknown as NonEmptyArray<never>,
    orphanedTypes: modules.flatMap((module) => [...module.eventTypes]),
    validate: false,
    validateFn: checkInput,
    pubSub: noPubSub,
  });
}
