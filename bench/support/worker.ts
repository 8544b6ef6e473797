import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that does one job after the other, so that none of them shares a thread with another contestant. */
export interface Worker<Job, Result> {
  /** @throws with the message of what the job threw, or when the process died */
  run(job: Job): Promise<Result>;
  /** Lets it close what it has open; resolves when it is gone. */
  stop(): Promise<void>;
}

export type Reply<Result> = { readonly result: Result } | { readonly error: string };

/** What a worker tells while it works; also what it had to tell before it died is known then. */
export interface Progress {
  readonly progress: unknown;
}

const STOP_MS = 20_000;
/** Characters of what it said before it died. */
const SAID = 4_000;

/**
 * Starts a file that calls `serve` and waits until it is ready. It dies with the signal.
 * @param onProgress takes what it tells while it works
 */
export async function startWorker<Job extends object, Result>(
  file: URL,
  args: readonly string[],
  signal: AbortSignal,
  onProgress: (progress: never) => void = () => undefined,
): Promise<Worker<Job, Result>> {
  if (signal.aborted) throw new Error('interrupted');
  const child = fork(file, args, {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: [...process.execArgv, '--expose-gc'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    said = `${said}${chunk}`.slice(-SAID);
  });
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  const exited = once(child, 'exit');
  const died = exited.then(() => ({ error: signal.aborted ? 'interrupted' : `${file.pathname} died\n${said}` }));

  function reply<T>(): Promise<T> {
    const message = new Promise<Reply<T>>((resolve) => {
      child.on('message', function take(sent: Reply<T> | Progress) {
        if ('progress' in sent) return;
        child.off('message', take);
        resolve(sent);
      });
    });
    return Promise.race([message, died]).then((received) => {
      if ('error' in received) throw new Error(received.error);
      return received.result;
    });
  }
  child.on('message', (sent: Reply<Result> | Progress) => {
    if ('progress' in sent) onProgress(sent.progress as never);
  });

  await reply().catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    run(job) {
      if (signal.aborted) throw new Error('interrupted');
      const answer = reply<Result>();
      child.send(job);
      return answer;
    },
    async stop() {
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      if (child.connected) child.disconnect();
      await exited;
      clearTimeout(kill);
    },
  };
}
