import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Requests to send as fast as they are answered: on each connection the next one leaves when an answer is in. */
export interface Job {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The JSON to post; `<unique>` becomes a text that no other request of any job has. */
  readonly body: string;
  /** What an expected answer contains, with the same text for `<unique>`. */
  readonly expect: readonly string[];
}

/** All requests of a job were answered as expected, each one. */
export interface Load {
  readonly answers: number;
  readonly perSecond: number;
  /** Latencies, ms. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadGenerator {
  /** @throws on the first error or unexpected answer, with that answer */
  run(job: Job): Promise<Load>;
  stop(): void;
}

/** What the process answers to a job. */
export type Reply = { readonly load: Load } | { readonly error: string };

/** Starts the process that makes the load; one for all jobs, so that each finds it warm. It dies with the signal. */
export function startLoadGenerator(signal: AbortSignal): LoadGenerator {
  const child = fork(new URL('./load-process.ts', import.meta.url));
  signal.addEventListener('abort', () => child.kill());
  const died = once(child, 'exit').then(
    () => ({ error: signal.aborted ? 'interrupted' : 'the load generator died' }) satisfies Reply,
  );
  return {
    async run(job) {
      const replied = once(child, 'message').then(([reply]) => reply as Reply);
      if (signal.aborted) throw new Error('interrupted');
      child.send(job);
      const reply = await Promise.race([replied, died]);
      if ('error' in reply) throw new Error(reply.error);
      return reply.load;
    },
    stop: () => void child.kill(),
  };
}
