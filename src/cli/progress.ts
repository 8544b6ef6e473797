import { SingleBar } from 'cli-progress';
import { grouped, note } from './terminal.ts';

/** Shows how far long work has got: as a bar on a terminal, as a line now and then elsewhere. */
export interface Progress {
  /** @param what for people, such as "Rebuilding users" @param total 0 while it is not known */
  update(what: string, done: number, total: number): void;
  stop(): void;
}

/** How often a line is written where there is no terminal, ms. */
const LINE_MS = 5_000;
const BAR = 24;

/** @param unit what is counted, such as "events" */
export const startProgress = (unit: string): Progress => (process.stderr.isTTY ? bars(unit) : lines(unit));

function bars(unit: string): Progress {
  let current: { readonly what: string; readonly bar: SingleBar } | undefined;
  function start(what: string): SingleBar {
    current?.bar.stop();
    const pace = paceOf();
    const bar = new SingleBar({
      hideCursor: true,
      format: (_, { progress, value, total }) => {
        const drawn = total > 0 ? ` ${'█'.repeat(Math.round(progress * BAR)).padEnd(BAR, '░')}` : '';
        return `${what}${drawn} ${report(value, total, unit, pace(value, total))}`;
      },
    });
    bar.start(0, 0);
    current = { what, bar };
    return bar;
  }
  return {
    update(what, done, total) {
      const bar = current?.what === what ? current.bar : start(what);
      bar.setTotal(total);
      bar.update(done);
    },
    stop() {
      current?.bar.stop();
      current = undefined;
    },
  };
}

function lines(unit: string): Progress {
  let pace = paceOf();
  let [told, last] = [Date.now(), ''];
  return {
    update(what, done, total) {
      if (what !== last) pace = paceOf();
      last = what;
      const now = pace(done, total);
      if (Date.now() - told < LINE_MS) return;
      told = Date.now();
      note(`${what}: ${report(done, total, unit, now)}`);
    },
    stop: () => undefined,
  };
}

interface Pace {
  readonly perSecond: number;
  /** Until it is done, s; null while nobody can tell. */
  readonly left: number | null;
}

/** How fast it goes, since the first time that it is asked: what was done before that came at another speed. */
function paceOf(): (done: number, total: number) => Pace {
  let first: { at: number; done: number } | undefined;
  return (done, total) => {
    first ??= { at: performance.now(), done };
    const seconds = (performance.now() - first.at) / 1000;
    const perSecond = seconds > 0 ? (done - first.done) / seconds : 0;
    return { perSecond, left: perSecond > 0 && total > 0 ? Math.max(0, total - done) / perSecond : null };
  };
}

function report(done: number, total: number, unit: string, { perSecond, left }: Pace): string {
  const of = total > 0 ? `${grouped(done)} of ${grouped(total)} ${unit}` : `${grouped(done)} ${unit}`;
  const rate = perSecond > 0 ? `, ${grouped(Math.round(perSecond))}/s` : '';
  return `${of}${rate}${left === null ? '' : `, ${duration(left)} left`}`;
}

/** Seconds as people write them: 45 s, 3 min, 2 h 10 min. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
