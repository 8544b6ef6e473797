import { newId, userDecider } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { openLog } from '../support/log.ts';
import { registration } from '../support/registration.ts';
import { stopwatch } from '../support/stopwatch.ts';
import { registrationUnit } from '../support/units.ts';

/** Tidemark's writer and dispatch with stopwatches in them. */
export const open: Open = async (url) => {
  const { watch, pause, spent } = stopwatch();
  const { writer, dispatch, close } = await openLog(url, watch);
  let making = 0;
  return {
    operations: {
      async append() {
        const start = performance.now();
        const unit = registrationUnit();
        making += performance.now() - start;
        const verdict = await writer.append(unit);
        if (verdict.outcome !== 'accepted') throw new Error(JSON.stringify(verdict));
      },
      async dispatch() {
        const cause = { actor: null, correlationId: newId(), causationId: null };
        const command = { type: 'RegisterUser', data: registration() } as const;
        const outcome = await dispatch(userDecider, null, command, {}, cause);
        if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
      },
    },
    pause,
    spent: () => ({ ...spent(), making, busy: performance.eventLoopUtilization().active }),
    close,
  };
};
