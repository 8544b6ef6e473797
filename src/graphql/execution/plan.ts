import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql';
import { completing } from './complete.ts';
import type { FieldPlan } from './fields.ts';

/** The fields of an operation, in their order. */
export interface Plan {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly roots: readonly FieldPlan[];
}

/** Fields of one plan: fragments within fragments select far more than a document's length tells. */
const MAX_FIELDS = 500;

class NoPlan extends Error {}

/**
 * The plan of an operation in a validated document. Null when there is none: it has directives, asks for the schema,
 * has several mutations (they run one after the other), or is too large.
 */
export function planOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Plan | null {
  const rootType = schema.getRootType(operation.operation);
  if (!rootType || hasDirectives(document)) return null;
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  let planned = 0;

  function planFields(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): FieldPlan[] {
    const found = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    for (const set of sets) collect(type, set, found, visited);
    return [...found].map(([name, nodes]) => planField(type, name, nodes));
  }

  /** As graphql-js collects fields: those of one name belong together, and a fragment counts once. */
  function collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    found: Map<string, FieldNode[]>,
    visited: Set<string>,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const nodes = found.get(name);
        if (nodes) nodes.push(selection);
        else found.set(name, [selection]);
        continue;
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined;
      if (spread !== undefined && visited.has(spread)) continue;
      if (spread !== undefined) visited.add(spread);
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
      if (fragment && covers(fragment.typeCondition?.name.value, type)) {
        collect(type, fragment.selectionSet, found, visited);
      }
    }
  }

  function covers(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const wanted = schema.getType(condition);
    return isAbstractType(wanted) && schema.isSubType(wanted, type);
  }

  function planField(parentType: GraphQLObjectType, name: string, nodes: readonly FieldNode[]): FieldPlan {
    // Answers are plain objects, in which this is not a key like others.
    if (++planned > MAX_FIELDS || name === '__proto__') throw new NoPlan();
    const fieldName = nodes[0]?.name.value ?? '';
    const field = fieldName === '__typename' ? TypeNameMetaFieldDef : parentType.getFields()[fieldName];
    if (!field) throw new NoPlan();
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const fieldsOf = (type: GraphQLObjectType) => planFields(type, sets);
    return { name, nodes, parentType, field, complete: completing(schema, field.type, fieldsOf) };
  }

  try {
    const roots = planFields(rootType, [operation.selectionSet]);
    const isSerial = operation.operation === OperationTypeNode.MUTATION && roots.length > 1;
    return isSerial ? null : { operation, fragments, roots };
  } catch (error) {
    if (error instanceof NoPlan) return null;
    throw error;
  }
}

function hasDirectives(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive() {
      found = true;
      return BREAK;
    },
  });
  return found;
}
