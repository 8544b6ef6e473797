import { IsUUID, MaxLength } from 'class-validator';
import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ChangeInput, CommandInput, CommandRejected, Commit, VersionConflict } from '../../graphql/commands.ts';
import { PageInfo } from '../../graphql/connection.ts';
import { FieldChange } from '../../graphql/past.ts';
import { DateTime, EmailAddress, Position } from '../../graphql/scalars.ts';
import { EventType } from '../../graphql/types.ts';
import type { Accepted } from '../../log/commands.ts';

// ---------------------------------------------------------------- reading

export const UserStatus = { ACTIVE: 'ACTIVE', DEACTIVATED: 'DEACTIVATED' } as const;
export type UserStatus = keyof typeof UserStatus;
registerEnumType(UserStatus, { name: 'UserStatus' });

export const UserOrder = {
  REGISTERED_AT_ASC: 'REGISTERED_AT_ASC',
  REGISTERED_AT_DESC: 'REGISTERED_AT_DESC',
  EMAIL_ASC: 'EMAIL_ASC',
  EMAIL_DESC: 'EMAIL_DESC',
} as const;
export type UserOrder = keyof typeof UserOrder;
registerEnumType(UserOrder, { name: 'UserOrder', description: 'Addresses are sorted without regard to case.' });

@ObjectType({ description: 'A user account.', simpleResolvers: true })
export class User {
  @Field(() => ID)
  id!: string;

  @Field(() => EmailAddress)
  email!: string;

  @Field(() => String, { nullable: true })
  displayName!: string | null;

  @Field(() => UserStatus)
  status!: UserStatus;

  @Field(() => Int, {
    description: "Number of events in the user's stream that this state reflects: send it back as `expectedVersion`.",
  })
  version!: number;

  @Field(() => DateTime)
  registeredAt!: string;

  @Field(() => DateTime)
  updatedAt!: string;
}

@ObjectType({ description: 'An event, and what it changed.', simpleResolvers: true })
export class UserHistoryEntry {
  @Field(() => EventType)
  event!: EventType;

  @Field(() => [FieldChange])
  changes!: FieldChange[];
}

@ObjectType({ simpleResolvers: true })
export class UserHistoryEdge {
  @Field(() => UserHistoryEntry)
  node!: UserHistoryEntry;

  @Field(() => String)
  cursor!: string;
}

@ObjectType({ simpleResolvers: true })
export class UserHistoryConnection {
  @Field(() => [UserHistoryEdge])
  edges!: UserHistoryEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int)
  totalCount!: number;
}

@ObjectType({ simpleResolvers: true })
export class UserEdge {
  @Field(() => User)
  node!: User;

  @Field(() => String)
  cursor!: string;
}

@ObjectType({ simpleResolvers: true })
export class UserConnection {
  @Field(() => [UserEdge])
  edges!: UserEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'Users that the filter lets through, on all pages. Counted only when asked for.' })
  totalCount!: number;
}

@InputType()
export class UserFilter {
  @Field(() => UserStatus, { nullable: true })
  status?: UserStatus | null;

  @Field(() => String, { nullable: true, description: 'Without regard to case.' })
  @MaxLength(254)
  emailContains?: string | null;

  @Field(() => String, { nullable: true, description: 'Without regard to case.' })
  @MaxLength(200)
  displayNameContains?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Later than this.' })
  registeredAfter?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Earlier than this.' })
  registeredBefore?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class UserUpdate {
  @Field(() => User, { nullable: true, description: 'Null while no user has this id.' })
  user!: User | null;

  @Field(() => Position, { description: 'The state is at least as new as this position.' })
  position!: bigint;
}

// ---------------------------------------------------------------- commands

@InputType()
export class RegisterUserInput extends CommandInput {
  @Field(() => ID, { nullable: true, description: 'A UUID; made by the server when absent.' })
  @IsUUID()
  id?: string | null;

  @Field(() => EmailAddress)
  email!: string;

  @Field(() => String, { nullable: true, description: 'At most 200 characters.' })
  @MaxLength(200)
  displayName?: string | null;
}

@InputType()
export abstract class ChangeUserInput extends ChangeInput {
  @Field(() => ID)
  @IsUUID()
  id!: string;
}

@InputType()
export class ChangeUserEmailInput extends ChangeUserInput {
  @Field(() => EmailAddress)
  email!: string;
}

@InputType()
export class UpdateUserProfileInput extends ChangeUserInput {
  @Field(() => String, {
    nullable: true,
    description: 'At most 200 characters; null removes it, and without it nothing changes.',
  })
  @MaxLength(200)
  displayName?: string | null;
}

@InputType()
export class DeactivateUserInput extends ChangeUserInput {
  @Field(() => String, { nullable: true, description: 'At most 1,000 characters.' })
  @MaxLength(1_000)
  reason?: string | null;
}

@InputType()
export class ReactivateUserInput extends ChangeUserInput {}

@ObjectType({ simpleResolvers: true })
export class UserCommandAccepted {
  /** Not a field: what the fields are made from, once they are asked for. */
  accepted!: Accepted;

  @Field(() => User, { nullable: true, description: 'The user as this command left it.' })
  user!: User | null;

  @Field(() => Commit)
  commit!: Commit;
}

export const UserCommandResult = createUnionType({
  name: 'UserCommandResult',
  types: () => [UserCommandAccepted, CommandRejected, VersionConflict] as const,
});

// ---------------------------------------------------------------- events

@ObjectType({ simpleResolvers: true })
abstract class UserEventType extends EventType {
  @Field(() => ID)
  userId!: string;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class UserRegistered extends UserEventType {
  @Field(() => EmailAddress, { nullable: true })
  email!: string | null;

  @Field(() => String, { nullable: true })
  displayName!: string | null;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class UserEmailChanged extends UserEventType {
  @Field(() => EmailAddress, { nullable: true })
  email!: string | null;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class UserProfileUpdated extends UserEventType {
  @Field(() => String, { nullable: true })
  displayName!: string | null;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class UserDeactivated extends UserEventType {
  @Field(() => String, { nullable: true })
  reason!: string | null;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class UserReactivated extends UserEventType {}

export const userEventTypes = [UserRegistered, UserEmailChanged, UserProfileUpdated, UserDeactivated, UserReactivated];
