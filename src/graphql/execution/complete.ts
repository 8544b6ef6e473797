import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import {
  type Complete,
  completeFields,
  type FieldPlan,
  filled,
  infoOf,
  isPromise,
  Uncommon,
  unheard,
} from './fields.ts';

/** Made once: it tells nothing, and a stack trace is dear. */
const uncommon = new Uncommon('for graphql-js');

type FieldsOf = (type: GraphQLObjectType) => readonly FieldPlan[];

/** How the values of a type are completed, as graphql-js does it when nothing goes wrong. */
export function completing(schema: GraphQLSchema, type: GraphQLOutputType, fieldsOf: FieldsOf): Complete {
  const isRequired = isNonNullType(type);
  const complete = completingPresent(schema, isRequired ? type.ofType : type, fieldsOf);
  return (value, place, path) => {
    if (value !== null && value !== undefined) return complete(value, place, path);
    if (isRequired) throw uncommon;
    return null;
  };
}

/** The same, of values that are neither null nor undefined. */
function completingPresent(schema: GraphQLSchema, type: GraphQLOutputType, fieldsOf: FieldsOf): Complete {
  if (isLeafType(type)) {
    const isText = type === GraphQLString;
    return (value) => {
      if (isText && typeof value === 'string') return value;
      const serialized = value instanceof Error ? null : type.serialize(value);
      if (serialized === null || serialized === undefined) throw uncommon;
      return serialized;
    };
  }
  if (isListType(type)) {
    const complete = completing(schema, type.ofType, fieldsOf);
    return (value, place, path) => {
      if (!Array.isArray(value)) throw uncommon;
      const completeItem = (key: number) => {
        const item: unknown = value[key];
        const itemPath = { prev: path, key, typename: undefined };
        return isPromise(item) ? item.then((late) => complete(late, place, itemPath)) : complete(item, place, itemPath);
      };
      try {
        return filled<number, number>([], value.keys(), (key) => key, completeItem);
      } catch (error) {
        unheard(value.filter(isPromise));
        throw error;
      }
    };
  }
  if (!isAbstractType(type)) return completingObject(type as GraphQLObjectType, fieldsOf);
  const { resolveType } = type;
  const concrete = new Map(schema.getPossibleTypes(type).map((each) => [each.name, completingObject(each, fieldsOf)]));
  return (value, place, path) => {
    const completeAs = (name: unknown) => {
      const complete = concrete.get(name as string);
      if (!complete) throw uncommon;
      return complete(value, place, path);
    };
    if (value instanceof Error) throw uncommon;
    const name = resolveType?.(value, place.run.contextValue, infoOf(place), type);
    return isPromise(name) ? name.then(completeAs) : completeAs(name);
  };
}

function completingObject(type: GraphQLObjectType, fieldsOf: FieldsOf): Complete {
  const fields = fieldsOf(type);
  return (value, place, path) => {
    if (typeof value !== 'object' || value instanceof Error) throw uncommon;
    if (type.isTypeOf && type.isTypeOf(value, place.run.contextValue, infoOf(place)) !== true) throw uncommon;
    return completeFields(fields, value, path, place.run);
  };
}
