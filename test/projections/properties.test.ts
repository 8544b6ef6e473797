import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/eventsourcing/event.ts';
import type { AnyProjection } from '../../src/eventsourcing/projection.ts';
import { firstCheckpoint, readCheckpoint } from '../../src/projections/checkpoints.ts';
import { step } from '../../src/projections/step.ts';
import { describeTable } from '../../src/projections/table.ts';
import { freshDatabase } from '../support/database.ts';
import { moved, openLog, unit, uuid } from '../support/log.ts';
import { execute } from '../support/postgres.ts';
import {
  allEvents,
  counters,
  createCountersTable,
  createTalliesTable,
  foldOf,
  openProjections,
  operatorFor,
  rowsIn,
  tallies,
} from '../support/projections.ts';

const both = [counters, tallies] as readonly AnyProjection[];

async function open() {
  const { url } = await freshDatabase();
  await createCountersTable(url);
  await createTalliesTable(url);
  return openLog(url);
}
type Log = Awaited<ReturnType<typeof open>>;

interface Change {
  readonly stream: number;
  readonly by: number;
  readonly name: string | undefined;
}

/** Rows come, change, go and come again: a counter at 0 has no row. */
const history = (minLength: number) =>
  fc.array(
    fc.record({
      stream: fc.integer({ min: 0, max: 4 }),
      by: fc.integer({ min: -2, max: 2 }),
      name: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    }),
    { minLength, maxLength: 50 },
  );

/** Appends changes to streams that nobody has used. */
async function append({ writer }: Log, changes: readonly Change[]): Promise<string[]> {
  const run = uuid();
  const versions = new Map<string, number>();
  await Promise.all(
    changes.map(({ stream, by, name }) => {
      const streamId = `counter-${stream}-${run}`;
      const version = versions.get(streamId) ?? 0;
      versions.set(streamId, version + 1);
      const [type, data] =
        name === undefined ? ['CounterMoved', { by }] : ['CounterNamed', { name: name.replaceAll('\0', '') }];
      return writer.append(unit(streamId, version, { events: [{ ...moved(streamId, version + 1, data), type }] }));
    }),
  );
  return [...versions.keys()];
}

/** Folds the rest of the log into a table of its own, in steps of these sizes, over and over. */
async function foldInSteps({ database }: Log, split: AnyProjection, events: readonly RecordedEvent[], sizes: number[]) {
  await firstCheckpoint(database, split);
  const table = await describeTable(database, split);
  for (let turn = 0; ; turn++) {
    const place = await readCheckpoint(database, split.name, 'live');
    const rest = events.filter(({ position }) => position > (place?.position ?? 0n));
    if (!place || rest.length === 0) return;
    await step({ database, projection: split, table, slot: 'live' }, place, rest.slice(0, sizes[turn % sizes.length]));
  }
}

