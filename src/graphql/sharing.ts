import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  print,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { canonicalJson } from '../log/canonical-json.ts';
import type { Context } from './context.ts';

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** The argument of a subscription that says where its feed starts, and nothing about what becomes of its values. */
    startsAt?: string;
  }
}

/** Messages that several subscribers get: made once, and sent to each. */
export interface Sharing {
  /** Whose messages are the same: those whose operation, variables and rights are equal. */
  audienceOf(args: ExecutionArgs): string;
  /** The message of an audience for a value of its feed, if it has been made. */
  known(audience: string, value: unknown): string | undefined;
  /** Makes it, once for all who ask meanwhile. One that is null is not kept. */
  make(audience: string, value: unknown, make: () => Promise<string | null>): Promise<string | null>;
}

/** Characters of the messages that are kept, those that were asked for last. */
const KEPT_CHARACTERS = 16 * 2 ** 20;

export function createSharing(schema: GraphQLSchema): Sharing {
  const kept = new LRUCache<string, string>({ maxSize: KEPT_CHARACTERS });
  const inTheMaking = new Map<string, Promise<string | null>>();
  const ids = new WeakMap<object, number>();
  let lastId = 0;
  const texts = new WeakMap<DocumentNode, string>();

  /** Values are told apart by what they are, not by what is in them; primitive ones are nobody else's. */
  function keyOf(audience: string, value: unknown): string {
    const object = typeof value === 'object' && value !== null ? value : {};
    const id = ids.get(object) ?? ++lastId;
    ids.set(object, id);
    return `${id} ${audience}`;
  }

  function textOf(document: DocumentNode): string {
    const text = texts.get(document) ?? print(document);
    texts.set(document, text);
    return text;
  }

  return {
    audienceOf({ document, operationName, variableValues, contextValue }) {
      const start = startVariable(schema, document, operationName);
      const variables = Object.entries(variableValues ?? {}).filter(([name]) => name !== start);
      const rights = (contextValue as Context).actor;
      const parts = [textOf(document), operationName ?? null, Object.fromEntries(variables), rights];
      return createHash('sha256').update(canonicalJson(parts)).digest('base64');
    },

    known: (audience, value) => kept.get(keyOf(audience, value)),

    make(audience, value, make) {
      const key = keyOf(audience, value);
      const underWay = inTheMaking.get(key);
      if (underWay) return underWay;
      const making = make()
        .then((text) => {
          if (text !== null) kept.set(key, text, { size: text.length + key.length });
          return text;
        })
        .finally(() => inTheMaking.delete(key));
      inTheMaking.set(key, making);
      return making;
    },
  };
}

/** The variable that says where the feed of a subscription starts, and nothing else. */
function startVariable(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): string | null {
  const operation = getOperationAST(document, operationName);
  const [root] = operation?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD) return null;
  const startsAt = schema.getSubscriptionType()?.getFields()[root.name.value]?.extensions.startsAt;
  const argument = root.arguments?.find(({ name }) => name.value === startsAt)?.value;
  if (argument?.kind !== Kind.VARIABLE) return null;
  const name = argument.name.value;
  return usesOf(document, name) === 2 ? name : null;
}

/** How often a variable is named, its definition included. */
function usesOf(document: DocumentNode, name: string): number {
  let uses = 0;
  visit(document, {
    Variable(variable) {
      if (variable.name.value === name) uses++;
    },
  });
  return uses;
}
