import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { TidemarkError } from '../../../../src/eventsourcing/errors.ts';
import { eventually } from '../../../support/eventually.ts';
import { type openLog, unit } from '../../../support/log.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

/** A command that was answered, and how. */
export interface Acknowledged {
  readonly commandId: string;
  readonly streamId: string;
  readonly version: number;
  readonly position: bigint;
  /** The key that the stream holds afterwards, if it holds one. */
  readonly claim?: string | null;
}

let loads = 0;

/**
 * Callers that append one unit after the other, each to a stream of its own, with a claim that comes and goes. What ends in UNAVAILABLE is sent again
 * with the same command id until there is an answer. As nobody else touches the streams, any other outcome than
 * `accepted` or `known` means that something was lost or done twice.
 */
export function startLoad({ writer }: Pick<Log, 'writer'>, { callers = 6 } = {}) {
  const acknowledged: Acknowledged[] = [];
  const load = ++loads;
  let unavailable = 0;
  let stopping = false;

  async function settle(work: ReturnType<typeof unit>): Promise<void> {
    for (;;) {
      try {
        const verdict = await writer.append(work);
        const { commandId, streamId, version } = work;
        const claim = work.claims[0]?.code ? work.claims[0].key : null;
        if (verdict.outcome === 'accepted') {
          expect(verdict.events.map((event) => event.id)).toEqual(work.events.map((event) => event.id));
          acknowledged.push({ commandId, streamId, version, position: verdict.position, claim });
        } else if (verdict.outcome === 'known') {
          expect(verdict.answer).toMatchObject({ streamId, version, refusal: null, eventCount: 1 });
          acknowledged.push({ commandId, streamId, version, position: verdict.answer.position ?? -1n, claim });
        } else {
          throw new Error(`a unit alone on its stream got ${JSON.stringify(verdict)}`);
        }
        return;
      } catch (error) {
        if (!(error instanceof TidemarkError) || error.code !== 'UNAVAILABLE') throw error;
        unavailable++;
        await sleep(10);
      }
    }
  }

  const callersAtWork = Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const streamId = `counter-${load}.${caller}`;
      const key = `${load.toString(16).padStart(4, '0')}${caller.toString(16).padStart(4, '0')}`;
      for (let version = 0; !stopping; version++) {
        const code = version % 2 === 0 ? 'TAKEN' : null;
        await settle(unit(streamId, version, { claims: [{ key, streamId, code }] }));
      }
    }),
  );
  let failure: unknown = null;
  callersAtWork.catch((error) => {
    failure = error;
  });
  /** Resolves when a condition holds, and at once when the load itself has failed: `stop` says why. */
  const until = (condition: () => boolean) => eventually(() => failure !== null || condition());

  return {
    until,
    /** Resolves when so many more commands were acknowledged than are now. */
    more(count: number) {
      const goal = acknowledged.length + count;
      return until(() => acknowledged.length >= goal);
    },
    /** Resolves when somebody more got UNAVAILABLE. */
    refused() {
      const before = unavailable;
      return until(() => unavailable > before);
    },
    /** Sends nothing new, waits until all that was sent is settled, and gives all answers. */
    async stop() {
      stopping = true;
      await callersAtWork;
      return acknowledged;
    },
  };
}
