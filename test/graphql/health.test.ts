import { describe, expect, it } from 'vitest';
import { httpClient, subscribeTo, webSocketClient } from '../support/clients.ts';
import { eventually } from '../support/eventually.ts';
import { RegisterUserDocument, WatchEventsDocument } from '../support/operations.ts';
import { serverForTest, type TestServer } from '../support/server.ts';

const get = async (server: TestServer, path: string) => fetch(new URL(path, server.url));
const health = async (server: TestServer) => (await get(server, '/health')).json() as Promise<Record<string, unknown>>;
const register = (server: TestServer) =>
  httpClient(server.url)(RegisterUserDocument, { input: { email: 'ada@example.org', displayName: 'Ada' } });

describe('the health of a server', () => {
  it('is ok while every projection is at work', async () => {
    const server = await serverForTest();
    await register(server);
    await eventually(async () => !JSON.stringify(await health(server)).includes('"lag":1'));
    expect(await health(server)).toEqual({
      status: 'ok',
      projections: ['users', 'registrations'].map((name) => ({
        ...{ name, position: '1', head: '1', lag: 0, failure: null, drift: 0 },
      })),
    });
  });

  it('tells which projection has stopped, at which event and why, and still counts as up', async () => {
    const server = await serverForTest();
    await server.sql('ALTER TABLE users ADD CONSTRAINT nobody CHECK (version < 0)');
    await register(server);
    await eventually(async () => (await health(server)).status === 'degraded');
    const response = await get(server, '/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      projections: [
        {
          name: 'users',
          lag: 1,
          failure: { position: '1', eventType: 'UserRegistered', error: expect.stringContaining('nobody') },
        },
        { name: 'registrations', lag: 0, failure: null },
      ],
    });
    const metrics = await (await get(server, '/metrics')).text();
    expect(metrics).toMatch(/^tidemark_projection_failed\{projection="users"\} 1$/m);
    expect(metrics).toMatch(/^tidemark_projection_failed_position\{projection="users"\} 1$/m);
    expect(metrics).toMatch(/^tidemark_projection_failed\{projection="registrations"\} 0$/m);
    // And goes on by itself.
    await server.sql('ALTER TABLE users DROP CONSTRAINT nobody');
    await eventually(async () => (await health(server)).status === 'ok');
  });

  it('says nothing of the people whose rows are refused', async () => {
    const server = await serverForTest();
    await server.sql('ALTER TABLE users ADD CONSTRAINT nobody CHECK (version < 0)');
    await register(server);
    await eventually(async () => (await health(server)).status === 'degraded');
    expect(JSON.stringify(await health(server))).not.toMatch(/ada@|Ada/);
    expect(JSON.stringify(server.logged)).not.toMatch(/ada@/i);
  });
});

describe('the metrics of a server', () => {
  it('count the sockets that are open and the subscriptions that run', async () => {
    const server = await serverForTest();
    const counts = async () => {
      const text = await (await get(server, '/metrics')).text();
      return ['sockets', 'subscriptions'].map((what) => new RegExp(`^tidemark_${what} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    const client = webSocketClient(server.webSocketUrl);
    const watched = [1, 2, 3].map(() => subscribeTo(client, WatchEventsDocument, {}));
    await Promise.all(watched.map((subscribed) => subscribed.message(0)));
    expect(await counts()).toEqual(['1', '3']);
    watched[0]?.stop();
    await eventually(async () => (await counts()).join() === '1,2');
    await client.dispose();
    await eventually(async () => (await counts()).join() === '0,0');
  });
});
