// What a team would write without a log, by the documentation of each part: Apollo Server, subscriptions by type-graphql
// and its PubSub, served by graphql-ws on `ws`. Its best case: nothing is stored, what is published comes from memory.
import 'reflect-metadata';
import { setImmediate as turn } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { createPubSub } from '@graphql-yoga/subscription';
import fastify from 'fastify';
import { GraphQLJSON } from 'graphql-scalars';
import { useServer } from 'graphql-ws/use/ws';
import { buildSchema, Field, ID, Int, ObjectType, Query, Resolver, Root, Subscription } from 'type-graphql';
import { v7 } from 'uuid';
import { WebSocketServer } from 'ws';
import type { OpenPublisher } from '../support/publisher.ts';
import { registration } from '../support/registration.ts';

@ObjectType({ simpleResolvers: true })
class Metadata {
  @Field(() => ID)
  commandId!: string;

  @Field(() => ID)
  correlationId!: string;

  @Field(() => ID, { nullable: true })
  causationId!: string | null;

  @Field(() => String, { nullable: true })
  actor!: string | null;

  @Field(() => Int)
  schemaVersion!: number;
}

@ObjectType('Event', { simpleResolvers: true })
class RecordedEvent {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  position!: string;

  @Field(() => String)
  streamId!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => String)
  type!: string;

  @Field(() => Date)
  recordedAt!: Date;

  @Field(() => GraphQLJSON)
  data!: unknown;

  @Field(() => Metadata)
  metadata!: Metadata;
}

@ObjectType({ simpleResolvers: true })
class Batch {
  @Field(() => [RecordedEvent])
  events!: RecordedEvent[];

  @Field(() => String)
  cursor!: string;

  @Field(() => Boolean)
  caughtUp!: boolean;
}

const pubSub = createPubSub<{ EVENTS: [Batch] }>();

@Resolver()
class EventsResolver {
  @Query(() => Boolean)
  up(): boolean {
    return true;
  }

  @Subscription(() => Batch, { topics: 'EVENTS' })
  events(@Root() batch: Batch): Batch {
    return batch;
  }
}

const listeners: ((position: number) => void)[] = [];
let position = 0;

/** Publishes the event of a registration, and lets the process do what follows from it, or as much as one turn has. */
async function append(): Promise<void> {
  position++;
  const event: RecordedEvent = {
    ...{ id: v7(), position: String(position), streamId: `user-${v7()}`, version: 1, type: 'UserRegistered' },
    recordedAt: new Date(),
    data: registration(),
    metadata: { commandId: v7(), correlationId: v7(), causationId: null, actor: null, schemaVersion: 1 },
  };
  for (const listener of listeners) listener(position);
  pubSub.publish('EVENTS', { events: [event], cursor: event.position, caughtUp: true });
  await turn();
}

export const open: OpenPublisher = async () => {
  const schema = await buildSchema({ resolvers: [EventsResolver], pubSub });
  const app = fastify();
  const apollo = new ApolloServer({
    schema,
    stopOnTerminationSignals: false,
    plugins: [fastifyApolloDrainPlugin(app)],
  });
  await apollo.start();
  await app.register(fastifyApollo(apollo));
  const sockets = new WebSocketServer({ server: app.server, path: '/graphql' });
  const serving = useServer({ schema }, sockets);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${address.replace(/^http/, 'ws')}/graphql`,
    append,
    onCommit: (listener) => void listeners.push(listener),
    callers: 1,
    async close() {
      await serving.dispose();
      await apollo.stop();
    },
  };
};
