import { expect, onTestFinished } from 'vitest';
import { execute } from '../../../support/postgres.ts';
import type { Acknowledged } from './load.ts';

interface Row {
  position: bigint;
  command_id: string;
  stream_id: string;
  version: number;
}

/**
 * The log holds exactly what was acknowledged, each command once and where its answer says; its positions are 1 to the
 * head without a hole, and each stream's versions too; and the claims are those that it leads to.
 */
export async function expectWhole(url: string, acknowledged: readonly Acknowledged[]): Promise<void> {
  const { rows } = await execute(url, 'SELECT position, command_id, stream_id, version FROM events ORDER BY position');
  const events: Row[] = rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  expect(events.map((event) => event.position)).toEqual(events.map((_, index) => BigInt(index + 1)));
  expect((await execute(url, 'SELECT position FROM head')).rows).toEqual([{ position: String(events.length) }]);

  const byPosition = [...acknowledged].sort((a, b) => Number(a.position - b.position));
  expect(events).toEqual(
    byPosition.map(({ position, commandId, streamId, version }) => ({
      ...{ position, version },
      ...{ command_id: commandId, stream_id: streamId },
    })),
  );
  const next = new Map<string, number>();
  for (const { stream_id, version } of events) {
    expect([stream_id, version]).toEqual([stream_id, (next.get(stream_id) ?? 0) + 1]);
    next.set(stream_id, version);
  }
  const held = new Map(byPosition.map(({ streamId, claim }) => [streamId, claim]));
  const claims = await execute(url, "SELECT encode(key, 'hex') AS key, stream_id FROM claims ORDER BY stream_id");
  expect(claims.rows).toEqual(
    [...held]
      .flatMap(([stream_id, key]) => (key ? [{ key, stream_id }] : []))
      .sort((a, b) => (a.stream_id < b.stream_id ? -1 : 1)),
  );
  const records = await execute(url, 'SELECT id, position FROM commands ORDER BY position');
  expect(records.rows).toEqual(events.map((event) => ({ id: event.command_id, position: String(event.position) })));
}

/** From now on until the end of the test, nothing may go astray that would end a process: the test fails if it does. */
export function expectNothingAstray(): void {
  const astray: unknown[] = [];
  const note = (error: unknown) => astray.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  onTestFinished(async () => {
    // Rejections are reported at the end of a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note).off('uncaughtException', note);
    expect(astray).toEqual([]);
  });
}
