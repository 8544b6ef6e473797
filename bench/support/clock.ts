/** From the start of the machine's clock to that of this process, ms: what lies between two looks makes it too small. */
const origin = Math.max(
  ...Array.from({ length: 100 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

/** The time in ms, by a clock that all processes of a machine share. */
export const now = (): number => origin + performance.now();
