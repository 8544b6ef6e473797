import { type DocumentNode, Kind, visit } from 'graphql';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { fieldAround } from './errors.ts';

/**
 * PostgreSQL's text and jsonb hold neither NUL nor lone surrogates. They are refused here, at the door, for every
 * field of every operation.
 * @throws {TidemarkError} BAD_USER_INPUT, naming the field
 */
export function refuseUnstorable(document: DocumentNode, variables: unknown): void {
  checkValue(variables, []);
  if (checked.has(document)) return;
  visit(document, {
    [Kind.STRING]: (node, _key, parent, _path, ancestors) => {
      if (!isStorable(node.value)) throw refusal(fieldAround([...ancestors, parent]));
    },
  });
  checked.add(document);
}

/** Documents are cached, so their literals need to be looked at once. */
const checked = new WeakSet<DocumentNode>();

/** Whether PostgreSQL can hold a text. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const refusal = (field: string) =>
  new TidemarkError(
    'BAD_USER_INPUT',
    `${field}: it holds a character that cannot be stored (NUL, or half of a surrogate pair).`,
  );

/** How deep variables may be nested: far more than any input here, far less than the stack. */
const MAX_DEPTH = 100;

function checkValue(value: unknown, path: readonly string[]): void {
  if (path.length > MAX_DEPTH) {
    throw new TidemarkError('BAD_USER_INPUT', `${path[0]}: it is nested more than ${MAX_DEPTH} levels deep.`);
  }
  if (typeof value === 'string') {
    if (!isStorable(value)) throw refusal(path.join('.'));
  } else if (value !== null && typeof value === 'object') {
    for (const [key, part] of Object.entries(value)) {
      if (!isStorable(key)) throw refusal([...path, '(a key)'].join('.'));
      checkValue(part, [...path, key]);
    }
  }
}
