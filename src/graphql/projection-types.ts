// type-graphql's decorators need it before the first of them runs.
import 'reflect-metadata';
import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime, Position } from './scalars.ts';

@ObjectType('ProjectionFailure', {
  description: 'The event at which a projection has stopped. It tries again by itself; nothing is skipped.',
  simpleResolvers: true,
})
export class ProjectionFailureType {
  @Field(() => Position)
  position!: string;

  @Field(() => String)
  eventType!: string;

  @Field(() => String)
  error!: string;

  @Field(() => DateTime, { description: 'When it was met first.' })
  since!: string;
}

@ObjectType('RebuildProgress', {
  description: 'A table that is being folded anew beside the live one.',
  simpleResolvers: true,
})
export class RebuildProgressType {
  @Field(() => Position)
  position!: bigint;

  @Field(() => Position)
  target!: bigint;

  @Field(() => ProjectionFailureType, { nullable: true })
  failure!: ProjectionFailureType | null;
}

@ObjectType('PreviousTable', {
  description: 'The table from before the last rebuild: rollbackProjection puts it back.',
  simpleResolvers: true,
})
export class PreviousTableType {
  @Field(() => Int)
  version!: number;

  @Field(() => Position, { description: 'How far it had got.' })
  position!: bigint;
}

@ObjectType('DriftedRow', {
  description: 'A row of a read table that is not what the log says.',
  simpleResolvers: true,
})
export class DriftedRowType {
  @Field(() => String)
  key!: string;

  @Field(() => [String], {
    description: 'The columns that differ; all of them if the row is missing, or one too many.',
  })
  fields!: string[];
}

@ObjectType('ProjectionStatus', { description: 'How a read table is doing.', simpleResolvers: true })
export class ProjectionStatusType {
  @Field(() => String)
  name!: string;

  @Field(() => Int, { description: 'The version of the fold that has made it.' })
  version!: number;

  @Field(() => Position)
  position!: bigint;

  @Field(() => Position)
  head!: bigint;

  @Field(() => Int, { description: 'Events that are not folded yet.' })
  lag!: number;

  @Field(() => DateTime)
  updatedAt!: string;

  @Field(() => ProjectionFailureType, { nullable: true, description: 'Set while it cannot go on.' })
  failure!: ProjectionFailureType | null;

  @Field(() => RebuildProgressType, { nullable: true })
  rebuilding!: RebuildProgressType | null;

  @Field(() => PreviousTableType, { nullable: true })
  previous!: PreviousTableType | null;

  @Field(() => Int, { description: 'Rows that were found not to be what the log says, and not healed yet.' })
  drift!: number;

  @Field(() => [DriftedRowType], { description: 'Some of them.' })
  drifted!: DriftedRowType[];
}

@ObjectType('Freshness', {
  description:
    'How fresh a read table is: everything in this response is at least as new as `position`, and as the `minPosition` that ' +
    'it waited for.',
  simpleResolvers: true,
})
export class FreshnessType {
  @Field(() => String)
  name!: string;

  @Field(() => Position)
  position!: bigint;

  @Field(() => Position)
  head!: bigint;

  @Field(() => Int, { description: 'Events by which it may be behind.' })
  lag!: number;
}

@ObjectType('Verification', {
  description: 'What was found when a read table was compared with the log.',
  simpleResolvers: true,
})
export class VerificationType {
  @Field(() => Int, { description: 'Rows compared.' })
  checked!: number;

  @Field(() => Position, { description: 'The checkpoint at which they were compared.' })
  position!: bigint;

  @Field(() => [DriftedRowType], { description: 'Rows that are not what the log says, at most 100 of them.' })
  drift!: DriftedRowType[];

  @Field(() => Int)
  repaired!: number;
}
