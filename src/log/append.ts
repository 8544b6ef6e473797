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

/** Sends one batch to the log in one round trip. Safe to repeat: a unit that was committed is answered as `known`. */
export async function appendToLog(
  database: Queryable,
  units: readonly UnitOfWork[],
  origin: string,
): Promise<Verdict[]> {
  const guards = partsOf(units, (unit) => unit.guards);
  const events = partsOf(units, (unit) => unit.events);
  const claims = partsOf(units, (unit) => unit.claims);

  const [answer] = await database.$queryRaw<Answer[]>`
    SELECT * FROM append_to_log(
      ${origin},
      ${column(units, (unit) => unit.commandId)}::uuid[],
      ${column(units, (unit) => unit.type)}::text[],
      ${column(units, (unit) => unit.streamId)}::text[],
      ${column(units, (unit) => unit.actor)}::text[],
      ${column(units, (unit) => unit.requestHash)}::text[],
      ${column(units, (unit) => unit.correlationId)}::uuid[],
      ${column(units, (unit) => unit.causationId)}::uuid[],
      ${column(units, (unit) => unit.refusal?.code ?? null)}::text[],
      ${column(units, (unit) => storedDetail(unit.refusal))}::text[],
      ${column(units, (unit) => unit.foundVersion)}::int[],
      ${column(units, (unit) => unit.version)}::int[],
      ${column(units, (unit) => unit.dryRun)}::boolean[],
      ${column(units, (unit) => unit.events.length)}::int[],
      ${column(guards.units, (unit) => unit)}::int[],
      ${column(guards.parts, (guard) => guard.streamId)}::text[],
      ${column(guards.parts, (guard) => storedVersion(guard.version))}::int[],
      ${column(events.units, (unit) => unit)}::int[],
      ${column(events.parts, (event) => event.id)}::uuid[],
      ${column(events.parts, (event) => event.streamId)}::text[],
      ${column(events.parts, (event) => event.version)}::int[],
      ${column(events.parts, (event) => event.type)}::text[],
      ${column(events.parts, (event) => event.schemaVersion)}::smallint[],
      ${`[${events.parts.map((event) => event.json).join(',')}]`}::jsonb,
      ${column(claims.units, (unit) => unit)}::int[],
      ${column(claims.parts, (claim) => claim.key)}::text[],
      ${column(claims.parts, (claim) => claim.streamId)}::text[],
      ${column(claims.parts, (claim) => claim.code)}::text[])`;
  if (!answer) throw new Error('append_to_log returned no row');
  return verdictsOf(units, answer);
}

/** All parts of one kind, one after the other, and which unit (from 1) each is of. */
function partsOf<T>(units: readonly UnitOfWork[], of: (unit: UnitOfWork) => readonly T[]) {
  const parts: T[] = [];
  const numbers: number[] = [];
  units.forEach((unit, index) => {
    for (const part of of(unit)) {
      parts.push(part);
      numbers.push(index + 1);
    }
  });
  return { parts, units: numbers };
}

function storedDetail(refusal: Refusal | null): string | null {
  if (!refusal?.detail) return null;
  const { detail } = refusal;
  return JSON.stringify('expected' in detail ? { ...detail, expected: storedVersion(detail.expected) } : detail);
}

/**
 * One column of the batch as PostgreSQL writes arrays. Done here because it costs a third of what the layers below take
 * for an array. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
const column = <T>(rows: readonly T[], of: (row: T) => string | number | boolean | null): string =>
  `{${rows.map((row) => element(of(row))).join(',')}}`;

function element(value: string | number | boolean | null): string {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);
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
