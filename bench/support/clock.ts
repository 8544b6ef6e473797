const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The time in ms, by a clock that all processes of a machine share. */
export const now = (): number => origin + performance.now();
