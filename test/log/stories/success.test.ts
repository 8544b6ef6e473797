import { describe, expect, it } from 'vitest';
import { sqlStateOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { openLog, unit, uuid } from '../../support/log.ts';

type Log = Awaited<ReturnType<typeof openLog>>;

/** A unit of two events, the second of which has an id that may be taken. */
function pair(streamId: string, second: string) {
  const base = unit(streamId, 0, { version: 2 });
  const event = base.events[0] as (typeof base.events)[number];
  return { ...base, events: [event, { ...event, id: second, version: 2 }] };
}

async function expectNothingOf({ reader }: Log, work: ReturnType<typeof unit>): Promise<void> {
  expect(await reader.stream(work.streamId, 0, 10)).toEqual([]);
  expect(await reader.command(work.commandId)).toBeNull();
}

// Eventuous #553: with ON CONFLICT DO NOTHING an append reported success for rows that the database had dropped.
describe('a unit with an event id that is taken', () => {
  it('fails with an error, as a whole and alone, however many share its batch', async () => {
    const log = await openLog((await freshDatabase()).url);
    const first = unit('counter-first', 0);
    await log.writer.append(first);
    const colliding = pair('counter-bad', first.events[0]?.id ?? '');
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => log.writer.append(i === 31 ? colliding : unit(`counter-${i}`, 0))),
    );
    for (const [i, result] of results.entries()) {
      if (i !== 31) expect(result).toMatchObject({ value: { outcome: 'accepted' } });
    }
    const failed = results[31];
    expect(failed?.status === 'rejected' && sqlStateOf(failed.reason)).toBe('23505');
    await expectNothingOf(log, colliding);
    expect(await log.reader.head()).toBe(50n);
  });

  it('fails again when it is sent again, as nothing of it was recorded', async () => {
    const log = await openLog((await freshDatabase()).url);
    const first = unit('counter-first', 0);
    await log.writer.append(first);
    const colliding = pair('counter-bad', first.events[0]?.id ?? '');
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await log.writer.append(colliding).catch((reason: unknown) => reason);
      expect(sqlStateOf(error)).toBe('23505');
    }
    await expectNothingOf(log, colliding);
  });

  it('fails when another unit of the same batch has taken it', async () => {
    const log = await openLog((await freshDatabase()).url);
    const id = uuid();
    const works = ['counter-a', 'counter-b', 'counter-c'].map((streamId) => pair(streamId, id));
    const results = await Promise.allSettled(works.map((work) => log.writer.append(work)));
    const failed = works.filter((_, i) => results[i]?.status === 'rejected');
    expect(failed).toHaveLength(2);
    for (const work of failed) await expectNothingOf(log, work);
    expect(await log.reader.head()).toBe(2n);
  });
});

// A plain SELECT before an INSERT is no check under READ COMMITTED: two that look at once both find nothing.
describe('processes that race', () => {
  it('for one version and one claim at once never both win, over many rounds', async () => {
    const { url } = await freshDatabase();
    const processes = [await openLog(url), await openLog(url)];
    for (let round = 0; round < 60; round++) {
      const key = (0x1000 + round).toString(16);
      const named = (streamId: string) => unit(streamId, 0, { claims: [{ key, streamId, code: 'TAKEN' }] });
      const [same, left, right] = [`counter-${round}`, `counter-${round}.left`, `counter-${round}.right`];
      const verdicts = await Promise.all(
        processes.flatMap(({ writer }, i) => [
          writer.append(named(same)),
          writer.append(named(i === 0 ? left : right)),
          writer.append(unit(`${same}.plain`, 0)),
        ]),
      );
      const outcomes = verdicts.map((verdict) => verdict.outcome);
      const forTheClaim = outcomes.filter((_, i) => i % 3 !== 2);
      const won = forTheClaim.filter((outcome) => outcome === 'accepted');
      expect(won, `the claim, round ${round}`).toHaveLength(1);
      const forTheVersion = outcomes.filter((_, i) => i % 3 === 2).sort();
      expect(forTheVersion, `the version, round ${round}`).toEqual(['accepted', 'conflict']);
    }
    expect(await processes[0]?.reader.head()).toBe(120n);
    expect(await processes[0]?.database.claim.count()).toBe(60);
  });
});
