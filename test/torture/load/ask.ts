import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../history.ts';
import type { Random } from '../random.ts';
import { post } from './http.ts';

/** Where requests can be sent. The URL is null while the server is down. */
export interface Target {
  readonly name: string;
  readonly url: string | null;
}

/** Who was asked, and when. */
export interface Asked {
  readonly server: string;
  readonly sent: number;
  readonly answered: number;
}

export interface Asker {
  readonly agent: Agent;
  readonly random: Random;
  readonly targets: readonly Target[];
}

/** Posts to a random server that is up. What was said is an error when no answer came within the time, ms. */
export async function ask<T>(
  { agent, random, targets }: Asker,
  body: string,
  limitMs: number,
  understand: (text: string) => T,
): Promise<{ said: T | Error } & Asked> {
  const up = targets.filter((target) => target.url !== null);
  const { name: server, url } = random.pick(up.length > 0 ? up : targets);
  const sent = now();
  const said = await (url === null
    ? sleep(200).then(() => new Error('down'))
    : post(agent, url, body, limitMs).then(understand, (error: Error) => error));
  return { server, sent, answered: now(), said };
}

/** Why no answer came. */
export const reason = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;
