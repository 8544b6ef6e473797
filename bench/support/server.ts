import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A server under test, as a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** @throws when it had died meanwhile, or does not end cleanly */
  stop(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 20_000;

/**
 * Starts `node <args>` and waits until it prints a line with the URL of its GraphQL.
 * @throws with what it said, when it ends or stays silent
 */
export async function startServer(args: readonly string[], env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-10_000);
  });
  const failed = (how: string) => new Error(`${args.join(' ')} ${how}\n${said}`);

  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(`did not start within ${START_MS / 1000} s`)), START_MS);
    ended.then(() => reject(failed('ended before it was up')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      said = `${said}${line}\n`.slice(-10_000);
      const found = /http:\/\/[^\s"]+/.exec(line)?.[0];
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    });
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });

  return {
    url,
    async stop() {
      if (hasEnded(child)) throw failed('died during the benchmark');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(kill);
      if (child.signalCode === 'SIGKILL') throw failed(`did not stop within ${STOP_MS / 1000} s`);
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
