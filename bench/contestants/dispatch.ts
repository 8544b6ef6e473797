import { newId, userDecider } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { openLog } from '../support/log.ts';
import { registration } from '../support/registration.ts';

/** Tidemark's whole way of a command: load, decide, claim, append. */
export const open: Open = async (url) => {
  const { dispatch, close } = await openLog(url);
  return {
    operations: {
      async append() {
        const cause = { actor: null, correlationId: newId(), causationId: null };
        const command = { type: 'RegisterUser', data: registration() } as const;
        const outcome = await dispatch(userDecider, null, command, {}, cause);
        if (outcome.kind !== 'accepted' || outcome.events.length !== 1) throw new Error(JSON.stringify(outcome));
      },
    },
    close,
  };
};
