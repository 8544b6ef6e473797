import type { Open } from '../support/contestant.ts';
import { commandAt, STREAM_EVENTS, streamAt } from '../support/filled-log.ts';
import { openLog } from '../support/log.ts';
import { registrationUnit } from '../support/units.ts';

const PAGE = 100;

/** Tidemark on a log that was filled beforehand: appends, and reads of what was filled at random places. */
export const open: Open = async (url) => {
  const { reader, writer, close } = await openLog(url);
  const filled = Number(await reader.head());
  const anywhere = (end = filled) => Math.floor(Math.random() * end) + 1;
  return {
    operations: {
      async append() {
        const verdict = await writer.append(registrationUnit());
        if (verdict.outcome !== 'accepted') throw new Error(JSON.stringify(verdict));
      },
      async stream() {
        const streamId = streamAt(anywhere());
        const events = await reader.stream(streamId, 0, 1_000);
        const asExpected = events.length === STREAM_EVENTS && events.every((event) => event.streamId === streamId);
        if (!asExpected) throw new Error(`${streamId}: ${events.length} events`);
      },
      async page() {
        const after = BigInt(anywhere(filled - PAGE));
        const { events } = await reader.page(after, PAGE);
        const asExpected = events.length === PAGE && events[0]?.position === after + 1n;
        if (!asExpected) throw new Error(`${events.length} events after ${after}`);
      },
      async command() {
        const position = anywhere();
        const command = await reader.command(commandAt(position));
        if (command?.position !== BigInt(position)) throw new Error(`the command of position ${position}`);
      },
    },
    close,
  };
};
