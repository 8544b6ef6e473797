import { isDeepStrictEqual } from 'node:util';
import { decide, streamIdOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { CommandRow, Request, Step } from '../history.ts';
import { verdictOn } from './answers.ts';
import type { Model } from './model.ts';
import type { Rule } from './violation.ts';

/**
 * Every command was decided on the very state that it changed: deciding again, on the state that each of its streams had
 * just before, gives the same events on every stream, or the same refusal.
 */
export const decidedOnWhatTheyChange: Rule = function* (model) {
  for (const [commandId, invocations] of model.sentAs) {
    const verdict = verdictOn(invocations);
    const record = model.commandOf.get(commandId);
    if (!verdict || !record || verdict.answer.kind === 'conflict') continue;
    const events = model.eventsOf.get(commandId) ?? [];
    const wrong =
      events.length > 0
        ? wrongEvents(model, verdict.request, record, events)
        : wrongRest(model, verdict.request, record);
    if (wrong) yield { says: wrong, commands: [commandId], positions: events.map(({ position }) => position) };
  }
};

const streamOf = ({ category, id }: Step, { streamId }: CommandRow) =>
  id === null ? streamId : streamIdOf(category, id);

function wrongEvents(
  { streams, state, decider }: Model,
  { steps, guarantor }: Request,
  record: CommandRow,
  events: readonly RecordedEvent[],
): string | undefined {
  const start = events[0]?.position ?? 0n;
  const versionBefore = (streamId: string) =>
    (streams.get(streamId) ?? []).filter(({ position }) => position < start).length;
  const left = [...events];
  const states = new Map<string, unknown>();
  for (const step of steps) {
    const streamId = streamOf(step, record);
    const own = decider(step.category);
    const before = states.has(streamId) ? states.get(streamId) : state(streamId, versionBefore(streamId));
    const decision = decide(own, step.command, before);
    // Steps come one after the other in the log, too.
    const made = left.splice(0, 'events' in decision ? decision.events.length : 0);
    const isAsDecided =
      'events' in decision &&
      made.every((event) => event.streamId === streamId) &&
      isDeepStrictEqual(
        made.map(({ type, data }) => ({ type, data })),
        decision.events,
      );
    if (!isAsDecided) return `on ${streamId} it should have come to ${JSON.stringify(decision)}`;
    states.set(
      streamId,
      made.reduce((current, event) => own.evolve(current, event), before),
    );
  }
  if (left.length > 0) return `it wrote ${left.length} events more than it should have`;
  return guarantor && versionBefore(guarantor) === 0 ? `${guarantor} had to exist, but did not` : undefined;
}

/** A refusal, or an acceptance without events. What it saw of streams after the first is not recorded. */
function wrongRest({ state, decider }: Model, { steps }: Request, record: CommandRow): string | undefined {
  const [step] = steps;
  if (!step || steps.length > 1) return undefined;
  const { command, category } = step;
  const own = decider(category);
  const decision = decide(own, command, state(streamOf(step, record), record.version));
  const refusedByClaim = 'events' in decision && record.rejection !== null && isClaimCode(record.rejection);
  const expected = record.rejection === null ? { events: [] } : { rejected: record.rejection };
  return refusedByClaim || isDeepStrictEqual(decision, expected)
    ? undefined
    : `it came to ${JSON.stringify(expected)}, but should have to ${JSON.stringify(decision)}`;
}

const isClaimCode = (code: string) => code.endsWith('_TAKEN');
