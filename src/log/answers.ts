import { TidemarkError } from '../eventsourcing/errors.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { type Accepted, EVENTS_SINCE, type Outcome } from './commands.ts';
import type { LogReader } from './reader.ts';
import { type Refusal, type StoredAnswer, type UnitOfWork, VERSION_CONFLICT } from './unit.ts';

/** Makes of the log's verdicts what the sender of a command gets. */
export interface Answers {
  accepted(
    unit: UnitOfWork,
    verdict: { readonly position: bigint; readonly events: readonly RecordedEvent[] },
    eventsSince: readonly RecordedEvent[],
  ): Accepted;
  refused(commandId: string, refusal: Refusal): Promise<Outcome>;
  /**
   * The first answer to a command id.
   * @param expectedVersion with which the command came
   * @throws {TidemarkError} COMMAND_ID_REUSED when that was for another input
   */
  replayed(unit: UnitOfWork, answer: StoredAnswer, expectedVersion: number | null): Promise<Outcome>;
}

export function createAnswers(reader: LogReader): Answers {
  /** What a stream got after one version and up to another one. */
  const between = async (streamId: string, version: number, later: number): Promise<RecordedEvent[]> =>
    later > version ? reader.stream(streamId, version, Math.min(later - version, EVENTS_SINCE)) : [];

  const answers: Answers = {
    accepted: ({ commandId, streamId, version, dryRun }, { position, events }, eventsSince) => ({
      ...{ kind: 'accepted', commandId, streamId, position, version, events, eventsSince, replayed: false, dryRun },
    }),

    async refused(commandId, { code, detail }) {
      if (code !== VERSION_CONFLICT || !detail || !('expected' in detail)) return { kind: 'rejected', commandId, code };
      const { streamId, actual } = detail;
      const expectedVersion = detail.expected === 'exists' ? 1 : detail.expected;
      const eventsSince = await between(streamId, expectedVersion, actual);
      return { kind: 'conflict', commandId, streamId, expectedVersion, actualVersion: actual, eventsSince };
    },

    async replayed(unit, answer, expectedVersion) {
      const { commandId } = unit;
      if (answer.requestHash !== unit.requestHash) {
        throw new TidemarkError(
          'COMMAND_ID_REUSED',
          'commandId: it was used for another input. Send a new one with a new command.',
        );
      }
      const { streamId, version, refusal } = answer;
      if (refusal) {
        // The first servers kept no detail: theirs can only be about the command's own stream.
        const guard = { streamId, expected: expectedVersion ?? version, actual: version };
        return answers.refused(commandId, { ...refusal, detail: refusal.detail ?? guard });
      }
      const position = answer.position ?? 0n;
      const events = answer.eventCount > 0 ? await reader.upTo(position, answer.eventCount) : [];
      const found = version - events.filter((event) => event.streamId === streamId).length;
      const eventsSince = await between(streamId, expectedVersion ?? found, found);
      // The writer repeats a batch whose answer was lost: what it then finds is our own first answer.
      const replayed = !(events.length > 0 && events[0]?.id === unit.events[0]?.id);
      return { ...answers.accepted({ ...unit, streamId, version }, { position, events }, eventsSince), replayed };
    },
  };
  return answers;
}
