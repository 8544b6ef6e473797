import { type AnyDecider, categoryOf } from '../../../src/eventsourcing/decider.ts';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { Secrets } from '../../../src/privacy/secrets.ts';
import type { Model } from './model.ts';
import type { Rule } from './violation.ts';

const keysAt = ({ decider, state }: Model, streamId: string, version: number): readonly string[] => {
  const { claims }: AnyDecider = decider(categoryOf(streamId));
  return (claims?.(state(streamId, version)) ?? []).map(({ key }) => key);
};

/** At no time do two streams hold one key. */
export const claimsAreExclusive: Rule = function* (model) {
  const holders = new Map<string, string>();
  for (const [commandId, events] of model.eventsOf) {
    const changes = changesBy(events).map(({ streamId, before, after }) => ({
      streamId,
      before: keysAt(model, streamId, before),
      after: keysAt(model, streamId, after),
    }));
    for (const { streamId, before } of changes) {
      for (const key of before) if (holders.get(key) === streamId) holders.delete(key);
    }
    for (const { streamId, after } of changes) {
      for (const key of after) {
        const holder = holders.get(key);
        if (holder !== undefined && holder !== streamId) {
          yield {
            says: `${streamId} took "${key}", which ${holder} holds`,
            commands: [commandId],
            positions: [...lastOf(model, holder, events[0]), ...events.map(({ position }) => position)],
          };
        }
        holders.set(key, streamId);
      }
    }
  }
};

/** Per stream of one command: its versions before and after. */
const changesBy = (events: readonly RecordedEvent[]) =>
  [...new Set(events.map(({ streamId }) => streamId))].map((streamId) => {
    const versions = events.filter((event) => event.streamId === streamId).map(({ version }) => version);
    return { streamId, before: Math.min(...versions) - 1, after: Math.max(...versions) };
  });

const lastOf = ({ streams }: Model, streamId: string, before: RecordedEvent | undefined): bigint[] =>
  (streams.get(streamId) ?? [])
    .map(({ position }) => position)
    .filter((position) => before && position < before.position)
    .slice(-1);

/** The claims that are stored are those that the states hold. */
export const claimsAreStored = ({ blindIndex }: Pick<Secrets, 'blindIndex'>): Rule =>
  function* (model) {
    const due = new Map<string, { key: string; streamId: string }>();
    for (const [streamId, events] of model.streams) {
      for (const key of keysAt(model, streamId, events.length)) due.set(blindIndex(key), { key, streamId });
    }
    for (const [hash, { key, streamId }] of due) {
      const holder = model.claims.get(hash);
      if (holder === streamId) continue;
      yield {
        says: `${streamId} has "${key}", but the claim is held by ${holder ?? 'nobody'}`,
        positions: (model.streams.get(streamId) ?? []).slice(-2).map(({ position }) => position),
      };
    }
    for (const [hash, streamId] of model.claims) {
      if (due.has(hash)) continue;
      yield {
        says: `${streamId} holds a claim that its state does not have`,
        positions: (model.streams.get(streamId) ?? []).slice(-2).map(({ position }) => position),
      };
    }
  };
