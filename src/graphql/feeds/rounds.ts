/** When feeds may go on: together, so that what gathers meanwhile becomes one message. */
export interface Rounds {
  /** Resolves at once after a rest; else when the rest is over. */
  turn(): Promise<void>;
  close(): void;
}

/** A round that takes less needs no rest, ms. */
const SHORT_MS = 1;
/** How long a rest is, in rounds: more would make messages later, less would leave commands too little time. */
const REST = 0.5;
/** The longest rest, ms. */
const REST_MS = 250;

/**
 * After each round all feeds rest for half the time that it took. So they leave a third of the process's time to everything
 * else, however many they are, and their messages grow with the load, while feeds that have rested go on at once.
 */
export function createRounds(): Rounds {
  let state: 'rested' | 'at work' | 'resting' = 'rested';
  let waiting: (() => void)[] = [];
  let rest: NodeJS.Timeout | undefined;
  let closed = false;

  function begin(): void {
    state = 'at work';
    const begun = performance.now();
    // All that was woken together writes its messages before this.
    setImmediate(() => {
      const took = performance.now() - begun;
      state = 'resting';
      if (took < SHORT_MS || closed) over();
      else rest = setTimeout(over, Math.min(took * REST, REST_MS));
    });
  }

  function over(): void {
    state = 'rested';
    const next = waiting;
    waiting = [];
    if (next.length === 0) return;
    begin();
    for (const go of next) go();
  }

  return {
    turn() {
      if (state === 'rested') begin();
      return state === 'at work' ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve));
    },
    close() {
      closed = true;
      clearTimeout(rest);
      over();
    },
  };
}