describe('for any history, the same rows', () => {
  it('come of folding as it happens, in steps of any size, by a rebuild, and by going back in time', async () => {
    const log = await open();
    const projections = await openProjections(log, both);
    const operator = operatorFor(log, both);
    const splits = both.map((each) => ({ ...each, name: `split_${each.name}`, table: `split_${each.table}` }));
    for (const { table } of both) await execute(log.url, `CREATE TABLE split_${table} (LIKE ${table} INCLUDING ALL)`);
    await fc.assert(
      fc.asyncProperty(
        history(0),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        async (changes, sizes) => {
          const streams = await append(log, changes);
          const events = await allEvents(log);
          for (const [i, projection] of both.entries()) {
            const expected = foldOf(projection, events);
            await projections.readModel(projection).reach(log.tail.head);
            expect(await rowsIn(log, projection)).toEqual(expected);
            const split = splits[i] as AnyProjection;
            await foldInSteps(log, split, events, sizes);
            expect(await rowsIn(log, split)).toEqual(expected);
            await operator.rebuild(projection.name, { signal: new AbortController().signal });
            expect(await rowsIn(log, projection)).toEqual(expected);
          }
          const { past } = projections.readModel(counters);
          for (const stream of streams) {
            const version = await past.version(stream, { position: log.tail.head });
            const expected = foldOf(counters, events).find(({ id }) => id === stream) ?? null;
            expect(await past.row(stream, version)).toEqual(expected);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('verify', () => {
  const columns = { counters: ['name', 'value', 'version', 'movedAt'], tallies: ['events', 'sum', 'last'] };
  /** For each field a value that no fold gives. */
  const odd: Record<string, string> = {
    ...{ name: "'odd'", value: '77777', version: '77777', movedAt: "'1999-01-01Z'" },
    ...{ events: '77777', sum: '77777', last: "'1999-01-01Z'" },
  };
  const nullable = ['name', 'movedAt'];
  const plant = fc.record({
    row: fc.nat(),
    kind: fc.constantFrom('changed', 'null', 'missing', 'superfluous'),
    field: fc.nat(),
  });

  it.each(both.map((each) => [each.name, each] as const))(
    'finds every difference in %s with its key and fields, and heals exactly those',
    async (name, projection) => {
      const log = await open();
      const fields = columns[name as keyof typeof columns];
      const all = ['id', ...fields].sort();
      const changes = Array.from({ length: 60 }, (_, i) => ({
        stream: i % 7,
        by: (i % 5) - 1,
        name: i % 9 === 0 ? `n${i}` : undefined,
      }));
      await append(log, changes);
      const projections = await openProjections(log, both);
      await projections.readModel(projection).reach(60n);
      const operator = operatorFor(log, both);
      const sound = await rowsIn(log, projection);
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(plant, { maxLength: 6, selector: ({ row }) => row % sound.length }),
          async (plants) => {
            const drift = new Map<string, string[]>();
            for (const { row, kind, field } of plants) {
              const key = String(sound[row % sound.length]?.id);
              const column = String(fields[field % fields.length]);
              if (kind === 'superfluous') {
                await execute(
                  log.url,
                  `INSERT INTO ${name} SELECT (jsonb_populate_record(t, '{"id":"odd ${row}"}')).* FROM ${name} t WHERE id = $1`,
                  [key],
                );
                drift.set(`odd ${row}`, all);
              } else if (kind === 'missing') {
                await execute(log.url, `DELETE FROM ${name} WHERE id = $1`, [key]);
                drift.set(key, all);
              } else {
                const value = kind === 'null' && nullable.includes(column) ? 'NULL' : odd[column];
                const { rowCount } = await execute(
                  log.url,
                  `UPDATE ${name} SET "${column}" = ${value} WHERE id = $1 AND "${column}" IS DISTINCT FROM ${value}`,
                  [key],
                );
                if (rowCount) drift.set(key, [column]);
              }
            }
            const found = await operator.verify(name, {});
            expect(Object.fromEntries(found.drift.map(({ key, fields }) => [key, [...fields].sort()]))).toEqual(
              Object.fromEntries(drift),
            );
            expect(found).toMatchObject({ drifted: drift.size, repaired: 0, position: 60n });
            const [status] = (await operator.status()).filter((each) => each.name === name);
            expect(status?.drift).toBe(drift.size);
            expect(await operator.verify(name, { repair: true })).toMatchObject({
              drifted: drift.size,
              repaired: drift.size,
            });
            expect(await rowsIn(log, projection)).toEqual(sound);
            expect((await operator.status()).find((each) => each.name === name)?.drift).toBe(0);
          },
        ),
        { numRuns: 25 },
      );
      expect(await operator.verify(name, {})).toMatchObject({ checked: sound.length, drifted: 0 });
    },
  );

  it('never finds a sound table wrong, also while events come in', async () => {
    const log = await open();
    await openProjections(log, both, { batchEvents: 7 });
    const operator = operatorFor(log, both);
    let done = false;
    const appending = (async () => {
      for (let round = 0; round < 40; round++) {
        await append(
          log,
          Array.from({ length: 20 }, (_, i) => ({ stream: i % 5, by: (i % 3) - 1, name: undefined })),
        );
      }
      done = true;
    })();
    for (let round = 0; !done || round === 0; round++) {
      for (const { name } of both) {
        for (const sample of [undefined, 5]) {
          expect(await operator.verify(name, { sample, repair: true })).toMatchObject({ drift: [], repaired: 0 });
        }
      }
    }
    await appending;
  });
});
