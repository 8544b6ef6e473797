import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { faultOf } from '../../src/database/errors.ts';

it('takes a database that is connected to and then says nothing for out of reach', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const client = new pg.Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
  const error = await client.connect().catch((reason) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(faultOf(error)).toBe('unreachable');
});
