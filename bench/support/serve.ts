import type { Reply } from './worker.ts';

/** What a worker's process does: it says that it is ready, does each job, and closes when its parent is gone. */
export function serve<Job, Result>(work: (job: Job) => Promise<Result>, close: () => Promise<unknown>): void {
  const reply = (message: Reply<Result | null>) => process.send?.(message);
  process.on('message', (job: Job) => {
    work(job).then(
      (result) => reply({ result }),
      (error: Error) => reply({ error: error.stack ?? error.message }),
    );
  });
  process.on('disconnect', () => close().finally(() => process.exit()));
  reply({ result: null });
}
