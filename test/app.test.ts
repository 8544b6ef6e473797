import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { execute, randomName } from './support/postgres.ts';
import { serverForTest } from './support/server.ts';

const post = (url: string, query: string, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
const register = (email: string) =>
  `mutation { registerUser(input: { email: "${email}" }) { ... on UserCommandAccepted { commit { position } } } }`;

/** A database, and the URL of an account that has no rights in it but those of the role for servers. */
async function asServerRole(): Promise<string> {
  const { url } = await freshDatabase();
  const account = randomName('server');
  const serverUrl = inject('serverUrl');
  await execute(serverUrl, `CREATE ROLE ${account} LOGIN PASSWORD 'secret' IN ROLE tidemark_server`);
  onTestFinished(() => execute(serverUrl, `DROP ROLE ${account}`).then(() => undefined));
  const restricted = new URL(url);
  restricted.username = account;
  restricted.password = 'secret';
  return restricted.href;
}

describe('a server', () => {
  it('starts and works under an account with the role for servers alone', async () => {
    const server = await serverForTest({ DATABASE_URL: await asServerRole() });
    const written = await post(server.url, register('ada@example.org'));
    expect(await written.json()).toEqual({ data: { registerUser: { commit: { position: '1' } } } });
    const read = await post(server.url, '{ userByEmail(email: "ada@example.org", minPosition: "1") { version } head }');
    expect(await read.json()).toEqual({ data: { userByEmail: { version: 1 }, head: '1' } });
  });

  it('stops at once though somebody holds a connection on which nothing was asked', async () => {
    const server = await serverForTest();
    const { port, hostname } = new URL(server.url);
    const connection = connect(Number(port), hostname).resume();
    await once(connection, 'connect');
    const closed = once(connection, 'close');
    await server.stop();
    await closed;
  });

  it('on localhost answers no page that was made to point at it', async () => {
    const server = await serverForTest({ ALLOWED_ORIGINS: 'https://tidemark.example' });
    const { port } = new URL(server.url);
    // fetch does not let the Host header be chosen.
    const { request } = await import('node:http');
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify({ query: '{ head }' });
        const headers = { host, 'content-type': 'application/json', 'content-length': body.length };
        request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end(body);
      });
    expect(await statusFor(`attacker.example:${port}`)).toBe(421);
    expect(await statusFor('localhost.attacker.example')).toBe(421);
    expect(await statusFor(`localhost:${port}`)).toBe(200);
    expect(await statusFor(`[::1]:${port}`)).toBe(200);
    expect(await statusFor('tidemark.example')).toBe(200);
  });
});
