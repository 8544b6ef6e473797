import {
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

/** A place where a client can put a value: an argument of an operation, or a field of an input in one. */
export interface Place {
  readonly operation: 'query' | 'mutation' | 'subscription';
  /** Such as `registerUser`. */
  readonly field: string;
  /** From the argument down, such as `['input', 'email']`. */
  readonly path: readonly [string, ...string[]];
  readonly type: GraphQLInputType;
  readonly required: boolean;
}

export const nameOf = ({ operation, field, path }: Place): string => `${operation} ${field}(${path.join('.')})`;

/** The last name of the path: what a message has to say. */
export const leafOf = ({ path }: Place): string => path.at(-1) ?? '';

/** Every place of every operation, so that a new one is tested as soon as it is there. */
export function placesOf(schema: GraphQLSchema): Place[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.entries(roots).flatMap(([operation, root]) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap((argument) =>
        below(argument.type, isRequiredArgument(argument), [argument.name]).map((place) => ({
          operation: operation as Place['operation'],
          field: field.name,
          ...place,
        })),
      ),
    ),
  );
}

function below(
  type: GraphQLInputType,
  required: boolean,
  path: readonly [string, ...string[]],
): Pick<Place, 'path' | 'type' | 'required'>[] {
  const named = getNamedType(type);
  const fields = isInputObjectType(named) ? Object.values(named.getFields()) : [];
  return [
    { path, type, required },
    ...fields.flatMap((field) => below(field.type, isRequiredInputField(field), [...path, field.name])),
  ];
}

/** A value that is fine, per type; for types that are not here, nothing is sent unless it is required. */
const fine: Readonly<Record<string, unknown>> = {
  ID: '0198c0de-7a11-7000-8000-00000000002a',
  UUID: '0198c0de-7a11-7000-8000-00000000002b',
  EmailAddress: 'grace@example.org',
  Date: '2026-11-23',
  Position: '0',
  String: 'users',
};

function sample(type: GraphQLNamedType): unknown {
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, sample(getNamedType(field.type))]));
  }
  if (!(type.name in fine)) throw new Error(`there is no sample of ${type.name}: add one`);
  return fine[type.name];
}

/** As a value: the place is left out. */
export const leftOut = Symbol('left out');

export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** An operation that is fine but for this value at this place: given in variables, or written into the document. */
export function requestWith(
  schema: GraphQLSchema,
  place: Place,
  value: unknown,
  form: 'variable' | 'literal',
): GraphQLRequest {
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[place.operation];
  const field = root?.getFields()[place.field];
  if (!field) throw new Error(`there is no ${place.field}`);
  const required = field.args.filter((argument) => isRequiredArgument(argument) || argument.name === place.path[0]);
  const given = required.flatMap((argument) => {
    const rest = argument.name === place.path[0] ? place.path.slice(1) : null;
    const named = getNamedType(argument.type);
    const whole = rest === null ? sample(named) : rest.length === 0 ? value : put(sampleOrNone(named), rest, value);
    return whole === leftOut ? [] : [{ argument, value: whole }];
  });
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  if (form === 'literal') {
    const values = given.map(({ argument, value: whole }) => `${argument.name}: ${literalOf(whole, argument.type)}`);
    return {
      query: `${place.operation} { ${place.field}${values.length > 0 ? `(${values.join(', ')})` : ''}${selection} }`,
    };
  }
  const declared = required.map((argument) => `$${argument.name}: ${argument.type}`);
  const passed = required.map((argument) => `${argument.name}: $${argument.name}`);
  return {
    query: `${place.operation} (${declared.join(', ')}) { ${place.field}(${passed.join(', ')})${selection} }`,
    variables: Object.fromEntries(given.map(({ argument, value: whole }) => [argument.name, whole])),
  };
}

const sampleOrNone = (type: GraphQLNamedType): Record<string, unknown> =>
  isInputObjectType(type) ? (sample(type) as Record<string, unknown>) : {};

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path;
  const { [name]: before, ...others } = into;
  const part = rest.length > 0 ? put((before ?? {}) as Record<string, unknown>, rest, value) : value;
  return part === leftOut ? others : { ...others, [name]: part };
}

/** A value as GraphQL writes it; the names of enums stand without quotes. */
function literalOf(value: unknown, type: GraphQLInputType | undefined): string {
  const named = type && getNamedType(type);
  if (Array.isArray(value)) return `[${value.map((part) => literalOf(part, type)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = isInputObjectType(named) ? named.getFields() : {};
    const parts = Object.entries(value).map(([name, part]) => `${name}: ${literalOf(part, fields[name]?.type)}`);
    return `{ ${parts.join(', ')} }`;
  }
  if (isEnumType(named) && typeof value === 'string' && /^\w+$/.test(value)) return value;
  return JSON.stringify(value);
}

export const isList = (type: GraphQLInputType): boolean =>
  isListType('ofType' in type ? (String(type).endsWith('!') ? type.ofType : type) : type);
