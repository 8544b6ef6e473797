import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { catalogueOf } from './catalogue.ts';
import { RejectionCode } from './commands.ts';
import { LogResolver } from './log-resolver.ts';
import type { Module } from './module.ts';

/** Subscriptions here read the log; nothing is published. type-graphql asks for a PubSub all the same. */
const noPubSub = {
  publish(): never {
    throw new Error('nothing is published here: subscriptions read the log');
  },
  subscribe(): never {
    throw new Error('a subscription needs a subscribe function that reads the log');
  },
};

/** The GraphQL schema of the server with these domains. */
export function buildSchema(modules: readonly Module[]): GraphQLSchema {
  const { rejections } = catalogueOf(modules.flatMap((module) => module.deciders));
  for (const code of Object.keys(rejections)) RejectionCode[code] = code;
  return buildSchemaSync({
    resolvers: [LogResolver, ...modules.flatMap((module) => module.resolvers)] as unknown as NonEmptyArray<never>,
    orphanedTypes: modules.flatMap((module) => [...module.eventTypes]),
    validate: true,
    pubSub: noPubSub,
  });
}
