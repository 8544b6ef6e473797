import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnitOfWork } from '../../src/log/unit.ts';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit, uuid } from '../support/log.ts';

/** A unit that moves several counters, each from its version. */
const moving = (versions: Record<string, number>, change: Partial<UnitOfWork> = {}): UnitOfWork => {
  const streams = Object.entries(versions);
  const [first = ['', 0]] = streams;
  return unit(first[0], first[1], {
    guards: streams.map(([streamId, version]) => ({ streamId, version })),
    events: streams.map(([streamId, version]) => moved(streamId, version + 1)),
    ...change,
  });
};

describe('a unit of work over several streams', () => {
  it('is written as a whole, its events side by side', async () => {
    const { writer, reader } = await openLog((await freshDatabase()).url);
    const verdicts = await Promise.all([
      writer.append(moving({ 'counter-1': 0, 'counter-2': 0 })),
      writer.append(moving({ 'counter-3': 0, 'counter-4': 0, 'counter-5': 0 })),
    ]);
    expect(verdicts).toMatchObject([
      { outcome: 'accepted', position: 2n },
      { outcome: 'accepted', position: 5n },
    ]);
    const { events } = await reader.page(0n, 10);
    expect(events.map(({ streamId }) => streamId)).toEqual([1, 2, 3, 4, 5].map((n) => `counter-${n}`));
    expect(events).toEqual(verdicts.flatMap((verdict) => (verdict.outcome === 'accepted' ? verdict.events : [])));
  });

  it('is not written at all when one of the streams has moved on, and says which', async () => {
    const { writer, reader } = await openLog((await freshDatabase()).url);
    await writer.append(unit('counter-2', 0));
    expect(await writer.append(moving({ 'counter-1': 0, 'counter-2': 0, 'counter-3': 0 }))).toEqual({
      outcome: 'conflict',
      guard: { streamId: 'counter-2', expected: 0, actual: 1 },
    });
    expect(await reader.head()).toBe(1n);
  });

  it('gives its whole answer again under its command id', async () => {
    const { writer } = await openLog((await freshDatabase()).url);
    const pair = moving({ 'counter-1': 0, 'counter-2': 0 });
    await writer.append(pair);
    expect(await writer.append(pair)).toMatchObject({
      outcome: 'known',
      answer: { streamId: 'counter-1', version: 1, position: 2n, eventCount: 2 },
    });
  });

  it('that leaves out the guard of a stream cannot take the place of an event that is there', async () => {
    const { writer, reader } = await openLog((await freshDatabase()).url);
    await writer.append(unit('counter-1', 0));
    const [bad, good] = await Promise.allSettled([
      writer.append(unit('counter-1', 0, { guards: [] })),
      writer.append(unit('counter-2', 0)),
    ]);
    expect(bad).toMatchObject({ status: 'rejected' });
    expect(good).toMatchObject({ value: { outcome: 'accepted' } });
    expect(await reader.head()).toBe(2n);
  });
});

