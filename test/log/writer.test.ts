import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit, uuid } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import { silenceableProxy } from '../support/proxy.ts';

describe('appending', () => {
  it('numbers concurrent units without gaps, in the order of arrival', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const verdicts = await Promise.all(Array.from({ length: 300 }, (_, i) => writer.append(unit(`counter-${i}`, 0))));
    expect(verdicts.map((verdict) => verdict.outcome === 'accepted' && verdict.position)).toEqual(
      Array.from({ length: 300 }, (_, i) => BigInt(i + 1)),
    );
    const { events, head } = await reader.page(0n, 1_000);
    expect(head).toBe(300n);
    expect(events.map((event) => event.streamId)).toEqual(Array.from({ length: 300 }, (_, i) => `counter-${i}`));
  });

  it('answers with the very events that the log then has', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const verdicts = await Promise.all(Array.from({ length: 20 }, (_, i) => writer.append(unit(`counter-${i}`, 0))));
    const answered = verdicts.flatMap((verdict) => (verdict.outcome === 'accepted' ? verdict.events : []));
    expect(answered).toEqual((await reader.page(0n, 100)).events);
  });

  it('lets one unit fail on its guard without touching the others of its batch', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const verdicts = await Promise.all([
      writer.append(unit('counter-1', 0)),
      writer.append(unit('counter-2', 5)),
      writer.append(unit('counter-3', 0)),
    ]);
    expect(verdicts[1]).toEqual({ outcome: 'conflict', guard: { streamId: 'counter-2', expected: 5, actual: 0 } });
    expect((await reader.page(0n, 10)).events.map((event) => event.streamId)).toEqual(['counter-1', 'counter-3']);
  });

  it('checks guards of streams that are only read', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    await writer.append(unit('counter-1', 0));
    const guards = (version: number) => [
      { streamId: 'counter-2', version: 0 },
      { streamId: 'counter-1', version },
    ];
    expect(await writer.append(unit('counter-2', 0, { guards: guards(0) }))).toMatchObject({
      outcome: 'conflict',
      guard: { streamId: 'counter-1', expected: 0, actual: 1 },
    });
    expect(await writer.append(unit('counter-2', 0, { guards: guards(1) }))).toMatchObject({ outcome: 'accepted' });
  });

  it('decides units on one stream in their order: the first is accepted, the others conflict', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => writer.append(unit('counter-1', 0))));
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual(['accepted', ...Array(9).fill('conflict')]);
  });

  it('gives a claim to one stream, and to another once it is released', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url);
    const claim = (streamId: string, code: string | null) => ({ claims: [{ key: 'c1a1', streamId, code }] });
    const take = (streamId: string) => writer.append(unit(streamId, 0, claim(streamId, 'TAKEN')));
    expect(await take('counter-1')).toMatchObject({ outcome: 'accepted' });
    expect(await take('counter-2')).toEqual({
      outcome: 'rejected',
      refusal: { code: 'TAKEN', detail: { claim: 'c1a1', heldBy: 'counter-1' } },
    });
    expect(await writer.append(unit('counter-1', 1, claim('counter-1', null)))).toMatchObject({ outcome: 'accepted' });
    expect(await take('counter-2')).toMatchObject({ outcome: 'accepted' });
  });

  it('passes a claim from stream to stream within one unit', async () => {
    const { url } = await freshDatabase();
    const { writer, database } = await openLog(url);
    await writer.append(unit('counter-1', 0, { claims: [{ key: 'c1', streamId: 'counter-1', code: 'TAKEN' }] }));
    const claims = [
      { key: 'c1', streamId: 'counter-1', code: null },
      { key: 'c1', streamId: 'counter-2', code: 'TAKEN' },
    ];
    expect(await writer.append(unit('counter-2', 0, { claims }))).toMatchObject({ outcome: 'accepted' });
    expect(await database.claim.findMany()).toMatchObject([{ streamId: 'counter-2' }]);
  });

  it('answers a known command id with the stored answer and writes nothing', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const first = unit('counter-1', 0);
    await writer.append(first);
    const again = await writer.append({ ...unit('counter-9', 3), commandId: first.commandId });
    expect(again).toEqual({
      outcome: 'known',
      answer: { streamId: 'counter-1', requestHash: 'aa', refusal: null, version: 1, position: 1n, eventCount: 1 },
    });
    expect(await reader.head()).toBe(1n);
  });

  it('records a refused command, and writes nothing in a dry run', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const refused = unit('counter-1', 0, { events: [], version: 0, refusal: { code: 'NO', detail: null } });
    expect(await writer.append(refused)).toEqual({ outcome: 'rejected', refusal: refused.refusal });
    expect(await reader.command(refused.commandId)).toMatchObject({ rejectionCode: 'NO', position: null, version: 0 });
    const dry = unit('counter-1', 0, { dryRun: true });
    expect(await writer.append(dry)).toMatchObject({ outcome: 'accepted', position: 0n, events: [{ position: 1n }] });
    expect(await reader.command(dry.commandId)).toBeNull();
    expect(await reader.head()).toBe(0n);
  });

  it('keeps recordedAt increasing with position, also when the clock goes back', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    await writer.append(unit('counter-1', 0));
    // As if the clock had been an hour ahead when the last event was recorded.
    await execute(url, "UPDATE head SET recorded_at = recorded_at + interval '1 hour'");
    const ahead = Date.now() + 3_500_000;
    await Promise.all(Array.from({ length: 50 }, (_, i) => writer.append(unit(`counter-x${i}`, 0))));
    const times = (await reader.page(0n, 100)).events.map((event) => event.recordedAt);
    expect(times).toEqual([...new Set(times)].sort());
    expect(Date.parse(times[1] ?? '')).toBeGreaterThan(ahead);
  });
});

