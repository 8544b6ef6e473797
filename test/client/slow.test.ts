import { describe, expect, it } from 'vitest';
import { type Status, subscribe } from '../../src/client/index.ts';
import { eventually } from '../support/eventually.ts';
import { quick } from './support/following.ts';
import { peer } from './support/peer.ts';
import { start } from './support/users.ts';

describe('a consumer that is slower than the server', () => {
  it('has few batches waiting for it: the rest is asked for again when they are taken', async () => {
    const MANY = 100;
    const { url, asked, ended, inits } = await peer(({ variables, batch }) => {
      for (let position = Number(variables.after) + 1; position <= MANY; position++) batch([position]);
    });
    const seen: string[] = [];
    for await (const { cursor } of subscribe({ url, ...quick, after: '0', buffer: 16 })) {
      seen.push(cursor);
      // Slower than the server: as long as there is more than may wait, the client says that it has enough.
      if (Number(asked.at(-1)?.after) < MANY - 17) await eventually(() => ended.length === asked.length);
      if (cursor === String(MANY)) break;
    }
    expect(seen).toEqual(Array.from({ length: MANY }, (_, index) => String(index + 1)));
    const from = asked.map(({ after }) => Number(after));
    // One was in its hands, and 16 waited.
    for (const [index, after] of from.slice(1).entries()) expect(after - (from[index] ?? 0)).toBeLessThanOrEqual(17);
    expect(from.length).toBeGreaterThan(5);
    // That is no failure, and needs no other connection.
    expect(inits).toHaveLength(1);
  });

  it('keeps its connection meanwhile', async () => {
    const { url, inits, asked } = await peer(({ variables, batch }) => batch([Number(variables.after) + 1]));
    const batches = subscribe({ url, ...quick, after: '0', buffer: 1 });
    for (let position = 1; position <= 10; position++) {
      expect((await batches.next()).value).toMatchObject({ cursor: String(position) });
    }
    expect(asked).toHaveLength(10);
    expect(inits).toHaveLength(1);
    await batches.return();
  });

  it('gets everything all the same, and does not hear the same cursor twice', async () => {
    const { server, url, register, keepRegistering } = await start();
    await register(100);
    const stopRegistering = keepRegistering();
    const [positions, cursors]: [string[], string[]] = [[], []];
    const asked: (string | null)[] = [];
    const onStatus = (status: Status) => {
      if (status.state === 'subscribing') asked.push(status.after);
    };
    for await (const { events, cursor } of subscribe({ url, ...quick, after: '0', buffer: 2, onStatus })) {
      positions.push(...events.map(({ position }) => position));
      cursors.push(cursor);
      await server.sql('SELECT pg_sleep(0.02)');
      if (asked.length > 5) break;
    }
    await stopRegistering();
    expect(positions).toEqual(positions.map((_, index) => String(index + 1)));
    expect(new Set(cursors).size).toBe(cursors.length);
  });

  it('finds a connection that has ended meanwhile when it asks for more, and makes another then', async () => {
    const { url, asked } = await peer(({ batch, close }, number) => {
      batch([number * 2 + 1]);
      batch([number * 2 + 2]);
      if (number === 0) close(1001);
    });
    const batches = subscribe({ url, ...quick, after: '0' });
    expect((await batches.next()).value).toMatchObject({ cursor: '1' });
    // The batch that had arrived is there still.
    expect((await batches.next()).value).toMatchObject({ cursor: '2' });
    expect(asked).toHaveLength(1);
    expect((await batches.next()).value).toMatchObject({ cursor: '3' });
    expect(asked).toMatchObject([{ after: '0' }, { after: '2' }]);
    await batches.return();
  });
});
