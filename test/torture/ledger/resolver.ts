import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { idOf } from '../../../src/eventsourcing/decider.ts';
import {
  type CommandInput,
  type CommandRejected,
  Commit,
  toCommit,
  toRefusal,
  type VersionConflict,
} from '../../../src/graphql/commands.ts';
import type { Context } from '../../../src/graphql/context.ts';
import { Position, uuidOf } from '../../../src/graphql/scalars.ts';
import type { Outcome } from '../../../src/log/commands.ts';
import { type AccountCommand, accountDecider } from './decider.ts';
import { accounts } from './projection.ts';
import {
  Account,
  AccountCommandAccepted,
  AccountCommandResult,
  DepositInput,
  OpenAccountInput,
  RenameAccountInput,
  TransferInput,
  WithdrawInput,
} from './types.ts';

type Result = AccountCommandAccepted | CommandRejected | VersionConflict;

const toResult = (outcome: Outcome, { catalogue }: Context): Result =>
  outcome.kind === 'accepted'
    ? Object.assign(new AccountCommandAccepted(), { accepted: outcome })
    : toRefusal(outcome, catalogue);

/** Input → command → result. An id of null lets the server make one. */
async function send(
  context: Context,
  id: string | null,
  input: CommandInput,
  command: AccountCommand,
): Promise<Result> {
  const outcome = await context.dispatch(accountDecider, id === null ? null : uuidOf('id', id), command, input);
  return toResult(outcome, context);
}

/** GraphQL in, commands and reads out. No rule lives here. */
@Resolver(() => Account)
export class AccountResolver {
  @Query(() => Account, { nullable: true })
  async account(
    @Arg('id', () => ID) id: string,
    @Arg('minPosition', () => Position, { nullable: true }) minPosition: bigint | null,
    @Ctx() { readModel }: Context,
  ): Promise<Account | null> {
    await readModel(accounts).reach(minPosition);
    return readModel(accounts).row(uuidOf('id', id));
  }

  @Mutation(() => AccountCommandResult)
  openAccount(@Arg('input', () => OpenAccountInput) input: OpenAccountInput, @Ctx() context: Context) {
    const { owner, name } = input;
    return send(context, input.id ?? null, input, { type: 'OpenAccount', data: { owner, name } });
  }

  @Mutation(() => AccountCommandResult)
  renameAccount(@Arg('input', () => RenameAccountInput) input: RenameAccountInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'RenameAccount', data: { name: input.name } });
  }

  @Mutation(() => AccountCommandResult)
  deposit(@Arg('input', () => DepositInput) input: DepositInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'Deposit', data: { amount: input.amount } });
  }

  @Mutation(() => AccountCommandResult)
  withdraw(@Arg('input', () => WithdrawInput) input: WithdrawInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'Withdraw', data: { amount: input.amount } });
  }

  @Mutation(() => AccountCommandResult, { description: 'Both accounts change, or none.' })
  async transfer(@Arg('input', () => TransferInput) input: TransferInput, @Ctx() context: Context): Promise<Result> {
    const { amount, guarantor, expectedVersion, ...options } = input;
    const decider = accountDecider;
    const outcome = await context.dispatchAll(
      [
        { decider, id: uuidOf('from', input.from), command: { type: 'Withdraw', data: { amount } }, expectedVersion },
        { decider, id: uuidOf('to', input.to), command: { type: 'Deposit', data: { amount } } },
      ],
      {
        commandId: options.commandId,
        dryRun: options.dryRun,
        reads: guarantor ? [{ decider, id: uuidOf('guarantor', guarantor), version: 'exists' }] : [],
      },
    );
    return toResult(outcome, context);
  }
}

/** The payload of an accepted command, made only as far as it is asked for. */
@Resolver(() => AccountCommandAccepted)
export class AccountCommandAcceptedResolver {
  @FieldResolver(() => Account, { nullable: true })
  account(@Root() { accepted }: AccountCommandAccepted, @Ctx() { readModel }: Context): Promise<Account | null> {
    return readModel(accounts).rowAt(idOf(accepted.streamId), accepted);
  }

  @FieldResolver(() => Commit)
  commit(@Root() { accepted }: AccountCommandAccepted) {
    return toCommit(accepted);
  }
}
