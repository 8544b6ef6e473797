import { ValidateNested } from 'class-validator';
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  type SubscribeResolverData,
  Subscription,
} from 'type-graphql';
import { Prisma } from '../../database/client.ts';
import { idOf, streamIdOf } from '../../eventsourcing/decider.ts';
import {
  type CommandInput,
  type CommandRejected,
  Commit,
  toCommit,
  toRefusal,
  type VersionConflict,
} from '../../graphql/commands.ts';
import { ConnectionArgs, type Order, type Page, paginate } from '../../graphql/connection.ts';
import type { Context } from '../../graphql/context.ts';
import { AsOfInput, type History, HistoryArgs, historyOf, rowAsOf } from '../../graphql/past.ts';
import { DateTime, EmailAddress, Position, toUuid, uuidOf } from '../../graphql/scalars.ts';
import { type UserCommand, userDecider } from './decider.ts';
import { caseless, type UserRow, users } from './projection.ts';
import {
  ChangeUserEmailInput,
  DeactivateUserInput,
  ReactivateUserInput,
  RegisterUserInput,
  UpdateUserProfileInput,
  User,
  UserCommandAccepted,
  UserCommandResult,
  UserConnection,
  UserFilter,
  UserHistoryConnection,
  UserOrder,
  UserUpdate,
} from './types.ts';

type Result = UserCommandAccepted | CommandRejected | VersionConflict;

/** Input → command → result. An id of null lets the server make one. */
async function send(
  { dispatch, catalogue }: Context,
  id: string | null,
  input: CommandInput,
  command: UserCommand,
): Promise<Result> {
  const outcome = await dispatch(userDecider, id === null ? null : uuidOf('id', id), command, input);
  return outcome.kind === 'accepted'
    ? Object.assign(new UserCommandAccepted(), { accepted: outcome })
    : toRefusal(outcome, catalogue);
}

@ArgsType()
class UsersArgs extends ConnectionArgs {
  @Field(() => UserFilter, { nullable: true })
  @ValidateNested()
  filter?: UserFilter | null;

  @Field(() => UserOrder, { nullable: true, defaultValue: UserOrder.REGISTERED_AT_ASC })
  orderBy?: UserOrder | null;

  @Field(() => Position, { nullable: true })
  minPosition?: bigint | null;
}

const isTime = (value: string): boolean => {
  try {
    return DateTime.parseValue(value) === value;
  } catch {
    return false;
  }
};
const byRegistration = { column: 'registeredAt', accepts: isTime } as const;
// The lower case of an address may be longer than the address.
const byEmail = { column: 'emailKey', accepts: (value: string) => value.length <= 1_000 } as const;

const orders: Record<UserOrder, Order<UserRow>> = {
  REGISTERED_AT_ASC: { ...byRegistration, descending: false },
  REGISTERED_AT_DESC: { ...byRegistration, descending: true },
  EMAIL_ASC: { ...byEmail, descending: false },
  EMAIL_DESC: { ...byEmail, descending: true },
};

/** The filter as conditions on a row `t` of the read table. */
function where(filter: UserFilter | null | undefined): Prisma.Sql {
  const { sql } = Prisma;
  const conditions = [sql`true`];
  if (filter?.status) conditions.push(sql`t.status = ${filter.status}::"UserStatus"`);
  if (filter?.emailContains) conditions.push(sql`t."emailKey" LIKE ${containing(filter.emailContains.toLowerCase())}`);
  if (filter?.displayNameContains) {
    conditions.push(sql`t."displayNameKey" LIKE ${containing(caseless(filter.displayNameContains))}`);
  }
  if (filter?.registeredAfter) conditions.push(sql`t."registeredAt" > ${filter.registeredAfter}::timestamptz`);
  if (filter?.registeredBefore) conditions.push(sql`t."registeredAt" < ${filter.registeredBefore}::timestamptz`);
  return Prisma.join(conditions, ' AND ');
}

