import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checker/index.ts';
import type { Accepted, Evidence, Freshness, Invocation, Listing, Operation } from './history.ts';
import { type Recording, record } from './recording.ts';
import { storyOf } from './story.ts';
import { tortured } from './tortured.ts';

let recording: Recording;
beforeAll(async () => {
  recording = await record(20_261_124);
});
afterAll(() => recording.remove());

const broken = (evidence: Evidence): string[] => [
  ...new Set(check(evidence, tortured, recording.masterKey).map(({ rule }) => rule)),
];
/** The rules that are broken once somebody has meddled with the database. */
const brokenBy = async (sql: string): Promise<string[]> => broken(await recording.meddled(sql));

/** The evidence with one invocation told differently: the first that `which` accepts. */
function retold(
  which: (invocation: Invocation) => boolean,
  change: (told: Invocation) => Partial<Invocation>,
): Evidence {
  const { invocations, ...rest } = recording.evidence;
  const index = invocations.findIndex(which);
  const told = invocations[index];
  if (!told) throw new Error('the recording has no such invocation');
  return { ...rest, invocations: invocations.with(index, { ...told, ...change(told) }) };
}

const hasWritten = ({ answer }: Invocation) =>
  answer.kind === 'accepted' && !answer.dryRun && !answer.replayed && answer.events.length > 0;
const answerOf = ({ answer }: Invocation) => answer as Accepted;

/** An event in the middle of the log, the last one of its stream. */
const lastOfAStream = `(SELECT max(position) FROM events GROUP BY stream_id ORDER BY 1 OFFSET 5 LIMIT 1)`;

describe('a run without faults', () => {
  it('keeps every promise', () => {
    expect(check(recording.evidence, tortured, recording.masterKey)).toEqual([]);
  });

  it('has met what the checker is about', () => {
    const { invocations, events, feeds } = recording.evidence;
    const kinds = new Set(invocations.map(({ answer }) => answer.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['accepted', 'rejected', 'conflict', 'refused']));
    expect(events.length).toBeGreaterThan(100);
    expect(feeds[0]?.batches.length).toBeGreaterThan(10);
    const { moves, listings } = recording.evidence;
    expect(new Set(moves.map(({ cameFrom }) => cameFrom))).toEqual(new Set([null, 'live', 'next', 'previous']));
    expect(listings.filter(({ users, count }) => (users?.length ?? 0) > 1 && count).length).toBeGreaterThan(1);
  });
});

describe('in the log, the checker notices', () => {
  it('an event that is gone', async () => {
    expect(await brokenBy(`DELETE FROM events WHERE position = 40`)).toContain('positions have no gap');
  });
  it('a lost last event, also when the head forgets it too', async () => {
    const lost = `DELETE FROM events WHERE position = (SELECT position FROM head); UPDATE head SET position = position - 1`;
    expect(await brokenBy(lost)).toContain('what is answered is in the log, and nothing else');
  });
  it('a head that is ahead of the log', async () => {
    expect(await brokenBy('UPDATE head SET position = position + 1')).toContain('positions have no gap');
  });
  it('two events that have changed places', async () => {
    const swap = `UPDATE events SET position = -1 WHERE position = 30; UPDATE events SET position = 30 WHERE position = 31;
      UPDATE events SET position = 31 WHERE position = -1`;
    expect(await brokenBy(swap)).toContain('time goes on with position');
  });
  it('a time that goes back', async () => {
    const back = `UPDATE events SET recorded_at = recorded_at - interval '1 minute' WHERE position = 50`;
    expect(await brokenBy(back)).toContain('time goes on with position');
  });
  it('a version that was left out', async () => {
    const skip = `UPDATE events SET version = version + 1 WHERE position = ${lastOfAStream}`;
    expect(await brokenBy(skip)).toContain('versions count a stream');
  });
  it('an event that was written twice', async () => {
    expect(await brokenBy(appended(`position = ${lastOfAStream}`, 'command_id'))).toContain(
      'what is answered is in the log, and nothing else',
    );
  });
  it('an event of a command that was refused', async () => {
    const refused = `(SELECT id FROM commands WHERE rejection_code IS NOT NULL LIMIT 1)`;
    expect(await brokenBy(appended(`position = ${lastOfAStream}`, refused))).toContain(
      'what is answered is in the log, and nothing else',
    );
  });
  it('an event that nobody asked for', async () => {
    expect(await brokenBy(appended(`position = ${lastOfAStream}`, 'gen_random_uuid()'))).toContain(
      'what is answered is in the log, and nothing else',
    );
  });
  it('a payload that no decider would have made', async () => {
    const more = `UPDATE events SET data = '{"amount": 1000000}' WHERE position =
      (SELECT max(position) FROM events WHERE type = 'FundsWithdrawn')`;
    expect(await brokenBy(more)).toEqual(
      expect.arrayContaining(['a command is decided on the state that it changes', 'a subscriber gets the log']),
    );
  });
  it('half a transfer', async () => {
    const half = `DELETE FROM events WHERE position = (SELECT max(position) FROM events GROUP BY command_id
      HAVING count(*) = 2 ORDER BY 1 DESC LIMIT 1)`;
    expect(await brokenBy(half)).toContain('a command is decided on the state that it changes');
  });
});

