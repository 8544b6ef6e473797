import pino from 'pino';
import { Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from '../../src/graphql/context.ts';
import { readConfig, userDecider } from '../support/built.ts';
import { modules, startApp } from '../support/built-app.ts';
import type { OpenPublisher } from '../support/publisher.ts';
import { registration } from '../support/registration.ts';

let context: Context | undefined;

/** A domain that gives away what resolvers get: so commands are sent in the server's process, past HTTP. */
@Resolver()
class Insider {
  @Query(() => Boolean)
  letIn(@Ctx() given: Context): boolean {
    context = given;
    return true;
  }
}

/** Any, but always the same: a database is for one. */
const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');

/** Limits that are not what is measured, as one address opens all sockets. */
const NO_LIMITS = {
  SOCKETS: '20000',
  SOCKETS_PER_ADDRESS: '20000',
  SUBSCRIPTIONS_PER_SOCKET: '20000',
  SOCKET_BLOCKED_MS: '3600000',
};

/** Tidemark as it ships, with its projections; each event is a registration by the whole way of a command. */
export const open: OpenPublisher = async (url, settings) => {
  const config = readConfig({
    ...{ DATABASE_URL: url, HOST: '127.0.0.1', PORT: '0', MASTER_KEY },
    ...NO_LIMITS,
    ...settings,
  });
  const insider = { deciders: [], projections: [], eventTypes: [], resolvers: [Insider] };
  const app = await startApp(config, [...modules, insider], pino({ level: 'warn' }, pino.destination(2)));
  await fetch(app.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ letIn }' }),
  });
  if (!context) throw new Error('not let in');
  const { dispatch, tail } = context;
  return {
    url: app.url.replace(/^http/, 'ws'),
    async append() {
      const outcome = await dispatch(userDecider, null, { type: 'RegisterUser', data: registration() }, {});
      if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    },
    onCommit(listener) {
      tail.onEvents((events) => {
        for (const { position } of events) listener(Number(position));
      });
    },
    callers: 64,
    close: () => app.close(),
  };
};
