import { isDeepStrictEqual } from 'node:util';
import { streamIdOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import { EVENTS_SINCE } from '../../../src/log/commands.ts';
import type { Accepted, Request } from '../history.ts';
import type { Model } from './model.ts';
import type { Rule } from './violation.ts';

/** What a command with an `expectedVersion` was decided after, though it did not know of it; undefined without one. */
function unforeseen({ streams }: Model, { steps: [step], input }: Request, { version, events }: Accepted) {
  const expected = input.expectedVersion;
  if (!step?.id || expected === undefined) return undefined;
  const streamId = streamIdOf(step.category, step.id);
  const found = version - events.filter((event) => event.streamId === streamId).length;
  return { step, streamId, expected, found, since: (streams.get(streamId) ?? []).slice(expected, found) };
}

/**
 * A command with an `expectedVersion` was decided on that version, or on a later one if all that happened since is
 * declared not to disturb it, and then it says so.
 */
export const expectedVersions: Rule = function* (model) {
  const winners = new Map<string, string>();
  for (const { request, answer } of model.invocations) {
    const { commandId, dryRun } = request.input;
    const asked = answer.kind === 'accepted' && !dryRun ? unforeseen(model, request, answer) : undefined;
    if (!asked || answer.kind !== 'accepted') continue;
    const { step, streamId, expected, found, since } = asked;
    const about = { commands: [commandId], positions: positionsOf(since) };
    if (found < expected) yield { says: `it expected version ${expected}, which was yet to come`, ...about };
    const harmless = model.decider(step.category).undisturbedBy?.[step.command.type] ?? [];
    const disturbing = since.find(({ type }) => !harmless.includes(type));
    if (disturbing)
      yield { says: `accepted with version ${expected} although ${disturbing.type} came since`, ...about };
    if (!isDeepStrictEqual(answer.eventsSince, since.slice(0, EVENTS_SINCE))) {
      yield { says: 'eventsSince is not what it was decided after', ...about };
    }
    if (answer.events.length === 0 || since.length > 0) continue;
    const winner = winners.get(`${streamId} ${expected}`) ?? commandId;
    if (winner !== commandId) yield { says: 'two were accepted with one version', commands: [winner, commandId] };
    winners.set(`${streamId} ${expected}`, winner);
  }
};

/** A conflict is about what was expected, is none with what is there, and shows what happened since. */
export const conflictsAreReal: Rule = function* ({ invocations, streams }) {
  for (const { request, answer } of invocations) {
    if (answer.kind !== 'conflict') continue;
    const { input, steps, guarantor } = request;
    const { expectedVersion, actualVersion, eventsSince } = answer;
    // A stream that had to exist and does not.
    if (guarantor && expectedVersion === 1 && actualVersion === 0 && eventsSince.length === 0) continue;
    const about = { commands: [input.commandId] };
    if (expectedVersion !== input.expectedVersion) yield { says: 'a conflict with what nobody expected', ...about };
    if (expectedVersion === actualVersion) yield { says: 'a conflict with the version that was expected', ...about };
    const last = Math.min(actualVersion, expectedVersion + EVENTS_SINCE);
    const since = (streams.get(streamIdOf(steps[0]?.category ?? '', String(steps[0]?.id))) ?? []).slice(
      expectedVersion,
      last,
    );
    if (isDeepStrictEqual(eventsSince, since)) continue;
    yield { says: 'a conflict that does not show what happened since', ...about, positions: positionsOf(since) };
  }
};

const positionsOf = (events: readonly RecordedEvent[]) => events.slice(0, 3).map(({ position }) => position);
