import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { TidemarkError } from '../eventsourcing/errors.ts';

/**
 * A short document can ask for the same a million times: by fragments that are spread again and again within each other.
 * It may ask for no more fields than a document of the allowed length could without fragments.
 * @throws {TidemarkError} BAD_USER_INPUT
 */
export function refuseMultiplied(document: DocumentNode, operation: OperationDefinitionNode, most: number): void {
  if (checked.has(operation)) return;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  /** Of each fragment once, or the counting would take as long as the answer. */
  const counts = new Map<string, number>();

  function fieldsOf(fragment: string): number {
    const count = counts.get(fragment) ?? fieldsIn(fragments.get(fragment)?.selectionSet);
    counts.set(fragment, count);
    return count;
  }

  function fieldsIn(set: SelectionSetNode | undefined): number {
    let count = 0;
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += fieldsOf(selection.name.value);
      else count += fieldsIn(selection.selectionSet) + (selection.kind === Kind.FIELD ? 1 : 0);
    }
    return count;
  }

  if (fieldsIn(operation.selectionSet) > most) {
    throw new TidemarkError('BAD_USER_INPUT', `With its fragments written out it may have at most ${most} fields.`);
  }
  checked.add(operation);
}

/** Documents are cached, and do not change. */
const checked = new WeakSet<OperationDefinitionNode>();
