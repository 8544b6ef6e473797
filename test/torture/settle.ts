import { setTimeout as sleep } from 'node:timers/promises';
import { sameRequest } from './checker/answers.ts';
import { grouped } from './checker/model.ts';
import { type Invocation, now, type Request } from './history.ts';
import type { Client } from './load/client.ts';
import type { Subscriber } from './load/subscriber.ts';
import { asOwner } from './system/system.ts';

/** How long things may take to come right once nothing disturbs them, ms. */
export const PEACE_MS = 60_000;

export interface Unsettled {
  readonly url: string;
  readonly clients: readonly Client[];
  readonly subscribers: readonly Subscriber[];
  readonly invocations: readonly Invocation[];
}

/**
 * Gets a definite answer to everything that was sent, and waits until rebuilds are done, and read tables and subscribers
 * at the head of the log. @returns what is not there in time
 */
export async function settled({ url, clients, subscribers, invocations }: Unsettled): Promise<string[]> {
  const open = [...unanswered(invocations)];
  const deadline = now() + PEACE_MS;
  await Promise.all(
    clients.map(async (client) => {
      for (let request = open.pop(); request; request = open.pop()) {
        while ((await client.send(request)).kind === 'unknown' && now() < deadline) await sleep(100);
      }
    }),
  );
  for (;;) {
    const late = await behind(url, subscribers);
    if (late.length === 0 || now() > deadline) return late;
    await sleep(50);
  }
}

/** One of each request that has got no definite answer, however often it was sent. */
function* unanswered(invocations: readonly Invocation[]): Generator<Request> {
  const toWrite = invocations.filter(({ request }) => !request.input.dryRun);
  for (const sent of grouped(toWrite, ({ request }) => request.input.commandId).values()) {
    const done = sent.filter(({ answer }) => answer.kind !== 'unknown').map(({ request }) => request);
    for (const { request } of sent) {
      if (done.some((other) => sameRequest(request, other))) continue;
      done.push(request);
      yield request;
    }
  }
}

async function behind(url: string, subscribers: readonly Subscriber[]): Promise<string[]> {
  const [log] = await asOwner(
    url,
    async (owner) =>
      (
        await owner.query<{ head: string; late: string[] }>(`
          SELECT position AS head, ARRAY(
            SELECT CASE slot WHEN 'next' THEN 'the rebuild of ' || name || ' is not done' ELSE 'the read table ' || name || ' is behind' END
            FROM checkpoints c WHERE slot = 'next' OR slot = 'live' AND c.position < h.position) AS late
          FROM head h`)
      ).rows,
  );
  const slow = subscribers.filter(({ cursor }) => cursor < BigInt(log?.head ?? 0));
  return [...(log?.late ?? []), ...slow.map(({ feed }) => `${feed.subscriber} is behind`)];
}
