import { isDeepStrictEqual } from 'node:util';
import type { RecordedEvent } from '../../../src/eventsourcing/event.ts';
import type { Accepted, Answer, CommandRow, Invocation, Request } from '../history.ts';
import type { Rule } from './violation.ts';

/** What the log must show for a request, whoever asked and how often. */
type Verdict = Extract<Answer, { kind: 'accepted' | 'rejected' | 'conflict' }>;

const isVerdict = ({ kind }: Answer) => kind === 'accepted' || kind === 'rejected' || kind === 'conflict';

/** Whether one is a retry of the other. */
export const sameRequest = (a: Request, b: Request) => a.mutation === b.mutation && isDeepStrictEqual(a.input, b.input);

/** What is the same in all answers to one command. */
function essence(answer: Verdict): object {
  if (answer.kind !== 'accepted') return answer;
  const { replayed, row, eventsSince, ...rest } = answer;
  return rest;
}

/** The first invocation that was answered with what the log must show. */
export const verdictOn = (invocations: readonly Invocation[]): { request: Request; answer: Verdict } | undefined =>
  invocations.find(({ answer }) => isVerdict(answer)) as { request: Request; answer: Verdict } | undefined;

/** No answer is a defect, and what is not allowed, and nothing else, is refused as such. */
export const noDefects: Rule = function* ({ invocations, readings, listings, operations }) {
  for (const { server, defect, answered } of [...readings, ...listings]) {
    if (defect !== undefined) yield { says: `${server} answered a query with ${defect}`, at: answered };
  }
  for (const { server, kind, name, answer, answered } of operations) {
    if (answer.kind === 'defect') yield { says: `${server} answered ${kind} ${name} with ${answer.why}`, at: answered };
  }
  for (const { request, answer, server } of invocations) {
    const commands = [request.input.commandId];
    if (answer.kind === 'defect') yield { says: `${server} answered ${answer.why}`, commands };
    const refused = answer.kind === 'refused' && answer.code === 'BAD_USER_INPUT';
    if (refused && request.valid) yield { says: `a good ${request.mutation} was refused as bad input`, commands };
    if (isVerdict(answer) && !request.valid) yield { says: `a bad ${request.mutation} was ${answer.kind}`, commands };
  }
};

/** All answers to one command id agree, every request got one in the end, and the id serves one request only. */
export const answersAgree: Rule = function* ({ sentAs }) {
  for (const [commandId, invocations] of sentAs) {
    const commands = [commandId];
    const verdict = verdictOn(invocations);
    for (const { request, answer } of invocations) {
      const own = verdict !== undefined && sameRequest(request, verdict.request);
      if (isVerdict(answer)) {
        if (!own) yield { says: 'two requests with one command id were both carried out', commands };
        else if (!isDeepStrictEqual(essence(answer as Verdict), essence(verdict.answer))) {
          yield { says: 'the same command got two different answers', commands };
        }
      }
      if (answer.kind === 'refused' && answer.code === 'COMMAND_ID_REUSED' && (own || !verdict)) {
        yield { says: `COMMAND_ID_REUSED, but ${own ? 'by itself' : 'nobody had used it'}`, commands };
      }
      if (answer.kind === 'unknown' && !isSettled(request, invocations)) {
        yield { says: 'it never got a definite answer', commands };
      }
    }
    const firsts = invocations.filter(({ answer }) => answer.kind === 'accepted' && !answer.replayed);
    if (firsts.length > 1) yield { says: `${firsts.length} answers claim to be the first`, commands };
  }
};

const isSettled = (request: Request, invocations: readonly Invocation[]) =>
  invocations.some(({ request: other, answer }) => answer.kind !== 'unknown' && sameRequest(request, other));

/** What was answered as written is in the log, once and whole; what was not, is not; and nothing else is there. */
export const answersAreLogged: Rule = function* ({ sentAs, eventsOf, commandOf }) {
  for (const [commandId, invocations] of sentAs) {
    const answer = verdictOn(invocations)?.answer;
    const [events, record] = [eventsOf.get(commandId) ?? [], commandOf.get(commandId)];
    const wrong = answer ? contradiction(answer, events, record) : trace(events, record);
    if (wrong) yield { says: wrong, commands: [commandId], positions: events.map(({ position }) => position) };
  }
  const strays = new Set([...eventsOf.keys(), ...commandOf.keys()].filter((id) => !sentAs.has(id)));
  for (const commandId of strays) {
    yield { says: 'nobody sent, other than as a dry run, what is in the log', commands: [commandId] };
  }
};

const trace = (events: readonly RecordedEvent[], record: CommandRow | undefined) =>
  events.length > 0 || record ? 'it was refused before it was decided, but has left a trace' : undefined;

/** How the log contradicts an answer. */
function contradiction(
  answer: Verdict,
  events: readonly RecordedEvent[],
  record: CommandRow | undefined,
): string | undefined {
  if (!record) return `it was ${answer.kind}, but there is no record of it`;
  if (answer.kind !== 'accepted') {
    const code = answer.kind === 'rejected' ? answer.code : 'VERSION_CONFLICT';
    if (record.rejection !== code) return `it was answered ${code}, but recorded as ${record.rejection ?? 'accepted'}`;
    return events.length > 0 ? `it was answered ${code}, but its events are in the log` : undefined;
  }
  return mismatch(answer, events, record);
}

function mismatch(answer: Accepted, events: readonly RecordedEvent[], record: CommandRow): string | undefined {
  if (events.length < answer.events.length) return 'it was acknowledged, but its events are not all in the log';
  if (events.length > answer.events.length) return 'the log has more events of it than were acknowledged';
  if (!isDeepStrictEqual(events, answer.events)) return 'its events are not as they were acknowledged';
  const last = events.at(-1);
  if (last && last.position !== answer.position) return 'its position is not that of its last event';
  const first = events[0];
  if (first && last && last.position - first.position !== BigInt(events.length - 1)) {
    return 'its events do not stand together in the log';
  }
  const { rejection, version, position, eventCount } = record;
  const recorded = { rejection, version, position, eventCount };
  const answered = { rejection: null, version: answer.version, position: answer.position, eventCount: events.length };
  return isDeepStrictEqual(recorded, answered) ? undefined : 'the record of it says something else than its answer';
}
