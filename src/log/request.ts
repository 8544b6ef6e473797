import { streamIdOf } from '../eventsourcing/decider.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Cause, Step, StepsOptions } from './commands.ts';
import type { Intent } from './compose.ts';
import type { Condition } from './conditions.ts';
import { newId } from './ids.ts';

/** What was asked, with all that the attempts have in common. */
export interface Request {
  readonly commandId: string;
  readonly dryRun: boolean;
  readonly requestHash: string;
  readonly cause: Cause;
  /** Ms since 1970. */
  readonly deadline: number;
  readonly intents: readonly [Intent, ...Intent[]];
  /** Streams that do not exist yet: the server has just made their ids. */
  readonly fresh: ReadonlySet<string>;
  /** What the sender expects of the first command's stream. */
  readonly expectedVersion: number | null;
  readonly conditions: readonly Condition[];
}

/** The streams that are written, each once. */
export const streamsOf = (intents: readonly Intent[]): string[] =>
  intents.length === 1
    ? intents.map(({ streamId }) => streamId)
    : [...new Set(intents.map(({ streamId }) => streamId))];

/** What makes two requests the same. Its form is kept in hashes for ever. */
export const requestJson = (steps: readonly Step[], { reads = [] }: StepsOptions, { actor }: Cause): string =>
  canonicalJson([
    actor,
    ...steps.flatMap(({ decider, id, command, expectedVersion }) => [
      decider.category,
      id,
      command.type,
      command.data,
      expectedVersion ?? null,
    ]),
    ...(reads.length > 0 ? [reads.map(({ decider, id, version }) => [decider.category, id, version])] : []),
  ]);

/** Makes the ids that were not given, and gathers what the sender expects of the streams. */
export function requestOf(
  steps: readonly [Step, ...Step[]],
  { commandId, dryRun, reads = [] }: StepsOptions,
  { cause, deadline, requestHash }: Pick<Request, 'cause' | 'deadline' | 'requestHash'>,
): Request {
  const fresh = new Set<string>();
  const conditions: Condition[] = [];
  const intents = steps.map(({ decider, id, command, expectedVersion }) => {
    const streamId = streamIdOf(decider.category, id ?? newId());
    if (id === null) fresh.add(streamId);
    if (expectedVersion !== null && expectedVersion !== undefined) {
      const undisturbedBy = decider.undisturbedBy?.[command.type] ?? [];
      conditions.push({ decider, streamId, version: expectedVersion, undisturbedBy });
    }
    return { decider, streamId, command };
  }) as [Intent, ...Intent[]];
  for (const { decider, id, version } of reads) {
    conditions.push({ decider, streamId: streamIdOf(decider.category, id), version, undisturbedBy: [] });
  }
  return {
    commandId: commandId ?? newId(),
    dryRun: dryRun ?? false,
    requestHash,
    cause,
    deadline,
    intents,
    fresh,
    expectedVersion: expectedOf(intents[0].streamId, conditions),
    conditions,
  };
}

/** The version that a stream is expected to have; of several, the last one, which is the one that is checked last. */
function expectedOf(streamId: string, conditions: readonly Condition[]): number | null {
  const version = conditions.findLast((condition) => condition.streamId === streamId)?.version;
  return typeof version === 'number' ? version : null;
}