/** Appends a copy of an event, with all that the log itself would have checked in order. */
const appended = (where: string, commandId: string) => `
  INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id, recorded_at)
  SELECT h.position + 1, gen_random_uuid(), stream_id, version + 1, type, schema_version, data, ${commandId},
    correlation_id, h.recorded_at + interval '1 second' FROM events, head h WHERE events.${where};
  UPDATE head SET position = position + 1`;

/** Adds a checkpoint of users. */
const checkpoint = (slot: string, position: number) => `
  DELETE FROM checkpoints WHERE name = 'users' AND slot = '${slot}';
  INSERT INTO checkpoints (name, slot, version, generation, revision, position, updated_at)
  VALUES ('users', '${slot}', 1, 99, 0, ${position}, now())`;
const lastMove = (from: string) => `id = (SELECT max(id) FROM torture.moves WHERE came_from = '${from}')`;

describe('in claims and read tables, the checker notices', () => {
  it('a claim that was stolen', async () => {
    const stolen = `UPDATE claims SET stream_id = 'account-' || gen_random_uuid() WHERE key = (SELECT key FROM claims ORDER BY key LIMIT 1)`;
    expect(await brokenBy(stolen)).toEqual(['claims are stored as the states have them']);
  });
  it('a claim that is left after its holder gave it up', async () => {
    const left = `INSERT INTO claims SELECT '\\x00', stream_id FROM claims LIMIT 1`;
    expect(await brokenBy(left)).toEqual(['claims are stored as the states have them']);
  });
  it('two holders of one key', async () => {
    const same = `UPDATE events SET data = data || '{"name": "account 1"}' WHERE type IN ('AccountOpened', 'AccountRenamed')`;
    expect(await brokenBy(same)).toContain('a claim has one holder');
  });
  it.each([
    [
      'a row that is not the fold of its stream',
      'UPDATE users SET version = version + 1 WHERE id = (SELECT min(id::text)::uuid FROM users)',
    ],
    ['a row that is missing', 'DELETE FROM users WHERE id = (SELECT min(id::text)::uuid FROM users)'],
    ['a row too many', `INSERT INTO accounts SELECT gen_random_uuid(), 'Ada', 'x', 0, 1, now(), now()`],
    ['a read table that was left behind', `UPDATE checkpoints SET position = position - 1 WHERE name = 'users'`],
    ['a row of many streams that has counted wrong', 'UPDATE daily_registrations SET registered = registered + 1'],
    ['a rebuild that is left half done', `SELECT make_next_table('users'); ${checkpoint('next', 0)}`],
    [
      'a table from before that was not the fold of the log',
      `DROP TABLE IF EXISTS tidemark_previous.users; CREATE TABLE tidemark_previous.users (LIKE users INCLUDING ALL);
       ${checkpoint('previous', 50)}`,
    ],
  ])('%s', async (_, sql) => {
    expect(await brokenBy(sql)).toContain('read tables are folds of the log');
  });
  it.each([
    ['a fold that has stopped', `UPDATE checkpoints SET failure = '{}' WHERE name = 'users' AND slot = 'live'`],
    [
      'drift that was found and healed',
      `INSERT INTO torture.findings (what) VALUES ('a row was found to have drifted')`,
    ],
    ['an index that a rebuild has lost', 'DROP INDEX accounts_by_owner'],
  ])('%s', async (_, sql) => {
    expect(await brokenBy(sql)).toEqual(['projections find nothing wrong']);
  });
  it.each([
    ['a step back', `UPDATE torture.moves SET position = 0 WHERE ${lastMove('live')}`],
    ['a rebuild that sets readers back', `UPDATE torture.moves SET position = 0 WHERE ${lastMove('next')}`],
    ['an exchange that is none', `UPDATE torture.moves SET generation = 99 WHERE ${lastMove('live')}`],
  ])('%s', async (_, sql) => {
    expect(await brokenBy(sql)).toContain('a read table goes on, except by a rollback');
  });
  it('money from nowhere', async () => {
    expect(await brokenBy('UPDATE accounts SET balance = balance + 1')).toContain('money adds up');
  });
});

