import type { FormattedExecutionResult } from 'graphql';
import { MessageType } from 'graphql-ws';
import type { Results } from '../pipeline.ts';
import type { Outbox } from './outbox.ts';

/** What came of a request: one result, a stream of them, or null when there is nobody to tell. */
export type Answer = FormattedExecutionResult | Results | null;

/** An operation of a client, from its `subscribe` message until it has ended on both sides. */
export interface Operation {
  /** True once it is a subscription that runs. */
  readonly isStream: boolean;
  /** The client does not want it any more: nothing is sent for it from now on. */
  stop(): void;
}

export interface OperationOptions {
  readonly id: string;
  readonly outbox: Outbox;
  execute(): Promise<Answer>;
  /** Called when it has become a stream. */
  onStream(): void;
  /** Called before the message that ends it for its client: the id is free then. */
  onAnswered(): void;
  /** Called once, when nothing of it is left in this process. */
  onEnd(): void;
  onDefect(error: unknown): void;
}

export function startOperation({ id, outbox, execute, ...on }: OperationOptions): Operation {
  let wanted = true;
  let ended = false;
  let results: Results | null = null;

  function end(): void {
    if (ended) return;
    ended = true;
    on.onEnd();
  }

  /** Sends what ends the operation, unless its client has ended it. */
  function conclude(...messages: object[]): void {
    if (!wanted) return;
    wanted = false;
    on.onAnswered();
    for (const message of messages) outbox.send({ id, ...message });
  }

  async function stream(source: Results): Promise<void> {
    const beginning = Buffer.from(`{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":`);
    for (;;) {
      // Not pulling is what holds a feed back.
      while (wanted && outbox.isFull) await outbox.room();
      const { done, value } = await source.next();
      // Another operation may have filled it meanwhile.
      while (wanted && outbox.isFull) await outbox.room();
      if (done || !wanted) return;
      if (!outbox.sendShared(beginning, value)) return stop();
    }
  }

  function stop(): void {
    wanted = false;
    if (!results) return;
    // It may be waiting for news that never come: `return` ends it all the same.
    results.return().catch(on.onDefect);
    end();
  }

  async function carryOut(): Promise<void> {
    // Answers that a peer does not take must not pile up.
    while (wanted && outbox.isFull) await outbox.room();
    if (!wanted) return;
    const answer = await execute();
    if (!answer) return;
    if (!(Symbol.asyncIterator in answer)) {
      // As the protocol has it: errors before execution end the operation in an `error` message.
      if (answer.errors && !('data' in answer)) return conclude({ type: MessageType.Error, payload: answer.errors });
      return conclude({ type: MessageType.Next, payload: answer }, { type: MessageType.Complete });
    }
    if (!wanted) return void (await answer.return());
    results = answer;
    on.onStream();
    await stream(answer);
    conclude({ type: MessageType.Complete });
  }

  carryOut()
    .catch((error) => {
      on.onDefect(error);
      const payload = [{ message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }];
      conclude({ type: MessageType.Error, payload });
    })
    .finally(end);

  return {
    get isStream() {
      return results !== null;
    },
    stop,
  };
}
