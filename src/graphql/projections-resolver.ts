import { Max, Min } from 'class-validator';
import { Arg, Args, ArgsType, Ctx, Field, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { Verification } from '../projections/operator.ts';
import type { Projections } from '../projections/projections.ts';
import type { ProjectionStatus } from '../projections/status.ts';
import type { Context } from './context.ts';
import { FreshnessType, ProjectionStatusType, VerificationType } from './projection-types.ts';
import { Position } from './scalars.ts';

/** Rows that one request may have compared. */
const MAX_SAMPLE = 1_000;
const DEFAULT_SAMPLE = 100;

@ArgsType()
class VerifyArgs {
  @Field(() => String)
  name!: string;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_SAMPLE,
    description: `Rows to compare, taken at random, from 1 to ${MAX_SAMPLE}. The command line compares all.`,
  })
  @Min(1)
  @Max(MAX_SAMPLE)
  sample?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Write what the log says over rows that differ.',
  })
  repair?: boolean | null;
}

const NAME = 'A projection, as `projections` names it.';

/** What every domain has: its projections, and what an operator does with them. */
@Resolver()
export class ProjectionsResolver {
  @Query(() => [ProjectionStatusType], { description: 'How all read tables are doing.' })
  projections(@Ctx() { projections }: Context): Promise<ProjectionStatus[]> {
    return projections.status();
  }

  // Not async: fields of a query are begun in one go, so what this sees is not newer than what the others read.
  @Query(() => [FreshnessType], {
    description:
      'How fresh the read tables are from which this very response is taken: ask for it beside other fields.',
  })
  freshness(@Ctx() { projections }: Context): FreshnessType[] {
    return projections.freshness();
  }

  @Mutation(() => ProjectionStatusType, {
    description:
      'Folds the log into a new table beside the live one, and then puts it in its place. It goes on after the answer: see ' +
      '`rebuilding`. Queries and commands go on meanwhile.',
  })
  async rebuildProjection(
    @Arg('name', () => String, { description: NAME }) name: string,
    @Ctx() { projections }: Context,
  ): Promise<ProjectionStatus> {
    await projections.requestRebuild(name);
    return statusOf(projections, name);
  }

  @Mutation(() => ProjectionStatusType, {
    description:
      'Puts the table from before the last rebuild back at once, as it was then; from there it catches up with the log. Done ' +
      'twice, it is undone.',
  })
  async rollbackProjection(
    @Arg('name', () => String, { description: NAME }) name: string,
    @Ctx() { projections }: Context,
  ): Promise<ProjectionStatus> {
    await projections.rollback(name);
    return statusOf(projections, name);
  }

  @Mutation(() => ProjectionStatusType, { description: 'Drops the table from before the last rebuild.' })
  async dropPreviousTable(
    @Arg('name', () => String, { description: NAME }) name: string,
    @Ctx() { projections }: Context,
  ): Promise<ProjectionStatus> {
    await projections.dropPrevious(name);
    return statusOf(projections, name);
  }

  @Mutation(() => VerificationType, {
    description: 'Folds rows again from the log and compares them with the read table.',
  })
  verifyProjection(
    @Args(() => VerifyArgs) { name, sample, repair }: VerifyArgs,
    @Ctx() { projections }: Context,
  ): Promise<Verification> {
    return projections.verify(name, { sample: sample ?? DEFAULT_SAMPLE, repair: repair ?? false });
  }

  @Mutation(() => ProjectionStatusType, {
    description:
      'Lets a projection leave out the one event at which it has stopped. Who did so, and why, is kept for ever.',
  })
  async skipEvent(
    @Arg('name', () => String, { description: NAME }) name: string,
    @Arg('position', () => Position, { description: 'Where it has stopped.' }) position: bigint,
    @Ctx() { projections, actor }: Context,
  ): Promise<ProjectionStatus> {
    await projections.skip(name, position, actor);
    return statusOf(projections, name);
  }
}

async function statusOf(projections: Projections, name: string): Promise<ProjectionStatus> {
  const status = (await projections.status()).find((each) => each.name === name);
  if (!status) throw new Error(`no projection ${name}`);
  return status;
}
