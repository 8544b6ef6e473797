import type { Database } from '../database/client.ts';
import { sqlStateOf } from '../database/errors.ts';
import { TidemarkError } from '../eventsourcing/errors.ts';
import type { AnyProjection } from '../eventsourcing/projection.ts';
import type { LogReader } from '../log/reader.ts';
import type { Failure } from './checkpoints.ts';
import { recordDrift, repair } from './drift.ts';
import { limitExchange, SWAP_WAIT_MS } from './exchange.ts';
import { pause } from './pause.ts';
import { rebuild } from './rebuild.ts';
import { requestRebuild, TRANSACTION } from './request.ts';
import { sampleKeys } from './sampler.ts';
import { type ProjectionStatus, readStatus } from './status.ts';
import { describeTable } from './table.ts';
import { type Comparison, verifyAll, verifyKeys } from './verify.ts';

/** What was found when a read table was compared with the log. */
export interface Verification {
  /** Rows compared. */
  readonly checked: number;
  /** The checkpoint at which the last of them were compared. */
  readonly position: bigint;
  /** Rows that are not what the log says, with the columns that differ; of very many, the first. */
  readonly drift: readonly { readonly key: string; readonly fields: readonly string[] }[];
  /** How many there are. */
  readonly drifted: number;
  /** How many of them were healed. */
  readonly repaired: number;
}

export interface VerifyRequest {
  /** Rows to compare, taken at random; all if not given. */
  readonly sample?: number | undefined;
  /** Whether to write what the log says over rows that differ. */
  readonly repair?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  onProgress?(position: bigint, target: bigint): void;
}

/**
 * What an operator does with projections, beside running servers or without any: all of it is in the database, and servers
 * follow. Each function throws BAD_USER_INPUT for a name that no projection has.
 */
export interface Operator {
  status(): Promise<ProjectionStatus[]>;
  /** Asks for a rebuild; the servers do it. */
  requestRebuild(name: string): Promise<void>;
  /** Asks for a rebuild and works on it until the tables are exchanged or the signal fires. */
  rebuild(
    name: string,
    options: { signal: AbortSignal; onProgress?(position: bigint, target: bigint): void },
  ): Promise<void>;
  /** Puts the table from before the last rebuild back, as it was then; it is brought up to the log from there. */
  rollback(name: string): Promise<void>;
  /** Drops the table from before the last rebuild. */
  dropPrevious(name: string): Promise<void>;
  verify(name: string, request: VerifyRequest): Promise<Verification>;
  /** Lets a projection leave out the event at which it has stopped. */
  skip(name: string, position: bigint, actor: string | null): Promise<void>;
}

export interface OperatorOptions {
  /** Its statements may take as long as a big table needs. */
  readonly database: Database;
  readonly reader: LogReader;
  readonly projections: readonly AnyProjection[];
  onError(error: unknown): void;
}

/** Drifted rows that are named in an answer. */
const NAMED = 100;
/** How long the tables' exchange waits for a reader that does not end, ms. */
const ROLLBACK_MS = 10_000;
const LOCK_TIMEOUT = '55P03';