describe('trouble', () => {
  it('fails only the unit that PostgreSQL refuses, however many share its batch', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    const poisonous = unit('counter-bad', 0, { events: [moved('counter-bad', 1, { text: '\0' })] });
    const results = await Promise.allSettled(
      Array.from({ length: 500 }, (_, i) => writer.append(i === 271 ? poisonous : unit(`counter-${i}`, 0))),
    );
    expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([271]);
    expect(results[271]).toMatchObject({ reason: { code: 'BAD_USER_INPUT' } });
    expect(await reader.head()).toBe(499n);
  });

  it('says UNAVAILABLE at once when the queue is full', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url, { queueUnits: 10 });
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => writer.append(unit(`counter-${i}`, 0))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
  });

  it('says UNAVAILABLE at once when more bytes would wait than may, but takes a large unit when nothing else waits', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url, { queueBytes: 10_000 });
    const large = (n: number) =>
      unit(`counter-${n}`, 0, { events: [moved(`counter-${n}`, 1, { text: 'x'.repeat(20_000) })] });
    const results = await Promise.allSettled([1, 2, 3].map((n) => writer.append(large(n))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(results[2]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    expect(await writer.append(large(4))).toMatchObject({ outcome: 'accepted' });
  });

  it('goes on by itself when its connections are cut again and again, and loses and repeats nothing', async () => {
    const { url } = await freshDatabase();
    const { writer, reader } = await openLog(url);
    let done = false;
    const cutting = (async () => {
      while (!done) {
        await execute(
          url,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'tidemark'`,
        );
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    })();
    const verdicts = await Promise.all(
      Array.from({ length: 8 }, async (_, stream) => {
        const outcomes: string[] = [];
        for (let version = 0; version < 25; version++) {
          outcomes.push((await writer.append(unit(`counter-${stream}`, version))).outcome);
        }
        return outcomes;
      }),
    );
    done = true;
    await cutting;
    // `known` is what a repeated batch finds that was committed although its answer was lost.
    expect(verdicts.flat().filter((outcome) => outcome !== 'accepted' && outcome !== 'known')).toEqual([]);
    const { events } = await reader.page(0n, 1_000);
    expect(events.map((event) => event.position)).toEqual(Array.from({ length: 200 }, (_, i) => BigInt(i + 1)));
  });

  it('gives up in time when the connection is half-open: nothing comes back, and nothing says so', async () => {
    const { url } = await freshDatabase();
    const proxy = await silenceableProxy(url);
    const { writer } = await openLog(proxy.url, { timeoutMs: 500 });
    expect(await writer.append(unit('counter-1', 0))).toMatchObject({ outcome: 'accepted' });
    proxy.silence();
    const waiting = [2, 3, 4].map((i) => writer.append(unit(`counter-${i}`, 0)));
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.cut();
    expect(await writer.append(unit('counter-5', 0), Date.now() + 60_000)).toMatchObject({ outcome: 'accepted' });
  });

  it('gives up in time when a stranger holds the head, and goes on when the lock is gone', async () => {
    const { url } = await freshDatabase();
    const { writer } = await openLog(url, { timeoutMs: 300 });
    const stranger = new pg.Client({ connectionString: url, application_name: 'stranger' });
    await stranger.connect();
    await stranger.query('BEGIN');
    await stranger.query('SELECT FROM head FOR UPDATE');
    // The pool's lock_timeout is longer than a test should take: cancel what waits instead.
    const waiting = writer.append(unit('counter-1', 0));
    const cancel = setInterval(
      () =>
        void execute(
          url,
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%append_to_log%'",
        ),
      50,
    );
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    clearInterval(cancel);
    await stranger.end();
    expect(await writer.append(unit('counter-2', 0))).toMatchObject({ outcome: 'accepted' });
  });
});

describe('any units in any batches', () => {
  it('leave the log that deciding them one after the other would', async () => {
    const intent = fc.record({
      stream: fc.integer({ min: 0, max: 4 }),
      version: fc.integer({ min: 0, max: 3 }),
      key: fc.option(fc.integer({ min: 0, max: 2 })),
      command: fc.option(fc.integer({ min: 0, max: 30 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(intent, { maxLength: 60 }), async (intents) => {
        const { url } = await freshDatabase();
        const { writer, reader } = await openLog(url);
        const shared = Array.from({ length: 31 }, uuid);
        const units = intents.map(({ stream, version, key, command }) =>
          unit(`counter-${stream}`, version, {
            ...(command !== null && { commandId: shared[command] as string }),
            claims: key === null ? [] : [{ key: `0${key}`, streamId: `counter-${stream}`, code: 'TAKEN' }],
          }),
        );
        const verdicts = await Promise.all(units.map((each) => writer.append(each)));

        const versions = new Map<string, number>();
        const holders = new Map<string, string>();
        const known = new Set<string>();
        const expected = units.map(({ commandId, streamId, version, claims }) => {
          if (known.has(commandId)) return 'known';
          if ((versions.get(streamId) ?? 0) !== version - 1) return 'conflict';
          known.add(commandId);
          const key = claims[0]?.key;
          if (key && (holders.get(key) ?? streamId) !== streamId) return 'rejected';
          if (key) holders.set(key, streamId);
          versions.set(streamId, version);
          return 'accepted';
        });
        expect(verdicts.map((verdict) => verdict.outcome)).toEqual(expected);
        expect(await reader.head()).toBe(BigInt(expected.filter((outcome) => outcome === 'accepted').length));
      }),
      { numRuns: 25 },
    );
  });
});
