/**
 * Waits for work, but not once the signal has fired (or not for longer than `graceMs` after that): rejects with the
 * signal's reason then, whatever becomes of the work.
 */
export function unlessAborted<T>(signal: AbortSignal, work: T | PromiseLike<T>, graceMs = 0): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let grace: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      if (graceMs > 0) grace = setTimeout(() => reject(signal.reason), graceMs);
      else reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(grace);
        signal.removeEventListener('abort', stop);
      });
  });
}

/** Waits for a time, ms. @throws the signal's reason once it has fired */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await unlessAborted(signal, over);
  } finally {
    clearTimeout(timer);
  }
}
