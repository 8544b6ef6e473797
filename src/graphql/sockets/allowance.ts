/** A number of messages that may come in a while: what is not used is kept for some seconds. */
export interface Allowance {
  /** False when it is used up. */
  take(): boolean;
}

/** What may come at once, in seconds' worth: a client that has just connected subscribes to everything it shows. */
const BURST_S = 5;

/** A token bucket that is filled when somebody looks: idle sockets need no timer. */
export function createAllowance(perSecond: number): Allowance {
  const most = perSecond * BURST_S;
  let left = most;
  let at = performance.now();
  return {
    take() {
      const now = performance.now();
      left = Math.min(most, left + ((now - at) / 1_000) * perSecond);
      at = now;
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
