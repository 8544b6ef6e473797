import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
} from 'graphql';

/** A place in an answer, as graphql-js has it. */
export type Path = GraphQLResolveInfo['path'];

/** What all fields of one execution share. */
export interface Run
  extends Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'rootValue' | 'operation' | 'variableValues'> {
  readonly contextValue: unknown;
}

/** One field of an answer, with all that is known of it before there is a value. */
export interface FieldPlan {
  /** Its name in the answer: the alias, if there is one. */
  readonly name: string;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly complete: Complete;
}

/** A field of one answer in the making. */
export interface Place {
  readonly plan: FieldPlan;
  readonly path: Path;
  readonly run: Run;
}

/**
 * From what the field at a place resolved to (or an item of its list, at the path below), to what the answer holds; a
 * promise of it where resolvers below are asynchronous.
 * @throws {Uncommon} for a value that does not go straight into an answer
 */
export type Complete = (value: unknown, place: Place, path: Path) => unknown;

/** An error in the making, or something so rare that graphql-js may have it. */
export class Uncommon extends Error {
  override readonly name = 'Uncommon';
}

/**
 * The fields of one object, each resolved and completed.
 * @throws {Uncommon} and what resolvers throw, or rejects with it
 */
export function completeFields(plans: readonly FieldPlan[], source: unknown, parent: Path | undefined, run: Run) {
  const answer: Record<string, unknown> = {};
  return filled(
    answer,
    plans,
    ({ name }) => name,
    (plan) => completeField(plan, source, parent, run),
  );
}

function completeField(plan: FieldPlan, source: unknown, parent: Path | undefined, run: Run): unknown {
  const { field, name, parentType, complete } = plan;
  const path = { prev: parent, key: name, typename: parentType.name };
  const place = { plan, path, run };
  const property = field.resolve ? undefined : (source as Record<string, unknown>)[field.name];
  const value = field.resolve || typeof property === 'function' ? resolve(place, source) : property;
  return isPromise(value) ? value.then((late) => complete(late, place, path)) : complete(value, place, path);
}

function resolve(place: Place, source: unknown): unknown {
  const { plan, run } = place;
  const args = getArgumentValues(plan.field, plan.nodes[0] as FieldNode, run.variableValues);
  return (plan.field.resolve ?? defaultFieldResolver)(source, args, run.contextValue, infoOf(place));
}

/** What graphql-js tells resolvers of where they are. */
export function infoOf({ plan, path, run }: Place): GraphQLResolveInfo {
  return {
    fieldName: plan.field.name,
    fieldNodes: plan.nodes,
    returnType: plan.field.type,
    parentType: plan.parentType,
    path,
    schema: run.schema,
    fragments: run.fragments,
    rootValue: run.rootValue,
    operation: run.operation,
    variableValues: run.variableValues,
  };
}

/** Puts a value for each item under its key; a promise of it all when a value is promised. */
export function filled<Item, Key extends PropertyKey>(
  answer: Record<Key, unknown>,
  items: Iterable<Item>,
  keyOf: (item: Item) => Key,
  make: (item: Item) => unknown,
): unknown {
  const waiting: Promise<void>[] = [];
  try {
    for (const item of items) {
      const key = keyOf(item);
      const value = make(item);
      answer[key] = value;
      if (!isPromise(value)) continue;
      const arrived = value.then((late) => {
        answer[key] = late;
      });
      waiting.push(arrived);
    }
  } catch (error) {
    unheard(waiting);
    throw error;
  }
  return waiting.length > 0 ? Promise.all(waiting).then(() => answer) : answer;
}

/** For promises that nobody waits for any more: a rejection that nobody hears ends the process. */
export function unheard(promises: readonly Promise<unknown>[]): void {
  for (const promise of promises) promise.then(undefined, () => undefined);
}

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
