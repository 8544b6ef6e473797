import type { Open } from '../support/contestant.ts';
import { openLog } from '../support/log.ts';
import { registrationUnit } from '../support/units.ts';

/** Tidemark's writer: events with all guarantees, in units of work that are made beforehand. */
export const open: Open = async (url) => {
  const { writer, close } = await openLog(url);
  const append = (events: number) => async () => {
    const verdict = await writer.append(registrationUnit(events));
    if (verdict.outcome !== 'accepted' || verdict.events.length !== events) throw new Error(JSON.stringify(verdict));
  };
  return { operations: { append: append(1), append100: append(100) }, close };
};
