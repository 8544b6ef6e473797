import { setTimeout as sleep } from 'node:timers/promises';
import { streamIdOf } from '../../../src/eventsourcing/decider.ts';
import type { Answer, Invocation, Reading, Request } from '../history.ts';
import type { Random } from '../random.ts';
import { ask, reason, type Target } from './ask.ts';
import { createAgent } from './http.ts';
import { answerOf, mutationFor, queryFor, rowIn } from './operations.ts';
import { makeRequest, type World } from './requests.ts';

export interface ClientOptions {
  readonly name: string;
  readonly random: Random;
  readonly world: World;
  readonly targets: readonly Target[];
  record(invocation: Invocation): void;
  recordReading(reading: Reading): void;
}

/** One client: it sends commands, sometimes more than once, and notes what it hears. */
export interface Client {
  /** Plays until the signal fires, and resolves when the last answer has come or its time is up. */
  play(stop: AbortSignal): Promise<void>;
  /** Sends a request to one server or another. */
  send(request: Request): Promise<Answer>;
  close(): void;
}

/** How long a client thinks before it sends again, ms. */
const THINK_MS = 90;
/** How long it waits for an answer, ms: sometimes less than a server needs in trouble. */
const PATIENCE_MS = [600, 6_000] as const;

const plays = { once: 55, atOnce: 12, again: 10, reusing: 6, racing: 12, reading: 5 };

export function createClient({ name, random, world, targets, record, recordReading }: ClientOptions): Client {
  const agent = createAgent();

  const asking = <T>(body: string, understand: (text: string) => T) =>
    ask({ agent, random, targets }, body, random.int(...PATIENCE_MS), understand);

  async function send(request: Request): Promise<Answer> {
    const { said, ...asked } = await asking(mutationFor(request), answerOf);
    const answer: Answer = said instanceof Error ? { kind: 'unknown', why: reason(said) } : said;
    record({ client: name, request, ...asked, answer });
    learn(request, answer);
    return answer;
  }

  function learn({ steps: [first] }: Request, answer: Answer): void {
    if (answer.kind === 'accepted' && answer.position > world.position) world.position = answer.position;
    if (!first?.id) return;
    const version = answer.kind === 'accepted' ? answer.version : answer.kind === 'conflict' ? answer.actualVersion : 0;
    if (version > 0) world.versions.set(streamIdOf(first.category, first.id), version);
  }

  /** Looks for what a command has written, with its position. */
  async function readBack(request: Request): Promise<void> {
    const answer = await send(request);
    const [event] = answer.kind === 'accepted' && !answer.dryRun ? answer.events : [];
    if (answer.kind !== 'accepted' || !event) return;
    const category = request.steps[0]?.category ?? '';
    const id = event.streamId.slice(category.length + 1);
    const { said, ...asked } = await asking(queryFor(category, id, answer.position), rowIn);
    const found = said instanceof Error ? { freshness: new Map(), row: undefined } : said;
    recordReading({ ...asked, category, id, minPosition: answer.position, ...found });
  }

  const next = (like?: Request) => makeRequest(random, world, like);

  async function playOnce(): Promise<void> {
    const request = next();
    switch (random.weighted(plays)) {
      case 'once': {
        const answer = await send(request);
        if (answer.kind === 'unknown' && random.chance(0.5)) await send(request);
        return;
      }
      case 'atOnce':
        await Promise.all([send(request), sleep(random.int(0, 20)).then(() => send(request))]);
        return;
      case 'again':
        await send(request);
        await send(request);
        return;
      case 'reusing': {
        const { input, ...other } = next();
        const reused = { ...other, input: { ...input, commandId: request.input.commandId } };
        await Promise.all([send(request), sleep(random.int(0, 20)).then(() => send(reused))]);
        return;
      }
      case 'racing':
        await Promise.all([send(request), send(next(request))]);
        return;
      case 'reading':
        return readBack(request);
    }
  }

  return {
    async play(stop) {
      while (!stop.aborted) {
        await playOnce();
        await sleep(random.int(0, THINK_MS));
      }
    },
    send,
    close: () => agent.destroy(),
  };
}