export function createOperator({ database, reader, projections, onError }: OperatorOptions): Operator {
  function named(name: string): AnyProjection {
    const projection = projections.find((each) => each.name === name);
    if (projection) return projection;
    const known = projections.map((each) => each.name).join(', ');
    throw new TidemarkError('BAD_USER_INPUT', `name: there is no such projection. Known: ${known}.`);
  }

  async function comparisons(projection: AnyProjection, request: VerifyRequest): Promise<AsyncIterable<Comparison>> {
    const table = await describeTable(database, projection);
    const target = await reader.head();
    const signal = request.signal ?? new AbortController().signal;
    const spend = async (_: number, position: bigint) => request.onProgress?.(position, target);
    const options = { database, reader, projection, table, signal, spend };
    if (request.sample === undefined) return verifyAll(options);
    const keys = await sampleKeys(options, request.sample);
    return (async function* () {
      yield await verifyKeys(options, keys);
    })();
  }

  return {
    status: () => readStatus(database, projections),
    requestRebuild: async (name) => requestRebuild(database, named(name)),

    async rebuild(name, options) {
      const projection = named(name);
      await requestRebuild(database, projection);
      await rebuild({ database, reader, projection, onError, ...options });
    },

    async rollback(name) {
      const projection = named(name);
      const until = Date.now() + ROLLBACK_MS;
      while (!(await exchange(database, projection))) {
        if (Date.now() > until) {
          throw new TidemarkError(
            'UNAVAILABLE',
            `Somebody reads the table of ${name} without an end. Try again later.`,
          );
        }
        await pause(SWAP_WAIT_MS, new AbortController().signal);
      }
    },

    async dropPrevious(name) {
      const { table } = named(name);
      await database.$transaction(async (transaction) => {
        await transaction.$queryRaw`SELECT drop_spare_table('previous', ${table})::text`;
        await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'previous'`;
      }, TRANSACTION);
    },

    async verify(name, request) {
      const projection = named(name);
      const table = await describeTable(database, projection);
      const found: { key: string; fields: readonly string[] }[] = [];
      let [checked, drifted, repaired, position] = [0, 0, 0, 0n];
      for await (const comparison of await comparisons(projection, request)) {
        checked += comparison.checked.length;
        drifted += comparison.drift.length;
        position = comparison.position;
        found.push(...comparison.drift.map(({ key, fields }) => ({ key, fields })).slice(0, NAMED - found.length));
        await recordDrift(database, name, comparison);
        if (request.repair) repaired += await repair({ database, reader, projection, table }, comparison);
      }
      return { checked, position, drift: found, drifted, repaired };
    },

    async skip(name, position, actor) {
      const { name: own } = named(name);
      await database.$transaction(async (transaction) => {
        // With a new revision, nobody who has begun to fold the event after all comes through with it.
        const stopped = await transaction.$queryRaw<{ generation: number; failure: Failure }[]>`
          UPDATE checkpoints SET revision = revision + 1
          WHERE name = ${own} AND slot <> 'previous' AND failure ->> 'position' = ${position.toString()}
          RETURNING generation, failure`;
        if (stopped.length === 0) {
          const message = `position: ${own} has not stopped there. Only the event at which a projection has stopped can be skipped.`;
          throw new TidemarkError('BAD_USER_INPUT', message);
        }
        if (stopped.some(({ failure }) => failure.unreadable)) {
          const message = `position: this version of the server cannot read the event at all: correct its declaration, or update.`;
          throw new TidemarkError('BAD_USER_INPUT', message);
        }
        for (const { generation, failure } of stopped) {
          await transaction.$executeRaw`
            INSERT INTO projection_skips (name, generation, position, failure, actor, skipped_at)
            VALUES (${own}, ${generation}, ${position}, ${JSON.stringify(failure)}::jsonb, ${actor}, clock_timestamp())
            ON CONFLICT DO NOTHING`;
        }
      });
    },
  };
}

/** Exchanges the live table and the previous one; false when a reader is in the way. */
async function exchange(database: Database, { name, table }: AnyProjection): Promise<boolean> {
  try {
    await database.$transaction(async (transaction) => {
      await limitExchange(transaction);
      await transaction.$queryRaw`SELECT swap_back_previous_table(${table})::text`;
      await transaction.$executeRaw`DELETE FROM checkpoints WHERE name = ${name} AND slot = 'next'`;
      for (const [from, to] of [
        ['live', 'next'],
        ['previous', 'live'],
        ['next', 'previous'],
      ]) {
        await transaction.$executeRaw`UPDATE checkpoints SET slot = ${to} WHERE name = ${name} AND slot = ${from}`;
      }
      await transaction.$executeRaw`
        UPDATE checkpoints SET revision = (SELECT max(revision) + 1 FROM checkpoints WHERE name = ${name})
        WHERE name = ${name} AND slot = 'live'`;
      await transaction.$executeRaw`DELETE FROM projection_drift WHERE name = ${name}`;
    });
    return true;
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === LOCK_TIMEOUT) return false;
    if (state === 'TM002') throw new TidemarkError('BAD_USER_INPUT', `name: no table of ${name} is kept from before.`);
    if (state === 'TM003') {
      throw new TidemarkError(
        'BAD_USER_INPUT',
        `name: the table of ${name} from before has other columns: rebuild instead.`,
      );
    }
    throw error;
  }
}