describe('in answers, the checker notices', () => {
  it('a command that never got one', () => {
    const silent = retold(hasWritten, () => ({ answer: { kind: 'unknown', why: 'timeout' } }));
    const alone = { ...silent, invocations: silent.invocations.filter(isAlone(silent)) };
    expect(broken(alone)).toContain('all answers to one command agree');
  });
  it('a retry that got another one', () => {
    const { invocations } = recording.evidence;
    const retry = invocations.find(({ answer }) => answer.kind === 'accepted' && answer.replayed);
    const other = retold(
      (told) => told === retry,
      (told) => ({ answer: { ...answerOf(told), version: 99 } }),
    );
    expect(broken(other)).toContain('all answers to one command agree');
  });
  it('an acknowledgement of what was refused', () => {
    const lied = retold(
      ({ answer, request }) => answer.kind === 'rejected' && !request.input.dryRun,
      () => ({
        answer: {
          kind: 'accepted',
          position: 3n,
          version: 1,
          events: [],
          eventsSince: [],
          replayed: false,
          dryRun: false,
        },
      }),
    );
    expect(broken(lied)).toContain('what is answered is in the log, and nothing else');
  });
  it('an internal error', () => {
    const failed = retold(hasWritten, () => ({ answer: { kind: 'defect', why: 'INTERNAL_SERVER_ERROR' } }));
    expect(broken(failed)).toContain('no answer is a defect');
  });
  it('a dry run that wrote', () => {
    const dry = retold(hasWritten, ({ request }) => ({
      request: { ...request, input: { ...request.input, dryRun: true } },
    }));
    const alone = { ...dry, invocations: dry.invocations.filter(isAlone(dry)) };
    expect(broken(alone)).toContain('what is answered is in the log, and nothing else');
  });
  it('a command that stands in the log before one that was answered before it was sent', () => {
    const last = recording.evidence.invocations.at(-1)?.answered ?? 0;
    const late = retold(hasWritten, () => ({ sent: last + 1, answered: last + 2 }));
    const alone = { ...late, invocations: late.invocations.filter(isAlone(late)) };
    expect(broken(alone)).toContain('the log is in the order of real time');
  });
  it('an old expectedVersion that was let through', () => {
    const old = retold(
      (told) => hasWritten(told) && answerOf(told).version > 3 && told.request.input.expectedVersion !== undefined,
      ({ request }) => ({ request: { ...request, input: { ...request.input, expectedVersion: 1 } } }),
    );
    expect(broken(old)).toContain('expectedVersion lets one through');
  });
  it('a conflict that hides what happened since', () => {
    const hiding = retold(
      ({ answer }) => answer.kind === 'conflict' && answer.eventsSince.length > 0,
      ({ answer }) => ({ answer: { ...answer, eventsSince: [] } as Invocation['answer'] }),
    );
    expect(broken(hiding)).toContain('a conflict is real and shows what happened');
  });
  it('a row that is not as the command left it', () => {
    const wrong = retold(hasWritten, (told) => ({ answer: { ...answerOf(told), row: { version: 0 } } }));
    expect(broken(wrong)).toContain('an answer shows the row as the command left it');
  });
  it('a reader who does not see what was written', () => {
    const { readings } = recording.evidence;
    const index = readings.findIndex(({ row, minPosition }) => row && minPosition > 0n);
    const told = readings[index];
    if (!told) throw new Error('nobody has read what he wrote');
    const blind = {
      ...withoutRollbacks(),
      readings: readings.with(index, { ...told, row: null, minPosition: 2n ** 40n }),
    };
    expect(broken(blind)).toContain('a client reads its own writes');
  });
});

/** Nothing that readers miss is excused then. */
const withoutRollbacks = (): Evidence => ({
  ...recording.evidence,
  moves: recording.evidence.moves.filter(({ cameFrom }) => cameFrom !== 'previous'),
});

