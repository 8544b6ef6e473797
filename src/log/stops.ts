/** What the waits on a signal do when it fires. */
const waits = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal fires, by one listener for all waits on it: to add and remove one for each would take a tenth of
 * what a delivery to one of many subscribers takes.
 * @returns what takes it back
 */
export function onStop(signal: AbortSignal, stop: () => void): () => void {
  let stops = waits.get(signal);
  if (!stops) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => {
      for (const each of all) each();
    });
    waits.set(signal, all);
    stops = all;
  }
  stops.add(stop);
  const mine = stops;
  return () => void mine.delete(stop);
}
