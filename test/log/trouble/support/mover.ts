import { expect } from 'vitest';
import { faultOf } from '../../../../src/database/errors.ts';
import { freshDatabase } from '../../../support/database.ts';
import { type CounterCommand, cause, counter, openLog, unit, uuid } from '../../../support/log.ts';
import { openLink, withParameters } from './link.ts';
import type { Acknowledged } from './load.ts';
import { expectNothingAstray, expectWhole } from './whole.ts';

const move: CounterCommand = { type: 'MoveCounter', data: { by: 1 } };

/**
 * A process that reaches its database through a link, and moves counters by which it sees that every answer is right.
 * @param parameters of the sessions, which win over the settings of the pool
 */
export async function openMover(parameters: Record<string, string> = {}, options: Parameters<typeof openLog>[1] = {}) {
  expectNothingAstray();
  const { url } = await freshDatabase();
  const link = await openLink(withParameters(url, parameters));
  const log = await openLog(link.url, options);
  const versions = new Map<string, number>();
  const acknowledged: Acknowledged[] = [];

  /** The answer that the next command on a stream must get. */
  function next(id: string, commandId: string): Acknowledged {
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    acknowledged.push({ commandId, streamId: `counter-${id}`, version, position: BigInt(acknowledged.length + 1) });
    return acknowledged.at(-1) as Acknowledged;
  }

  return {
    ...{ url, link, log },

    /** By the writer alone: one call to the database, which finds its own work when it has to be repeated. */
    async append(id: string): Promise<void> {
      const work = unit(`counter-${id}`, versions.get(id) ?? 0);
      const verdict = await log.writer.append(work);
      const { version, position } = next(id, work.commandId);
      expect(verdict).toMatchObject(
        verdict.outcome === 'known'
          ? { answer: { version, position, eventCount: 1, refusal: null } }
          : { outcome: 'accepted', position, events: [{ id: work.events[0]?.id, version, position }] },
      );
    },

    /** By a command, whose sender never sees that anything was repeated. */
    async dispatch(id: string): Promise<void> {
      const commandId = uuid();
      const answer = await log.dispatch(counter, id, move, { commandId }, cause);
      const { version, position } = next(id, commandId);
      expect(answer).toMatchObject({ kind: 'accepted', commandId, version, position, replayed: false });
      expect(answer).toMatchObject({ events: [{ version, position, metadata: { commandId } }] });
    },

    /** By a command that is sent again, with its id, when it ends in what clients see as UNAVAILABLE. */
    async insist(id: string): Promise<void> {
      const commandId = uuid();
      for (;;) {
        try {
          const answer = await log.dispatch(counter, id, move, { commandId }, cause);
          const { version, position } = next(id, commandId);
          expect(answer).toMatchObject({ kind: 'accepted', commandId, version, position, events: [{ position }] });
          return;
        } catch (error) {
          if (faultOf(error) !== 'unreachable' && (error as { code?: string }).code !== 'UNAVAILABLE') throw error;
        }
      }
    },

    /** Everything that was answered is in the log, once, and nothing else. */
    expectWhole: () => expectWhole(url, acknowledged),
  };
}
