import {
  CloseCode,
  type Message,
  MessageType,
  type PingMessage,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws';
import type { Logger } from 'pino';
import { TidemarkError } from '../../eventsourcing/errors.ts';
import { TOO_MANY_OF_ACTOR } from '../admission.ts';
import type { Context } from '../context.ts';
import type { Pipeline } from '../pipeline.ts';
import { TRY_AGAIN_LATER } from './close-codes.ts';
import type { Answer } from './operation.ts';
import { createOperations, type OperationsOptions } from './operations.ts';

/** What a client says of itself in `connection_init`. */
export type ConnectionParams = Readonly<Record<string, unknown>> | undefined;

/** The server's side of graphql-transport-ws on one socket. */
export interface Conversation {
  /** Takes a message. */
  receive(text: string): void;
  /** Takes no more operations, and closes once those that have one answer are answered. */
  retire(): void;
  /** Stops all operations: the socket is closing. */
  end(): void;
}

export interface ConversationOptions extends Omit<OperationsOptions, 'execute'> {
  readonly pipeline: Pipeline;
  readonly logger: Logger;
  /** @throws {TidemarkError} for a client that may not be here */
  contextFor(params: ConnectionParams): Context | Promise<Context>;
  /** Counts the connection as the actor's. False when the actor has too many. */
  admit(actor: string | null): boolean;
  /** Called when the client is known. */
  onAcknowledged(): void;
}

/**
 * graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md). Messages are checked by
 * graphql-ws, but its own server is not used: it takes an operation for alive when its id is in use again, it serialises
 * each result for each client, and it limits nothing.
 */
export function converse(options: ConversationOptions): Conversation {
  const { outbox, close, logger } = options;
  let state: 'new' | 'initialising' | 'acknowledged' | 'over' = 'new';
  let params: ConnectionParams;
  const operations = createOperations({ ...options, execute });

  /** Null, and the socket closed, for a client that may not be here. */
  async function context(): Promise<Context | null> {
    try {
      return await options.contextFor(params);
    } catch (error) {
      if (!(error instanceof TidemarkError)) {
        logger.error({ err: error }, 'websocket defect');
        close(CloseCode.InternalServerError, 'Internal server error');
      } else if (error.code === 'UNAVAILABLE' || error.code === 'TOO_MANY_REQUESTS') {
        close(TRY_AGAIN_LATER, error.message);
      } else {
        close(CloseCode.Forbidden, error.message);
      }
      return null;
    }
  }

  async function initialise(payload: ConnectionParams): Promise<void> {
    if (state !== 'new') return close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
    state = 'initialising';
    params = payload;
    const known = await context();
    if (!known || state !== 'initialising') return;
    if (!options.admit(known.actor)) return close(TRY_AGAIN_LATER, TOO_MANY_OF_ACTOR);
    state = 'acknowledged';
    options.onAcknowledged();
    outbox.send({ type: MessageType.ConnectionAck });
  }

  async function execute({ query, variables, operationName, extensions }: SubscribePayload): Promise<Answer> {
    const known = await context();
    if (!known) return null;
    const request = {
      query,
      ...(variables && { variables }),
      ...(operationName && { operationName }),
      ...(extensions && { extensions }),
    };
    return options.pipeline.run(request, known);
  }

  function pong({ payload }: PingMessage): void {
    try {
      outbox.send({ type: MessageType.Pong, ...(payload && { payload }) });
    } catch {
      // It could be read and cannot be written: it is nested too deeply.
      close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  return {
    receive(text) {
      const message = parsed(text);
      switch (message?.type) {
        case MessageType.ConnectionInit:
          return void initialise(message.payload ?? undefined);
        case MessageType.Ping:
          return pong(message);
        case MessageType.Pong:
          return;
        case MessageType.Subscribe:
          if (state !== 'acknowledged') return close(CloseCode.Unauthorized, 'Unauthorized');
          return operations.start(message);
        case MessageType.Complete:
          return operations.complete(message.id);
        default:
          close(CloseCode.BadRequest, 'Invalid message received');
      }
    },
    retire: operations.retire,
    end() {
      state = 'over';
      operations.end();
    },
  };
}

/** Null for what is no message. */
function parsed(text: string): Message | null {
  try {
    return parseMessage(text);
  } catch {
    return null;
  }
}
