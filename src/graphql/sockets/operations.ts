import { CloseCode, MessageType, type SubscribeMessage } from 'graphql-ws';
import type { Logger } from 'pino';
import type { ErrorCode } from '../../eventsourcing/errors.ts';
import { SERVICE_RESTART } from './close-codes.ts';
import { type Answer, type Operation, startOperation } from './operation.ts';
import type { Outbox } from './outbox.ts';

/** The operations of one socket. */
export interface Operations {
  start(message: SubscribeMessage): void;
  /** The client does not want an operation any more. An id that is unknown may have been answered just now. */
  complete(id: string): void;
  /** Takes no more of them, and closes the socket once those that have one answer are answered. */
  retire(): void;
  /** Stops all: the socket is closing. */
  end(): void;
}

export interface OperationsOptions {
  readonly outbox: Outbox;
  readonly logger: Logger;
  /** How many may be under way at a time. */
  readonly most: number;
  execute(payload: SubscribeMessage['payload']): Promise<Answer>;
  close(code: number, reason: string): void;
  /** Called with 1 when a subscription begins to run and -1 when it has ended. */
  onSubscriptions(change: 1 | -1): void;
}

/** Characters of an id at most: it stands in every message of its operation. */
const ID_LENGTH = 256;

export function createOperations({ outbox, logger, most, ...options }: OperationsOptions): Operations {
  /** Those that the client waits for, by their ids. */
  const wanted = new Map<string, Operation>();
  /** Those, and those that it has given up but that are still being executed. */
  const underWay = new Set<Operation>();
  let retiring = false;

  function refuse(id: string, code: ErrorCode, message: string): void {
    outbox.send({ id, type: MessageType.Error, payload: [{ message, extensions: { code } }] });
  }

  function closeIfAnswered(): void {
    if (!retiring) return;
    for (const { isStream } of underWay) if (!isStream) return;
    options.close(SERVICE_RESTART, 'Service restart');
  }

  return {
    start({ id, payload }) {
      if (id.length > ID_LENGTH) {
        return options.close(CloseCode.BadRequest, `An id has at most ${ID_LENGTH} characters`);
      }
      if (wanted.has(id)) {
        return options.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
      }
      if (retiring) return refuse(id, 'UNAVAILABLE', 'The server is stopping. Connect again.');
      if (underWay.size >= most) {
        return refuse(
          id,
          'TOO_MANY_REQUESTS',
          `A connection has at most ${most} operations at a time. End some first.`,
        );
      }
      const operation = startOperation({
        ...{ id, outbox },
        execute: () => options.execute(payload),
        onStream() {
          options.onSubscriptions(1);
          closeIfAnswered();
        },
        // Not called when the client has ended it: another one may have its id by now.
        onAnswered: () => void wanted.delete(id),
        onEnd() {
          underWay.delete(operation);
          if (operation.isStream) options.onSubscriptions(-1);
          closeIfAnswered();
        },
        onDefect: (error) => logger.error({ err: error }, 'websocket defect'),
      });
      wanted.set(id, operation);
      underWay.add(operation);
    },

    complete(id) {
      const operation = wanted.get(id);
      wanted.delete(id);
      operation?.stop();
    },

    retire() {
      retiring = true;
      closeIfAnswered();
    },

    end() {
      for (const operation of wanted.values()) operation.stop();
      wanted.clear();
    },
  };
}
