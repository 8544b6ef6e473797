import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { completeFields, isPromise, type Run } from './fields.ts';
import { type Plan, planOf } from './plan.ts';
import { type Outcomes, rememberingSchema } from './remembering.ts';

/** `execute` of graphql-js, or in its place. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Which operations get a plan: those that come again, so that a flood of ever new documents costs nothing; all; none. */
export type QueryPlans = 'repeated' | 'always' | 'never';

/** Plans that are kept: of the operations that were asked for last. */
const PLANS = 500;
/** As many errors as graphql-js lists by default. */
const MAX_ERRORS = 50;

/**
 * graphql-js, with a short way for operations that come again and in which nothing goes wrong: their fields are collected
 * once, and values go straight into the answer. At the first error, or anything rare, graphql-js makes the whole answer,
 * with what the fields of the first level resolved to, for these may act and must not run twice. So every error is
 * graphql-js's own.
 */
export function createExecutor(schema: GraphQLSchema, which: QueryPlans): Execute {
  if (which === 'never') return execute;
  const remembering = rememberingSchema(schema);
  const seen = new WeakSet<OperationDefinitionNode>();
  const plans = new LRUCache<OperationDefinitionNode, { readonly plan: Plan | null }>({ max: PLANS });

  function planFor(document: DocumentNode, operation: OperationDefinitionNode): Plan | null {
    const known = plans.get(operation);
    if (known) return known.plan;
    if (which === 'repeated' && !seen.has(operation)) {
      seen.add(operation);
      return null;
    }
    const plan = planOf(remembering, document, operation);
    plans.set(operation, { plan });
    return plan;
  }

  return (args) => {
    const { document, operationName, contextValue } = args;
    const operation = getOperationAST(document, operationName);
    const plan = operation && planFor(document, operation);
    if (!plan) return execute(args);
    const definitions = operation.variableDefinitions ?? [];
    const { coerced } = getVariableValues(schema, definitions, args.variableValues ?? {}, { maxErrors: MAX_ERRORS });
    if (!coerced) return execute(args);

    // A subscription has one value, which may be resolved twice.
    const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
    const rootValue: unknown = isSubscription ? args.rootValue : (new Map() satisfies Outcomes);
    const { fragments, roots } = plan;
    const run: Run = { schema, fragments, rootValue, operation, variableValues: coerced, contextValue };
    const again = () => execute(isSubscription ? args : { ...args, schema: remembering, rootValue });
    try {
      const data = completeFields(roots, rootValue, undefined, run);
      return isPromise(data) ? data.then(resultOf, again) : resultOf(data);
    } catch {
      return again();
    }
  };
}

const resultOf = (data: unknown): ExecutionResult => ({ data: data as Record<string, unknown> });