/** The evidence with the last list of several users told differently. */
function listed(change: (told: Listing) => Partial<Listing>): Evidence {
  const { listings } = recording.evidence;
  const index = listings.findLastIndex(({ users, count }) => (users?.length ?? 0) > 1 && count);
  const told = listings[index];
  if (!told) throw new Error('nobody has listed users');
  return { ...withoutRollbacks(), listings: listings.with(index, { ...told, ...change(told) }) };
}

/** Later than whatever a list may show: the last one that was told may hold for ever. */
const FUTURE = 2n ** 63n;

describe('in lists, the checker notices', () => {
  it.each<[string, (told: Listing) => Partial<Listing>]>([
    ['a user who is not there yet', ({ users }) => ({ users: users?.slice(1) })],
    ['a user who is there twice', ({ users = [] }) => ({ users: [...users, ...users.slice(0, 1)] })],
    ['a row that never was', ({ users }) => ({ users: users?.map((user) => ({ ...user, email: 'x' })) })],
    ['a count that never was', () => ({ count: { registered: 1_000, active: 0 } })],
    ['what is older than it was asked for', () => ({ minPosition: FUTURE })],
    ['what is older than it is said to be', ({ freshness }) => ({ freshness: allAt(freshness, FUTURE) })],
  ])('%s', (_, change) => {
    expect(broken(listed(change))).toContain('a list shows one moment');
  });
  it.each<[string, (told: Listing) => Partial<Listing>]>([
    ['freshness that was not there', ({ freshness }) => ({ freshness: allAt(freshness, 2n ** 40n) })],
    ['freshness that goes back', ({ freshness }) => ({ freshness: allAt(freshness, 0n) })],
  ])('%s', (_, change) => {
    expect(broken(listed(change))).toContain('freshness is true, and goes on');
  });
  it('an internal error', () => {
    expect(broken(listed(() => ({ defect: 'INTERNAL_SERVER_ERROR' })))).toContain('no answer is a defect');
  });
});

const allAt = (freshness: Freshness, position: bigint): Freshness =>
  new Map([...freshness.keys()].map((name) => [name, position]));

describe('in what operators are answered, the checker notices', () => {
  const answered = (answer: Operation['answer']): Evidence => {
    const { operations } = recording.evidence;
    return { ...recording.evidence, operations: operations.map((operation) => ({ ...operation, answer })) };
  };
  it('rows that are not what the log says', () => {
    expect(broken(answered({ kind: 'done', drift: ['somebody'] }))).toEqual(['projections find nothing wrong']);
  });
  it('an internal error', () => {
    expect(broken(answered({ kind: 'defect', why: 'INTERNAL_SERVER_ERROR' }))).toEqual(['no answer is a defect']);
  });
});

/** Leaves out other invocations of the one that was told differently, the only one that the recording does not have. */
const isAlone = ({ invocations }: Evidence) => {
  const known = new Set(recording.evidence.invocations);
  const told = invocations.find((invocation) => !known.has(invocation));
  return (invocation: Invocation) =>
    invocation === told || invocation.request.input.commandId !== told?.request.input.commandId;
};

describe('at a subscriber, the checker notices', () => {
  const withBatches = (change: (events: Evidence['events']) => Evidence['events']): Evidence => {
    const [feed] = recording.evidence.feeds;
    const place = feed?.batches.findIndex(({ events }) => events.length > 0) ?? -1;
    const batch = feed?.batches[place];
    if (!feed || !batch) throw new Error('the subscriber has got nothing');
    const batches = feed.batches.with(place, { ...batch, events: change(batch.events) });
    return { ...recording.evidence, feeds: [{ ...feed, batches }] };
  };
  it('an event that was skipped', () => {
    expect(broken(withBatches((events) => events.slice(1)))).toEqual(['a subscriber gets the log']);
  });
  it('an event that came twice', () => {
    expect(broken(withBatches((events) => [...events.slice(0, 1), ...events]))).toEqual(['a subscriber gets the log']);
  });
  it('an event that was altered on the way', () => {
    expect(broken(withBatches((events) => events.map((event) => ({ ...event, version: 0 }))))).toEqual([
      'a subscriber gets the log',
    ]);
  });
});

it('tells the story of what it found in a few lines', async () => {
  const evidence = await recording.meddled('DELETE FROM events WHERE position = 40');
  const [gap] = check(evidence, tortured, recording.masterKey);
  const story = storyOf(gap as never, evidence);
  expect(gap?.says).toBe('position 41 follows position 39');
  expect(story.join('\n')).toMatch(/LOG 39 [\s\S]*LOG 41 /);
  expect(story.length).toBeLessThan(20);
});