describe('a guard', () => {
  it.each([
    ['that a stream exists', 'exists', { 'counter-here': true, 'counter-gone': false }],
    ['that a stream does not exist', 0, { 'counter-here': false, 'counter-gone': true }],
    ['that a stream is at a version', 2, { 'counter-here': true, 'counter-gone': false }],
    ['that a stream is at an older version', 1, { 'counter-here': false, 'counter-gone': false }],
  ] as const)('%s holds or is a conflict that says what is there', async (_, version, cases) => {
    const { writer } = await openLog((await freshDatabase()).url);
    await writer.append(unit('counter-here', 0));
    await writer.append(unit('counter-here', 1));
    for (const [streamId, holds] of Object.entries(cases)) {
      const own = `counter-${uuid()}`;
      const guards = [
        { streamId: own, version: 0 },
        { streamId, version },
      ];
      expect(await writer.append(unit(own, 0, { guards }))).toMatchObject(
        holds
          ? { outcome: 'accepted' }
          : {
              outcome: 'conflict',
              guard: { streamId, expected: version, actual: streamId === 'counter-here' ? 2 : 0 },
            },
      );
    }
  });

  it('of a stream that is only read lets many units be written together', async () => {
    const { writer, reader } = await openLog((await freshDatabase()).url);
    await writer.append(unit('counter-0', 0));
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const guards = [
          { streamId: `counter-x${i}`, version: 0 },
          { streamId: 'counter-0', version: 'exists' as const },
        ];
        return writer.append(unit(`counter-x${i}`, 0, { guards }));
      }),
    );
    expect(verdicts.every((verdict) => verdict.outcome === 'accepted')).toBe(true);
    expect(await reader.head()).toBe(51n);
  });

  it('fails when a unit that came first changes what it looks at', async () => {
    const { writer } = await openLog((await freshDatabase()).url);
    const guards = [
      { streamId: 'counter-2', version: 0 },
      { streamId: 'counter-1', version: 0 },
    ];
    const verdicts = await Promise.all([
      writer.append(unit('counter-1', 0)),
      writer.append(unit('counter-2', 0, { guards })),
    ]);
    expect(verdicts).toMatchObject([
      { outcome: 'accepted' },
      { outcome: 'conflict', guard: { streamId: 'counter-1', expected: 0, actual: 1 } },
    ]);
  });
});

describe('any units over any streams', () => {
  it('leave the log that deciding them one after the other would', async () => {
    const stream = fc.integer({ min: 0, max: 3 });
    const intent = fc.record({
      writes: fc.uniqueArray(stream, { minLength: 1, maxLength: 3 }),
      versions: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
      reads: fc.uniqueArray(stream, { maxLength: 2 }),
      key: fc.option(fc.integer({ min: 0, max: 2 })),
      release: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(intent, { maxLength: 40 }), async (intents) => {
        const { writer, reader } = await openLog((await freshDatabase()).url);
        const name = (n: number) => `counter-${n}`;
        const units = intents.map(({ writes, versions, reads, key, release }) => {
          const expected = Object.fromEntries(writes.map((n) => [name(n), versions[n] ?? 0]));
          const looked = reads
            .filter((n) => !writes.includes(n))
            .map((n) => ({ streamId: name(n), version: 'exists' as const }));
          const made = moving(expected);
          const claims =
            key === null ? [] : [{ key: `0${key}`, streamId: made.streamId, code: release ? null : 'TAKEN' }];
          return { ...made, guards: [...made.guards, ...looked], claims };
        });
        const verdicts = await Promise.all(units.map((each) => writer.append(each)));

        const at = new Map<string, number>();
        const holders = new Map<string, string>();
        const expected = units.map(({ streamId, guards, events, claims }) => {
          const failed = guards.find((guard) => {
            const actual = at.get(guard.streamId) ?? 0;
            return guard.version === 'exists' ? actual === 0 : actual !== guard.version;
          });
          if (failed) return ['conflict', failed.streamId];
          const [claim] = claims;
          const holder = claim && holders.get(claim.key);
          if (claim?.code && holder && holder !== streamId) return ['rejected', holder];
          if (claim?.code) holders.set(claim.key, streamId);
          else if (claim && holder === streamId) holders.delete(claim.key);
          for (const event of events) at.set(event.streamId, event.version);
          return ['accepted', events.length];
        });
        expect(
          verdicts.map((verdict) => {
            if (verdict.outcome === 'conflict') return ['conflict', verdict.guard.streamId];
            if (verdict.outcome === 'accepted') return ['accepted', verdict.events.length];
            const detail = verdict.outcome === 'rejected' ? verdict.refusal.detail : null;
            return [verdict.outcome, detail && 'heldBy' in detail ? detail.heldBy : null];
          }),
        ).toEqual(expected);
        const { events } = await reader.page(0n, 1_000);
        expect(events.map((event) => event.position)).toEqual(events.map((_, index) => BigInt(index + 1)));
        for (const [streamId, version] of at) {
          const versions = events.filter((event) => event.streamId === streamId).map((event) => event.version);
          expect(versions).toEqual(Array.from({ length: version }, (_, index) => index + 1));
        }
      }),
      { numRuns: 20 },
    );
  });
});
