import type { Queryable } from '../database/client.ts';
import type { RecordedEvent } from '../eventsourcing/event.ts';
import { isoOfMicros } from './time.ts';
import type { FailedGuard, Refusal, StoredAnswer, UnitOfWork, Verdict } from './unit.ts';

/** The answer of the function `append_to_log`, which the migrations describe. */
interface Answer {
  readonly head_before: bigint;
  readonly micros: bigint;
  readonly written: number;
  /** By the unit's number in the batch, from 1. */
  readonly exceptions: Readonly<Record<string, Exception>> | null;
}

type Exception =
  | ({ readonly outcome: 'conflict' } & StoredGuard)
  | { readonly outcome: 'rejected'; readonly code: string; readonly claim: string; readonly heldBy: string }
  | { readonly outcome: 'known'; readonly answer: KnownCommand };

/** A failed guard as the database keeps it: -1 means that the stream had to exist. */
type StoredGuard = { readonly streamId: string; readonly expected: number; readonly actual: number };

interface KnownCommand extends Omit<StoredAnswer, 'refusal' | 'position'> {
  readonly rejection: string | null;
  readonly detail: StoredGuard | { readonly claim: string; readonly heldBy: string } | null;
  readonly position: string | null;
}

const MUST_EXIST = -1;
const storedVersion = (version: number | 'exists'): number => (version === 'exists' ? MUST_EXIST : version);
const guardOf = ({ streamId, expected, actual }: StoredGuard): FailedGuard => ({
  streamId,
  expected: expected === MUST_EXIST ? 'exists' : expected,
  actual,
});

/**
 * Sends one batch to the log in one round trip: dry runs, or none. Safe to repeat: a unit that was committed is answered
 * as `known`.
 */
export async function appendToLog(
  database: Queryable,
  units: readonly UnitOfWork[],
  origin: string,
): Promise<Verdict[]> {
  const rows: string[] = [];
  const lasts: number[] = [];
  const guards: string[] = [];
  const events: string[] = [];
  const data: string[] = [];
  const claims: string[] = [];
  units.forEach((unit, index) => {
    const n = index + 1;
    for (const guard of unit.guards) guards.push(row(n, guard.streamId, storedVersion(guard.version)));
    for (const { id, streamId, version, type, schemaVersion, json } of unit.events) {
      events.push(row(data.push(json), n, id, streamId, version, type, schemaVersion));
    }
    for (const { key, streamId, code } of unit.claims) claims.push(row(n, key, streamId, code));
    lasts.push(data.length);
    rows.push(unitRow(n, unit));
  });
  const [answer] = await database.$queryRaw<Answer[]>`
    SELECT * FROM append_to_log(${origin}, ${units[0]?.dryRun ?? false}, ${array(rows)}::append_unit[],
      ${array(lasts)}::int[], ${array(guards)}::append_guard[], ${array(events)}::append_event[],
      ${`[${data.join(',')}]`}::jsonb, ${array(claims)}::append_claim[])`;
  if (!answer) throw new Error('append_to_log returned no row');
  return verdictsOf(units, answer);
}

const unitRow = (n: number, unit: UnitOfWork): string =>
  row(
    n,
    unit.commandId,
    unit.type,
    unit.streamId,
    unit.actor,
    unit.requestHash,
    unit.correlationId,
    unit.causationId,
    unit.refusal?.code ?? null,
    storedDetail(unit.refusal),
    unit.foundVersion,
    unit.version,
    unit.events.length,
  );

function storedDetail(refusal: Refusal | null): string | null {
  if (!refusal?.detail) return null;
  const { detail } = refusal;
  return JSON.stringify('expected' in detail ? { ...detail, expected: storedVersion(detail.expected) } : detail);
}

// Rows and arrays as PostgreSQL writes them. Done here, for the layers below take far longer over an array.
// https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX
// https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO

const array = (elements: readonly (string | number)[]): string => `{${elements.join(',')}}`;

/** A row, quoted as an element of an array. */
const row = (...fields: readonly (string | number | null)[]): string => `"(${fields.map(field).join(',')})"`;

/** Nothing in it means anything to PostgreSQL. */
const PLAIN = /^[\w@.+-]+$/;

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number' || PLAIN.test(value)) return String(value);
  // Quoted as a field of the row, and that as a part of the array's element.
  return `\\"${value.replace(/["\\]/g, '\\\\\\$&')}\\"`;
}

/** What became of each unit. Positions and times follow from the counts, as in the function. */
function verdictsOf(units: readonly UnitOfWork[], { head_before, micros, written, exceptions }: Answer): Verdict[] {
  let done = 0;
  const verdicts = units.map((unit, index): Verdict => {
    const exception = exceptions?.[index + 1];
    if (exception) return exceptional(exception);
    if (unit.refusal) return { outcome: 'rejected', refusal: unit.refusal };
    const events = recordedEvents(unit, head_before + BigInt(done), micros + BigInt(done));
    if (!unit.dryRun) done += events.length;
    return { outcome: 'accepted', position: head_before + BigInt(done), events };
  });
  if (done !== written) throw new Error(`append_to_log wrote ${written} events instead of ${done}`);
  return verdicts;
}

function exceptional(exception: Exception): Verdict {
  switch (exception.outcome) {
    case 'conflict':
      return { outcome: 'conflict', guard: guardOf(exception) };
    case 'rejected': {
      const { code, claim, heldBy } = exception;
      return { outcome: 'rejected', refusal: { code, detail: { claim, heldBy } } };
    }
    case 'known': {
      const { rejection, detail, position, ...answer } = exception.answer;
      const refused = detail && 'expected' in detail ? guardOf(detail) : detail;
      return {
        outcome: 'known',
        answer: {
          ...answer,
          refusal: rejection === null ? null : { code: rejection, detail: refused },
          position: position === null ? null : BigInt(position),
        },
      };
    }
  }
}

/** The events of an accepted unit as they were committed, or, in a dry run, as they would be if committed next. */
const recordedEvents = (unit: UnitOfWork, head: bigint, micros: bigint): RecordedEvent[] =>
  unit.events.map((event, index) => ({
    id: event.id,
    position: head + BigInt(index + 1),
    streamId: event.streamId,
    version: event.version,
    type: event.type,
    data: event.data,
    recordedAt: isoOfMicros(micros + BigInt(index)),
    metadata: {
      commandId: unit.commandId,
      correlationId: unit.correlationId,
      causationId: unit.causationId,
      actor: unit.actor,
      schemaVersion: event.schemaVersion,
    },
  }));
