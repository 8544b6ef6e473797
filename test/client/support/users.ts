import { randomUUID } from 'node:crypto';
import { commandsOf, userOf } from '../../conformance/support/users.ts';
import { type Settings, serverForTest, type TestServer } from '../../support/server.ts';

/** A server of this process, and what fills its log. */
export async function start(settings: Settings = {}) {
  const server = await serverForTest(settings);
  return { server, url: server.webSocketUrl, ...writerTo(server) };
}

/** Fills a log with users, each one event. */
export function writerTo(server: TestServer) {
  const commands = commandsOf(server);
  /** @returns their ids */
  async function register(count = 1): Promise<string[]> {
    const results = Array.from({ length: count }, () => commands.register({ email: `${randomUUID()}@example.org` }));
    return (await Promise.all(results)).map((result) => userOf(result).id);
  }
  return {
    commands,
    register,
    /** Registers one user after the other until it is told to stop. */
    keepRegistering() {
      let stopped = false;
      const running = (async () => {
        while (!stopped) await register(3);
      })();
      return async () => {
        stopped = true;
        await running;
      };
    },
  };
}

/** The log as it is in the database. */
export const logOf = async (server: TestServer): Promise<{ position: string; id: string }[]> =>
  server.sql('SELECT position::text, id FROM events ORDER BY events.position');
