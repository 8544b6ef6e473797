import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { Prisma } from '../../database/client.ts';
import { TidemarkError } from '../../eventsourcing/errors.ts';
import type { Context } from '../../graphql/context.ts';
import { Day, Position } from '../../graphql/scalars.ts';
import { registrations } from './projection.ts';
import { MIN_POSITION } from './resolver.ts';

/** Days that one answer may have. */
const MAX_DAYS = 1_000;
const DAY_MS = 86_400_000;

@ObjectType({ description: 'What happened to the number of users on a day, in UTC.', simpleResolvers: true })
class DailyRegistrations {
  @Field(() => Day)
  day!: string;

  @Field(() => Int, { description: 'Users who registered that day.' })
  registered!: number;

  @Field(() => Int, { description: 'Users who were erased that day.' })
  erased!: number;

  @Field(() => Int, { description: 'Users who were active at the end of that day, of all that had ever registered.' })
  active!: number;
}

/** How the number of users has come about. */
@Resolver()
export class RegistrationsResolver {
  @Query(() => [DailyRegistrations], {
    description: `Registrations by the day, in UTC: every day from \`from\` to \`to\`, at most ${MAX_DAYS}.`,
  })
  async registrations(
    @Arg('from', () => Day) from: string,
    @Arg('to', () => Day, { description: 'The last day.' }) to: string,
    @Arg('minPosition', () => Position, { nullable: true, description: MIN_POSITION }) minPosition: bigint | null,
    @Ctx() { readModel }: Context,
  ): Promise<DailyRegistrations[]> {
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
    if (days < 1) throw new TidemarkError('BAD_USER_INPUT', 'to: it is before `from`.');
    if (days > MAX_DAYS) throw new TidemarkError('BAD_USER_INPUT', `to: at most ${MAX_DAYS} days can be asked for.`);
    const model = readModel(registrations);
    await model.reach(minPosition);
    return model.query<DailyRegistrations>(Prisma.sql`
      SELECT to_char(d.day, 'YYYY-MM-DD') AS day, coalesce(t.registered, 0) AS registered, coalesce(t.erased, 0) AS erased,
             (before.active + sum(coalesce(t.activated, 0)) OVER (ORDER BY d.day))::int AS active
      FROM (SELECT coalesce(sum(activated), 0) AS active FROM ${model.table.name} WHERE day < ${from}::date) before
      CROSS JOIN (SELECT ${from}::date + n AS day FROM generate_series(0, ${days - 1}::int) n) d
      LEFT JOIN ${model.table.name} t ON t.day = d.day
      ORDER BY d.day`);
  }
}
