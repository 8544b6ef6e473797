import { describe, expect, it } from 'vitest';
import { faultOf, sqlStateOf } from '../../../src/database/errors.ts';
import { freshDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres.ts';
import { failureOf, openSmallPool } from './support/small-pool.ts';

const meanings = {
  unreachable: {
    '08006': 'the connection failed',
    '25006': 'read-only after a failover',
    '40001': 'serialisation failed',
    '40P01': 'a deadlock',
    '53100': 'the disk is full',
    '53200': 'out of memory',
    '53300': 'too many connections',
    '55P03': 'a lock was not to be had in time',
    '57014': 'cancelled, or the statement took too long',
    '57P01': 'terminated',
    '57P03': 'starting up',
    '58030': 'the disk failed',
  },
  refused: {
    '22003': 'a number out of range',
    '22021': 'no such character',
    '22P02': 'no such uuid',
    '23502': 'null',
    '23505': 'not unique',
    '23514': 'a check failed',
    '42501': 'no rights',
    '42P01': 'no such table',
    TM001: 'the log cannot be changed',
  },
} as const;

const cases = Object.entries(meanings).flatMap(([fault, states]) =>
  Object.entries(states).map(([state, words]) => [state, words, fault] as const),
);

/** A pool on a database with a function that fails as it is told, in words that sound like something else. */
async function openFailing() {
  const { url } = await freshDatabase();
  await execute(
    url,
    `CREATE FUNCTION fail(state text) RETURNS text LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'socket timeout ECONNREFUSED' USING ERRCODE = state; END $$`,
  );
  return { url, ...openSmallPool(url) };
}

// P2002.meta.target is gone, and what a raw query fails with is a P2010 with the SQLSTATE inside.
describe('an error of PostgreSQL', () => {
  it('is known by its SQLSTATE, whatever its words and whoever reports it', async () => {
    const { url, database } = await openFailing();
    for (const [state, words, fault] of cases) {
      for (const error of [
        await failureOf(execute(url, 'SELECT fail($1)', [state])),
        await failureOf(database.$queryRaw`SELECT fail(${state})`),
        await failureOf(database.$executeRaw`SELECT fail(${state})`),
        await failureOf(database.$transaction((transaction) => transaction.$queryRaw`SELECT fail(${state})`)),
      ]) {
        expect([sqlStateOf(error), faultOf(error)], `${state}: ${words}`).toEqual([state, fault]);
      }
    }
  });

  it('that a function raises without a state of its own (P0001) is not taken for a code of Prisma', async () => {
    const { url, database } = await openFailing();
    for (const error of [
      await failureOf(execute(url, 'SELECT fail($1)', ['P0001'])),
      await failureOf(database.$queryRaw`SELECT fail('P0001')`),
    ]) {
      expect([sqlStateOf(error), faultOf(error)]).toEqual(['P0001', 'refused']);
    }
  });

  it('is known by its SQLSTATE also when Prisma gives it a code of its own', async () => {
    const { database } = openSmallPool((await freshDatabase()).url);
    const claim = { key: Buffer.from('aa', 'hex'), streamId: 'counter-1' };
    await database.claim.create({ data: claim });
    const error = await failureOf(database.claim.create({ data: claim }));
    expect(error).toMatchObject({ code: 'P2002' });
    expect([sqlStateOf(error), faultOf(error)]).toEqual(['23505', 'refused']);
  });
});

/** Errors as Node.js makes them where a network fails, which are five letters long at times, as SQLSTATEs are. */
const networkErrors = [
  ['EPIPE', 'write'],
  ['ECONNRESET', 'read'],
  ['ECONNABORTED', 'read'],
  ['ECONNREFUSED', 'connect'],
  ['ETIMEDOUT', 'connect'],
  ['EHOSTUNREACH', 'connect'],
  ['EHOSTDOWN', 'connect'],
  ['ENETUNREACH', 'connect'],
  ['ENETDOWN', 'connect'],
  ['ENOTFOUND', 'getaddrinfo'],
  ['EAI_AGAIN', 'getaddrinfo'],
] as const;

describe('an error of the network', () => {
  it.each(networkErrors)('%s is not taken for an SQLSTATE or a defect: the database may be back soon', (code, call) => {
    const error = Object.assign(new Error(`${call} ${code}`), { code, syscall: call, errno: -1 });
    expect([sqlStateOf(error), faultOf(error)]).toEqual([undefined, 'unreachable']);
  });
});
