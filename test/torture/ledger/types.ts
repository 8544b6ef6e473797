import { IsUUID, MaxLength, Min } from 'class-validator';
import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ChangeInput, CommandInput, CommandRejected, Commit, VersionConflict } from '../../../src/graphql/commands.ts';
import { DateTime } from '../../../src/graphql/scalars.ts';
import { EventType } from '../../../src/graphql/types.ts';
import type { Accepted } from '../../../src/log/commands.ts';

// ---------------------------------------------------------------- reading

@ObjectType({ simpleResolvers: true })
export class Account {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  owner!: string;

  @Field(() => String)
  name!: string;

  @Field(() => Int)
  balance!: number;

  @Field(() => Int)
  version!: number;

  @Field(() => DateTime)
  openedAt!: string;

  @Field(() => DateTime)
  changedAt!: string;
}

// ---------------------------------------------------------------- commands

@InputType()
export class OpenAccountInput extends CommandInput {
  @Field(() => ID, { nullable: true })
  @IsUUID()
  id?: string | null;

  @Field(() => String)
  @MaxLength(200)
  owner!: string;

  @Field(() => String)
  @MaxLength(200)
  name!: string;
}

@InputType()
export class RenameAccountInput extends ChangeInput {
  @Field(() => ID)
  @IsUUID()
  id!: string;

  @Field(() => String)
  @MaxLength(200)
  name!: string;
}

@InputType()
abstract class AmountInput extends ChangeInput {
  @Field(() => Int)
  @Min(1)
  amount!: number;
}

@InputType()
export class DepositInput extends AmountInput {
  @Field(() => ID)
  @IsUUID()
  id!: string;
}

@InputType()
export class WithdrawInput extends AmountInput {
  @Field(() => ID)
  @IsUUID()
  id!: string;
}

@InputType()
export class TransferInput extends AmountInput {
  @Field(() => ID, { description: '`expectedVersion` is the version of this one.' })
  @IsUUID()
  from!: string;

  @Field(() => ID)
  @IsUUID()
  to!: string;

  @Field(() => ID, { nullable: true, description: 'An account that must exist.' })
  @IsUUID()
  guarantor?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class AccountCommandAccepted {
  /** Not a field: what the fields are made from, once they are asked for. */
  accepted!: Accepted;

  @Field(() => Account, { nullable: true })
  account!: Account | null;

  @Field(() => Commit)
  commit!: Commit;
}

export const AccountCommandResult = createUnionType({
  name: 'AccountCommandResult',
  types: () => [AccountCommandAccepted, CommandRejected, VersionConflict] as const,
});

// ---------------------------------------------------------------- events

@ObjectType({ simpleResolvers: true })
abstract class AccountEventType extends EventType {
  @Field(() => ID)
  accountId!: string;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class AccountOpened extends AccountEventType {
  @Field(() => String)
  owner!: string;

  @Field(() => String)
  name!: string;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class AccountRenamed extends AccountEventType {
  @Field(() => String)
  name!: string;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class FundsDeposited extends AccountEventType {
  @Field(() => Int)
  amount!: number;
}

@ObjectType({ implements: EventType, simpleResolvers: true })
export class FundsWithdrawn extends AccountEventType {
  @Field(() => Int)
  amount!: number;
}

export const accountEventTypes = [AccountOpened, AccountRenamed, FundsDeposited, FundsWithdrawn];
