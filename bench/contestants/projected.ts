import { projectionLimits, readConfig, startProjections, users } from '../support/built.ts';
import type { Open } from '../support/contestant.ts';
import { openLog } from '../support/log.ts';
import { registrationUnit } from '../support/units.ts';

/** Tidemark's writer with the read table `users` kept up to date in the same process. */
export const open: Open = async (url) => {
  const { writer, reader, tail, database, close } = await openLog(url);
  const projections = await startProjections({
    ...{ database, reader, tail, projections: [users] },
    openForRebuild: () => database,
    limits: projectionLimits(readConfig({ DATABASE_URL: url })),
    log: () => undefined,
    onError: (what, error) => console.error(what, error),
  });
  const model = projections.readModel(users);
  /** Events that the table was behind, added up over all appends. */
  let behind = 0;
  return {
    operations: {
      async append() {
        const verdict = await writer.append(registrationUnit());
        if (verdict.outcome !== 'accepted') throw new Error(JSON.stringify(verdict));
        behind += Number(tail.head - model.position);
      },
      /** Waits for the last event. */
      async caughtUp() {
        await model.reach(await reader.head());
      },
    },
    spent: () => ({ behind }),
    async close() {
      await projections.close();
      await close();
    },
  };
};
