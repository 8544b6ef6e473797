import { IsOptional, Max, Min } from 'class-validator';
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Extensions,
  Field,
  Int,
  Query,
  Resolver,
  Root,
  type SubscribeResolverData,
  Subscription,
} from 'type-graphql';
import { TidemarkError } from '../eventsourcing/errors.ts';
import { checkFilter } from './catalogue.ts';
import type { Context } from './context.ts';
import { type EventBatch, toBatch } from './feeds/batches.ts';
import { Position, Uuid } from './scalars.ts';
import { CommandRecordType, EventBatchType, EventFilterInput, EventType, toEventType } from './types.ts';

/** Events that one page of `events` may have. */
const MAX_PAGE = 1_000;

@ArgsType()
class EventsArgs {
  @Field(() => Position, { nullable: true, defaultValue: '0' })
  after?: bigint | null;

  @Field(() => Int, { nullable: true, defaultValue: 100, description: `From 1 to ${MAX_PAGE}.` })
  @IsOptional()
  @Min(1)
  @Max(MAX_PAGE)
  first?: number | null;

  @Field(() => EventFilterInput, { nullable: true })
  filter?: EventFilterInput | null;
}

@ArgsType()
class FeedArgs {
  @Field(() => Position, { nullable: true, description: 'The last cursor that you got. Without it: from now.' })
  after?: bigint | null;

  @Field(() => EventFilterInput, { nullable: true })
  filter?: EventFilterInput | null;
}

/** @throws {TidemarkError} BAD_USER_INPUT for a position that the log has not reached: it belongs to another log */
export async function checkPosition({ tail }: Context, field: string, position: bigint): Promise<void> {
  if (position > tail.head && position > (await tail.refresh())) {
    throw new TidemarkError('BAD_USER_INPUT', `${field}: it is beyond the head of the log.`);
  }
}

const toBatchType = ({ events, cursor, caughtUp }: EventBatch): EventBatchType => ({
  events: events.map(toEventType),
  cursor,
  caughtUp,
});

/** The log itself: what every domain has. */
@Resolver()
export class LogResolver {
  @Query(() => EventBatchType, {
    description: 'A page of the log, oldest first. A filter may leave a page empty: go on from its cursor.',
  })
  async events(
    @Args(() => EventsArgs) { after, first, filter }: EventsArgs,
    @Ctx() context: Context,
  ): Promise<EventBatchType> {
    checkFilter(context.catalogue, filter);
    await checkPosition(context, 'after', after ?? 0n);
    return toBatchType(toBatch(await context.log.page(after ?? 0n, first ?? 100, filter ?? undefined)));
  }

  @Query(() => EventType, { nullable: true, description: 'One event by its id.' })
  async event(@Arg('id', () => Uuid) id: string, @Ctx() { log }: Context): Promise<EventType | null> {
    const event = await log.event(id);
    return event && toEventType(event);
  }

  @Query(() => Position, { description: 'The last committed position.' })
  head(@Ctx() { log }: Context): Promise<bigint> {
    return log.head();
  }

  @Query(() => CommandRecordType, { nullable: true, description: 'What became of a command.' })
  async command(@Arg('id', () => Uuid) id: string, @Ctx() { log }: Context): Promise<CommandRecordType | null> {
    const record = await log.command(id);
    return record && { ...record, accepted: record.rejectionCode === null };
  }

  @Subscription(() => EventBatchType, {
    name: 'events',
    description:
      'Everything committed after `after`, first from the log and then live, in order, each event exactly once, with ' +
      'no gap where the two meet. Without `after`: from now. An empty batch is a heartbeat that moves the cursor.',
    subscribe: async ({ args, context }: SubscribeResolverData<unknown, FeedArgs, Context>) => {
      const { filter } = args;
      const after = context.resumeAfter ?? args.after ?? null;
      checkFilter(context.catalogue, filter);
      if (after !== null) await checkPosition(context, 'after', after);
      return context.feeds.events({ after: after ?? context.tail.head, filter: filter ?? undefined });
    },
  })
  @Extensions({ startsAt: 'after' })
  eventFeed(@Root() batch: EventBatch, @Args(() => FeedArgs) _args: FeedArgs): EventBatchType {
    return toBatchType(batch);
  }
}
