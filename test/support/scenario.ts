import { expect } from 'vitest';
import { type Command, type Decider, decide, fold } from '../../src/eventsourcing/decider.ts';
import type { NewEvent, RecordedEvent } from '../../src/eventsourcing/event.ts';
import { keysOf, type Projection, project, type Row } from '../../src/eventsourcing/projection.ts';

/**
 * Rules as sentences: `given(registered).when(changeEmail).thenEvents(…)`. (Not `then`: an object with that method is
 * a promise to JavaScript.)
 */
export const scenarios = <State, C extends Command, E extends NewEvent>(decider: Decider<State, C, E>) => ({
  given: (...history: E[]) => ({
    when(...commands: [C, ...C[]]) {
      let stream = history;
      let decision = decide(decider, commands[0], stateAfter(decider, stream));
      for (const command of commands.slice(1)) {
        if ('events' in decision) stream = [...stream, ...decision.events];
        decision = decide(decider, command, stateAfter(decider, stream));
      }
      return {
        thenEvents: (...events: [E, ...E[]]) => expect(decision).toEqual({ events }),
        thenNothing: () => expect(decision).toEqual({ events: [] }),
        thenRejected: (code: string) => {
          expect(decision).toEqual({ rejected: code });
          expect(decider.rejections).toHaveProperty(code);
        },
      };
    },
  }),
});

const stateAfter = <State, E extends NewEvent>(decider: Decider<State, never, E>, events: readonly E[]): State =>
  fold(decider, { state: decider.initialState, version: 0 }, events).state;

/** Events of one stream as the log would record them, from position and version 1, a second apart. */
export const recorded = <E extends NewEvent>(streamId: string, ...events: E[]): RecordedEvent<E>[] =>
  events.map((event, index) => ({
    ...event,
    id: `00000000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`,
    position: BigInt(index + 1),
    streamId,
    version: index + 1,
    recordedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString().replace('Z', '000Z'),
    metadata: {
      commandId: '00000000-0000-7000-8000-00000000c000',
      correlationId: '00000000-0000-7000-8000-00000000d000',
      causationId: null,
      actor: null,
      schemaVersion: 1,
    },
  }));

/** The row under a key after these events. */
export const rowAfter = <R extends Row, E extends NewEvent>(
  projection: Projection<R, E>,
  key: string,
  events: readonly RecordedEvent<E>[],
): R | null =>
  events
    .filter((event) => keysOf(projection, event).includes(key))
    .reduce<R | null>((row, event) => project(projection, row, event, key), null);
