// What a team would write without an event log: Apollo Server standalone, and Prisma's create and find on a table of users.
// It runs as its own process, compiled by tsconfig.json beside it. DATABASE_URL and DATABASE_POOL_SIZE as for Tidemark.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { PrismaPg } from '@prisma/adapter-pg';
import { isEmail } from 'class-validator';
import { GraphQLError } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

interface User {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly status: 'ACTIVE' | 'DEACTIVATED';
  readonly registeredAt: Date;
  readonly updatedAt: Date;
}

/** As much of the generated client as is used here. */
interface Client {
  readonly user: {
    create(args: { data: Pick<User, 'email' | 'displayName'> }): Promise<User>;
    findUnique(args: { where: { id: string } }): Promise<User | null>;
    findMany(args: {
      orderBy: readonly { readonly [column in keyof User]?: 'asc' }[];
      take: number;
      where?: object;
    }): Promise<User[]>;
  };
  $disconnect(): Promise<void>;
}

// By URL, for the compiler must do without it: it is generated when the benchmark starts.
const generated = new URL('./generated/client/client.js', import.meta.url).href;
const { PrismaClient } = (await import(generated)) as {
  PrismaClient: new (options: { adapter: PrismaPg }) => Client;
};
const database = new PrismaClient({
  adapter: new PrismaPg({
    connectionString: process.env.DATABASE_URL ?? '',
    max: Number(process.env.DATABASE_POOL_SIZE),
  }),
});

const typeDefs = `#graphql
  scalar DateTime

  enum UserStatus { ACTIVE DEACTIVATED }

  type User {
    id: ID!
    email: String!
    displayName: String
    status: UserStatus!
    registeredAt: DateTime!
    updatedAt: DateTime!
  }

  input RegisterUserInput {
    email: String!
    displayName: String
  }

  type UserEdge {
    node: User!
    cursor: String!
  }

  type PageInfo {
    hasNextPage: Boolean!
    endCursor: String
  }

  type UserConnection {
    edges: [UserEdge!]!
    pageInfo: PageInfo!
  }

  type Query {
    user(id: ID!): User
    users(first: Int = 20, after: String): UserConnection!
  }

  type Mutation {
    registerUser(input: RegisterUserInput!): User!
  }
`;

const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

async function registerUser({ email, displayName }: { email: string; displayName?: string | null }): Promise<User> {
  if (email.length > 254 || !isEmail(email)) throw badInput('email: it must be an e-mail address');
  if (displayName && displayName.length > 200) throw badInput('displayName: at most 200 characters');
  try {
    return await database.user.create({ data: { email, displayName: displayName ?? null } });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'P2002') throw badInput('email: another user has it');
    throw error;
  }
}

/** By the index, where Prisma's own `cursor` reads all rows before it. */
function later(cursor: string): object {
  const [time = '', id = ''] = cursor.split(',');
  const registeredAt = new Date(time);
  return { registeredAt: { gte: registeredAt }, NOT: { registeredAt, id: { lte: id } } };
}

async function users({ first, after }: { first: number; after?: string | null }) {
  if (first < 0 || first > 100) throw badInput('first: from 0 to 100');
  const found = await database.user.findMany({
    orderBy: [{ registeredAt: 'asc' }, { id: 'asc' }],
    take: first + 1,
    ...(after && { where: later(after) }),
  });
  const edges = found
    .slice(0, first)
    .map((node) => ({ node, cursor: `${node.registeredAt.toISOString()},${node.id}` }));
  return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}

const server = new ApolloServer({
  typeDefs,
  resolvers: {
    DateTime: GraphQLDateTime,
    Query: {
      user: (_: unknown, { id }: { id: string }) => database.user.findUnique({ where: { id } }),
      users: (_: unknown, args: Parameters<typeof users>[0]) => users(args),
    },
    Mutation: {
      registerUser: (_: unknown, { input }: { input: Parameters<typeof registerUser>[0] }) => registerUser(input),
    },
  },
  stopOnTerminationSignals: false,
});
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });

process.once('SIGTERM', async () => {
  await server.stop();
  await database.$disconnect();
  process.exit();
});
console.log(url);
