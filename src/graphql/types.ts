// type-graphql's decorators need it before the first of them runs, and every file with decorators imports this one.
import 'reflect-metadata';
import { Field, InputType, Int, InterfaceType, ObjectType } from 'type-graphql';
import { categoryOf, idOf } from '../eventsourcing/decider.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { DateTime, Json, Position, Uuid } from './scalars.ts';

@ObjectType({ description: 'Who and what caused an event.', simpleResolvers: true })
export class EventMetadata {
  @Field(() => Uuid, { description: 'The command that led to it.' })
  commandId!: string;

  @Field(() => Uuid, { description: 'One intent, over all that it set off.' })
  correlationId!: string;

  @Field(() => Uuid, { nullable: true, description: 'The event that directly caused it, if one did.' })
  causationId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Who caused it: the token's subject, a process manager's name, or null on an open local server.",
  })
  actor!: string | null;

  @Field(() => Int, { description: 'The shape in which the payload was recorded.' })
  schemaVersion!: number;
}

@InterfaceType('Event', {
  description: 'A fact that was committed to the log. One concrete type per event type implements this.',
  resolveType: (event: EventType) => event.type,
})
export abstract class EventType {
  @Field(() => Uuid)
  id!: string;

  @Field(() => Position)
  position!: bigint;

  @Field(() => String, { description: 'The stream it belongs to, such as "user-<id>".' })
  streamId!: string;

  @Field(() => Int, { description: '1-based place in its stream.' })
  version!: number;

  @Field(() => String, { description: 'Its type, also the name of its GraphQL type.' })
  type!: string;

  @Field(() => DateTime, { description: 'By the clock of the database; increases with position.' })
  recordedAt!: string;

  @Field(() => Json, {
    description: 'The payload as recorded, in the current schema version.',
  })
  data!: unknown;

  @Field(() => EventMetadata)
  metadata!: EventMetadata;
}

/**
 * A recorded event as its GraphQL type: the payload's fields, the aggregate's id under the name of its category
 * (`userId`), and the common fields, which win.
 */
export function toEventType({ id, position, streamId, version, type, recordedAt, data, metadata }: RecordedEvent) {
  const typed: EventType = { id, position, streamId, version, type, recordedAt, data, metadata };
  // Not by spreading, which takes several times as long: this is done for every event that is sent.
  const fields: Record<string, unknown> = typed as never;
  const idName = `${categoryOf(streamId)}Id`;
  if (!Object.hasOwn(typed, idName)) fields[idName] = idOf(streamId);
  for (const [name, value] of Object.entries(data as object)) {
    // No GraphQL field has a name that begins so, and this one would not be set but change what the object is.
    if (name !== '__proto__' && !Object.hasOwn(typed, name)) fields[name] = value;
  }
  return typed;
}

@InputType('EventFilter', { description: 'Events that every given list names. An empty list matches nothing.' })
export class EventFilterInput {
  @Field(() => [String], { nullable: true, description: 'Event types, e.g. "UserRegistered".' })
  types?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'e.g. "user"' })
  categories?: string[] | null;

  @Field(() => [String], { nullable: true })
  streamIds?: string[] | null;

  @Field(() => [String], { nullable: true })
  actors?: string[] | null;
}

@ObjectType('EventBatch', {
  description:
    'A page of the log. `cursor` is the position up to which the log was searched, also past events that the filter ' +
    'left out: pass it as `after` to go on.',
  simpleResolvers: true,
})
export class EventBatchType {
  @Field(() => [EventType])
  events!: EventType[];

  @Field(() => Position)
  cursor!: bigint;

  @Field(() => Boolean, { description: 'True when `cursor` had reached the head of the log.' })
  caughtUp!: boolean;
}

@ObjectType('CommandRecord', {
  description: 'What became of a command. Refused ones are kept too: the audit answers who tried what.',
  simpleResolvers: true,
})
export class CommandRecordType {
  @Field(() => Uuid)
  id!: string;

  @Field(() => String)
  type!: string;

  @Field(() => String)
  streamId!: string;

  @Field(() => String, { nullable: true })
  actor!: string | null;

  @Field(() => DateTime)
  recordedAt!: string;

  @Field(() => Boolean)
  accepted!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Why it was refused: a RejectionCode, or VERSION_CONFLICT.',
  })
  rejectionCode!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Version of the stream as the command left it, or found it when it was refused.',
  })
  version!: number | null;

  @Field(() => Position, {
    nullable: true,
    description: 'Position of its last event, or of the head when it changed nothing. Null when it was refused.',
  })
  position!: bigint | null;
}
