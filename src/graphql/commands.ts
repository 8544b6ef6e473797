import { Max, Min } from 'class-validator';
import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Accepted, Conflict, Rejected } from '../log/commands.ts';
import type { Catalogue } from './catalogue.ts';
import { Position, Uuid } from './scalars.ts';
import { EventType, toEventType } from './types.ts';

const MAX_INT = 2 ** 31 - 1;

@InputType({ description: 'What every command takes.' })
export abstract class CommandInput {
  @Field(() => Uuid, {
    nullable: true,
    description: 'Idempotency key: the same id and input always gets the first answer. Made by the server when absent.',
  })
  commandId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'Decide, show the events, write nothing.' })
  dryRun?: boolean | null;
}

@InputType({ description: 'What every command on something that exists takes.' })
export abstract class ChangeInput extends CommandInput {
  @Field(() => Int, {
    nullable: true,
    description:
      'Refuse with VersionConflict unless it is still at that version, or what others did since does not disturb.',
  })
  @Min(0)
  @Max(MAX_INT)
  expectedVersion?: number | null;
}

@ObjectType({ description: 'What an accepted command did to the log.', simpleResolvers: true })
export class Commit {
  @Field(() => Uuid)
  commandId!: string;

  @Field(() => Position, {
    description: 'Position of the last event; the current head when the command changed nothing, as in a dry run.',
  })
  position!: bigint;

  @Field(() => Int, { description: 'Of the stream, after the command.' })
  version!: number;

  @Field(() => [EventType], { description: 'In a dry run, as they would be if they were committed next.' })
  events!: EventType[];

  @Field(() => [EventType], {
    description:
      'What others did since `expectedVersion` without disturbing this command, which was decided after it. Empty when ' +
      'nobody was first.',
  })
  eventsSince!: EventType[];

  @Field(() => Boolean, {
    description: 'True when this is the stored answer of an earlier request with the same commandId.',
  })
  replayed!: boolean;

  @Field(() => Boolean)
  dryRun!: boolean;
}

/** The values are filled in from the deciders before the schema is built. */
export const RejectionCode: Record<string, string> = {};
registerEnumType(RejectionCode, { name: 'RejectionCode', description: 'Why a business rule said no.' });

@ObjectType({
  description: 'A business rule said no. Nothing was written but the record of the attempt.',
  simpleResolvers: true,
})
export class CommandRejected {
  @Field(() => RejectionCode)
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => Uuid)
  commandId!: string;
}

@ObjectType({ description: 'Somebody else was first.', simpleResolvers: true })
export class VersionConflict {
  @Field(() => String, { description: 'The stream that was not as expected.' })
  streamId!: string;

  @Field(() => Int, { description: '1 where the stream only had to exist.' })
  expectedVersion!: number;

  @Field(() => Int)
  actualVersion!: number;

  @Field(() => [EventType], { description: 'What happened since, oldest first, at most 100 events.' })
  eventsSince!: EventType[];

  @Field(() => Uuid)
  commandId!: string;
}

/** The events are made only if they are asked for. */
export const toCommit = (accepted: Accepted) => ({
  ...accepted,
  events: () => accepted.events.map(toEventType),
  eventsSince: () => accepted.eventsSince.map(toEventType),
});

/** A refusal as its GraphQL object. */
export function toRefusal(outcome: Rejected | Conflict, { rejections }: Catalogue): CommandRejected | VersionConflict {
  return outcome.kind === 'rejected'
    ? Object.assign(new CommandRejected(), {
        code: outcome.code,
        message: rejections[outcome.code] ?? outcome.code,
        commandId: outcome.commandId,
      })
    : Object.assign(new VersionConflict(), { ...outcome, eventsSince: outcome.eventsSince.map(toEventType) });
}
