import {
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLSchema,
} from 'graphql';

/** What the fields of the first level gave in one execution, by their names in the answer; a call gives or throws it. */
export type Outcomes = Map<string | number, () => unknown>;

/**
 * The same schema, for executions whose root value is a map of outcomes: what a resolver of the first level gives is put
 * there, and taken from there when it is asked for again.
 */
export function rememberingSchema(schema: GraphQLSchema): GraphQLSchema {
  const { query, mutation, types, ...config } = schema.toConfig();
  return new GraphQLSchema({
    ...config,
    query: query && remembering(query),
    mutation: mutation && remembering(mutation),
    types: types.filter((type) => type !== query && type !== mutation),
    assumeValid: true,
  });
}

function remembering(type: GraphQLObjectType): GraphQLObjectType {
  const { fields, ...config } = type.toConfig();
  const remember = ([name, field]: [string, GraphQLFieldConfig<unknown, unknown>]) => [
    name,
    { ...field, resolve: once(field.resolve ?? defaultFieldResolver) },
  ];
  return new GraphQLObjectType({ ...config, fields: Object.fromEntries(Object.entries(fields).map(remember)) });
}

const once =
  (resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<Outcomes, unknown> =>
  (outcomes, args, context, info) => {
    const known = outcomes.get(info.path.key);
    if (known) return known();
    const outcome = outcomeOf(() => resolve(undefined, args, context, info));
    outcomes.set(info.path.key, outcome);
    return outcome();
  };

function outcomeOf(work: () => unknown): () => unknown {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
