/** Turns the payload of one schema version into the payload of the next. Pure. */
// biome-ignore lint/suspicious/noExplicitAny: a chain of upcasters passes through shapes that only its declaration knows
export type Upcaster = (data: any) => unknown;

/** What the log knows of an event type: `Data` is the payload as written today. */
export interface EventDefinition<Data> {
  /** One per superseded shape, oldest first: the n-th takes schema version n to n + 1. */
  readonly upcasters: readonly Upcaster[];
  /** Never present; it carries the payload's type. */
  readonly data?: Data;
}

export type EventDefinitions = Readonly<Record<string, EventDefinition<unknown>>>;

/** A definition that can be carried on to a next schema version. */
export interface Declaration<Data> extends EventDefinition<Data> {
  /** The payload changes its shape: how one as written so far becomes one as written from now on. */
  upcast<Next>(upcaster: (data: Data) => Next): Declaration<Next>;
}

/**
 * Declares an event type with its payload as first written. When its shape changes, the history is kept in the
 * declaration, and typed all along: `event<{ name: string }>().upcast((first) => ({ ...first, title: null }))`.
 */
export const event = <First>(): Declaration<First> => declare([]);

const declare = <Data>(upcasters: readonly Upcaster[]): Declaration<Data> => ({
  upcasters,
  upcast: (upcaster) => declare([...upcasters, upcaster]),
});

/** Declares the events of an aggregate; the keys are the event types, unique in the whole server. */
export const defineEvents = <D extends EventDefinitions>(definitions: D): D => definitions;

/** The union of `{ type, data }` that a set of definitions allows. */
export type EventOf<D extends EventDefinitions> = {
  [T in keyof D & string]: { readonly type: T; readonly data: D[T] extends EventDefinition<infer Data> ? Data : never };
}[keyof D & string];

/** An event before it is committed. */
export interface NewEvent {
  readonly type: string;
  readonly data: unknown;
}

/** Who and what caused an event. */
export interface EventMetadata {
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly actor: string | null;
  readonly schemaVersion: number;
}

/** Where and when an event was committed. */
export interface Recorded {
  /** UUIDv7. */
  readonly id: string;
  /** Place in the log, from 1, without gaps. */
  readonly position: bigint;
  readonly streamId: string;
  /** 1-based place in its stream. */
  readonly version: number;
  /** ISO 8601 in UTC with exactly six decimals, so that comparing strings compares times. Increases with position. */
  readonly recordedAt: string;
  readonly metadata: EventMetadata;
}

/** A fact that was committed to the log. */
export type RecordedEvent<E extends NewEvent = NewEvent> = E & Recorded;

/** The schema version in which events of this definition are written today. */
export const currentSchemaVersion = (definition: EventDefinition<unknown>): number => definition.upcasters.length + 1;

/** An event in the log that this code cannot read. Skipping it would be losing it, so whoever meets it stops. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';

  /** Which one; not what it says, for errors end in logs. */
  readonly at: { readonly position: bigint; readonly type: string };
  constructor({ position, type }: StoredPayload, problem: string, options?: ErrorOptions) {
    super(`position ${position}: ${problem}`, options);
    this.at = { position, type };
  }
}

/** What of a stored event says how its payload is to be read. */
export interface StoredPayload {
  readonly position: bigint;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
}

/**
 * Brings a stored payload to its current shape.
 * @throws {UnreadableEvent} for an unknown event type, a schema version newer than this code, or an upcaster that fails
 */
export function upcast(definitions: EventDefinitions, stored: StoredPayload): unknown {
  const { type, schemaVersion, data } = stored;
  const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
  if (!definition) throw new UnreadableEvent(stored, `event type ${type} is not known to this version of the server`);
  const current = currentSchemaVersion(definition);
  if (schemaVersion < 1 || schemaVersion > current) {
    const reads = `this version of the server reads 1 to ${current}`;
    throw new UnreadableEvent(stored, `${type} has schema version ${schemaVersion}; ${reads}`);
  }
  try {
    return definition.upcasters.slice(schemaVersion - 1).reduce((older, next) => next(older), data);
  } catch (cause) {
    throw new UnreadableEvent(stored, `${type} of schema version ${schemaVersion} cannot be upcast`, { cause });
  }
}