/** A pattern of LIKE for texts with this part, in which nothing has a special meaning. */
const containing = (part: string): string => `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** The fields whose changes a history tells. */
const HISTORY_FIELDS = ['email', 'displayName', 'status', 'registeredAt'] as const;

export const MIN_POSITION =
  "Wait until the read table has reached that position (a mutation's `commit.position`), so a client reads its own " +
  'writes; code PROJECTION_STALE when that takes longer than the configured limit.';

/** GraphQL in, commands and reads out. No rule lives here. */
@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { nullable: true, description: 'A user by id.' })
  async user(
    @Arg('id', () => ID) id: string,
    @Arg('minPosition', () => Position, { nullable: true, description: MIN_POSITION }) minPosition: bigint | null,
    @Arg('asOf', () => AsOfInput, { nullable: true, description: 'The user as it was; null before its registration.' })
    asOf: AsOfInput | null,
    @Ctx() context: Context,
  ): Promise<User | null> {
    const key = uuidOf('id', id);
    const model = context.readModel(users);
    await model.reach(minPosition);
    return asOf ? rowAsOf(context, model, key, asOf) : model.row(key);
  }

  @Query(() => User, { nullable: true, description: 'A user by e-mail address, without regard to case.' })
  async userByEmail(
    @Arg('email', () => EmailAddress) email: string,
    @Arg('minPosition', () => Position, { nullable: true, description: MIN_POSITION }) minPosition: bigint | null,
    @Ctx() { readModel }: Context,
  ): Promise<User | null> {
    await readModel(users).reach(minPosition);
    const { sql } = Prisma;
    const [user] = await readModel(users).rows(sql`t."emailKey" = ${email.toLowerCase()}`, sql`t."emailKey"`, 1);
    return user ?? null;
  }

  @Query(() => UserConnection, { description: 'Users, page by page.' })
  async users(@Args(() => UsersArgs) args: UsersArgs, @Ctx() { readModel }: Context): Promise<Page<UserRow>> {
    await readModel(users).reach(args.minPosition);
    const orderName = args.orderBy ?? UserOrder.REGISTERED_AT_ASC;
    return paginate(readModel(users), {
      args,
      orderName,
      order: orders[orderName],
      keyColumn: users.keyColumn as 'id',
      keyAccepts: (key) => toUuid(key) === key,
      where: where(args.filter),
    });
  }

  @FieldResolver(() => UserHistoryConnection, {
    description: 'Every change, newest last: which event, by whom, when, and what each field was before and after.',
  })
  history(
    @Root() { id, version }: User,
    @Args(() => HistoryArgs) args: HistoryArgs,
    @Ctx() { readModel }: Context,
  ): Promise<History> {
    return historyOf(readModel(users), { key: id, version }, HISTORY_FIELDS, args);
  }

  @Mutation(() => UserCommandResult, { description: 'Registers a user. The address must be free.' })
  registerUser(@Arg('input', () => RegisterUserInput) input: RegisterUserInput, @Ctx() context: Context) {
    const data = { email: input.email, displayName: input.displayName ?? null };
    return send(context, input.id ?? null, input, { type: 'RegisterUser', data });
  }

  @Mutation(() => UserCommandResult, { description: "Changes a user's address. It must be free." })
  changeUserEmail(@Arg('input', () => ChangeUserEmailInput) input: ChangeUserEmailInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'ChangeUserEmail', data: { email: input.email } });
  }

  @Mutation(() => UserCommandResult, { description: "Changes a user's display name." })
  updateUserProfile(
    @Arg('input', () => UpdateUserProfileInput) input: UpdateUserProfileInput,
    @Ctx() context: Context,
  ) {
    const { displayName } = input;
    const data = displayName === undefined ? {} : { displayName };
    return send(context, input.id, input, { type: 'UpdateUserProfile', data });
  }

  @Mutation(() => UserCommandResult, { description: 'Deactivates a user, who keeps the address.' })
  deactivateUser(@Arg('input', () => DeactivateUserInput) input: DeactivateUserInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'DeactivateUser', data: { reason: input.reason ?? null } });
  }

  @Mutation(() => UserCommandResult, { description: 'Makes a deactivated user active again.' })
  reactivateUser(@Arg('input', () => ReactivateUserInput) input: ReactivateUserInput, @Ctx() context: Context) {
    return send(context, input.id, input, { type: 'ReactivateUser', data: {} });
  }

  @Subscription(() => UserUpdate, {
    name: 'user',
    description: 'The user now, then again each time it changes.',
    subscribe: ({ args, context }: SubscribeResolverData<unknown, { id: string }, Context>) => {
      const key = uuidOf('id', args.id);
      return context.feeds.row(context.readModel(users), { key, streamId: streamIdOf(userDecider.category, key) });
    },
  })
  userFeed(@Root() update: { row: UserRow | null; position: bigint }, @Arg('id', () => ID) _id: string): UserUpdate {
    return { user: update.row, position: update.position };
  }
}

/** The payload of an accepted command, made only as far as it is asked for. */
@Resolver(() => UserCommandAccepted)
export class UserCommandAcceptedResolver {
  @FieldResolver(() => User, { nullable: true })
  user(@Root() { accepted }: UserCommandAccepted, @Ctx() { readModel }: Context): Promise<User | null> {
    return readModel(users).rowAt(idOf(accepted.streamId), accepted);
  }

  @FieldResolver(() => Commit)
  commit(@Root() { accepted }: UserCommandAccepted) {
    return toCommit(accepted);
  }
}
