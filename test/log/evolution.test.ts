import { describe, expect, it } from 'vitest';
import type { Decider } from '../../src/eventsourcing/decider.ts';
import { defineEvents, type EventOf, event, UnreadableEvent } from '../../src/eventsourcing/event.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type CounterCommand, cause, counter, moved, openLog, unit } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { counters, createCountersTable, openCounters } from '../support/projections.ts';

// The shapes that CounterMoved has had: { steps: '2' }, then { steps: 2 }, then { by: 2 }, which is today's.
const events = defineEvents({
  CounterNamed: event<{ name: string }>(),
  CounterMoved: event<{ steps: string }>()
    .upcast((first) => ({ steps: Number(first.steps) }))
    .upcast((second) => ({ by: second.steps })),
});
const evolved: Decider<{ name: string | null; value: number }, CounterCommand, EventOf<typeof events>> = {
  ...counter,
  events,
  stateVersion: 1,
};

/** An event as some version of the server wrote it. */
const written = (streamId: string, version: number, schemaVersion: number, data: unknown, type = 'CounterMoved') =>
  unit(streamId, version - 1, { events: [{ ...moved(streamId, version, data), schemaVersion, type }] });

/** A log with one stream, of an event of each schema version. */
async function openOld(url: string) {
  const log = await openLog(url, { events });
  await log.writer.append(written('counter-a', 1, 1, { steps: '2' }));
  await log.writer.append(written('counter-a', 2, 2, { steps: 3 }));
  const third = written('counter-a', 3, 3, { by: 4 });
  await log.writer.append(third);
  return { ...log, commandId: third.commandId };
}
const current = [{ data: { by: 2 } }, { data: { by: 3 } }, { data: { by: 4 } }];

describe('older shapes of an event', () => {
  it('are brought to the current one on every path that reads the log', async () => {
    const { url } = await freshDatabase();
    await openOld(url);
    const { reader } = await openLog(url, { events });
    const page = await reader.page(0n, 10);
    expect(page.events).toMatchObject(current);
    expect(page.events.map((each) => each.metadata.schemaVersion)).toEqual([1, 2, 3]);
    expect(await reader.stream('counter-a', 0, 10)).toMatchObject(current);
    expect(await reader.upTo(3n, 3)).toMatchObject(current);
    expect((await reader.sinceSnapshot('counter-a', 'none', 10)).events).toMatchObject(current);
    expect(await reader.event(page.events[0]?.id ?? '')).toMatchObject({ data: { by: 2 } });
  });

  it('are decided on, and new events are written in the current one', async () => {
    const { url } = await freshDatabase();
    await openOld(url);
    const { dispatch } = await openLog(url, { events });
    const move = { type: 'MoveCounter', data: { by: 1, atMost: 10 } } as const;
    expect(await dispatch(evolved, 'a', move, { expectedVersion: 0 }, cause)).toMatchObject({ eventsSince: current });
    const accepted = await dispatch(evolved, 'a', move, {}, cause);
    expect(accepted).toMatchObject({ kind: 'accepted', events: [{ metadata: { schemaVersion: 3 } }] });
    expect(await dispatch(evolved, 'a', move, {}, cause)).toMatchObject({ kind: 'rejected', code: 'TOO_FAR' });
  });

  it('reach projections, and the tails of other processes', async () => {
    const { url } = await freshDatabase();
    await createCountersTable(url);
    const following = await openLog(url, { events, pollMs: 20 });
    const { model } = await openCounters(following);
    await openOld(url);
    await following.tail.past(2n, AbortSignal.timeout(60_000));
    expect((await following.tail.page(0n, 10)).events).toMatchObject(current);
    await model.reach(3n);
    expect(await model.row('counter-a')).toMatchObject({ value: 9 });
  });
});

describe.each([
  ['an unknown type', 1, 'CounterPainted', /position 2: event type CounterPainted is not known/],
  ['a newer schema version', 4, 'CounterMoved', /position 2: CounterMoved has schema version 4; .* reads 1 to 3/],
  [
    'a payload that its upcaster fails on',
    1,
    'CounterMoved',
    /position 2: CounterMoved of schema version 1 cannot be upcast/,
  ],
])('an event of %s', (_, schemaVersion, type, message) => {
  const failing = {
    ...events,
    CounterMoved: {
      upcasters: [
        (first: { steps: unknown }) => {
          if (typeof first.steps !== 'string') throw new TypeError('no text');
          return { steps: Number(first.steps) };
        },
        ...events.CounterMoved.upcasters.slice(1),
      ],
    },
  };

  async function openUnreadable() {
    const { url } = await freshDatabase();
    await createCountersTable(url);
    const writing = await openLog(url, { events });
    const reading = await openLog(url, { events: failing });
    await writing.writer.append(written('counter-a', 1, 1, { steps: '2' }));
    await writing.writer.append(written('counter-a', 2, schemaVersion, { odd: true }, type));
    return reading;
  }

  it('stops every reader with an error that names it and its position', async () => {
    const { reader } = await openUnreadable();
    for (const reading of [
      () => reader.page(1n, 10),
      () => reader.stream('counter-a', 0, 10),
      () => reader.upTo(2n, 1),
      () => reader.sinceSnapshot('counter-a', 'none', 10),
    ]) {
      await expect(reading()).rejects.toThrow(UnreadableEvent);
      await expect(reading()).rejects.toThrow(message);
      await expect(reading()).rejects.toMatchObject({ at: { position: 2n, type } });
    }
  });

  it('is not in the way of what comes before it, and can be read as it is stored', async () => {
    const { reader } = await openUnreadable();
    for (const filter of [{}, { streamIds: ['counter-a'] }]) {
      const page = await reader.page(0n, 10, filter);
      expect(page).toMatchObject({ events: [{ position: 1n, data: { by: 2 } }], cursor: 1n, head: 2n });
    }
    expect(await reader.stream('counter-a', 0, 1)).toMatchObject([{ data: { by: 2 } }]);
    expect(await reader.raw(1n, 10)).toMatchObject([{ position: 2n, type, schemaVersion, data: { odd: true } }]);
  });

  it('stops commands on its stream, and no others', async () => {
    const { dispatch, reader } = await openUnreadable();
    const move = { type: 'MoveCounter', data: { by: 1 } } as const;
    await expect(dispatch(evolved, 'a', move, {}, cause)).rejects.toThrow(message);
    expect(await dispatch(evolved, 'b', move, {}, cause)).toMatchObject({ kind: 'accepted' });
    expect(await reader.head()).toBe(3n);
  });

  it('stops the tail and the projections right before it, with nothing skipped', async () => {
    const log = await openUnreadable();
    const { url, tail, errors } = log;
    const { model } = await openCounters(log);
    await tail.refresh();
    await eventually(() => errors.some((error) => message.test(String(error))));
    expect(tail.head).toBe(1n);
    await model.reach(1n);
    expect(await model.row('counter-a')).toMatchObject({ value: 2 });
    expect((await execute(url, `SELECT position FROM checkpoints WHERE name = '${counters.name}'`)).rows[0]).toEqual({
      position: '1',
    });
  });
});
