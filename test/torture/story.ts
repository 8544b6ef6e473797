import type { Violation } from './checker/violation.ts';
import type { Answer, Evidence, Fault, Invocation } from './history.ts';

/** One thing that happened. */
interface Moment {
  readonly at: number;
  readonly text: string;
}

/** How long before and after what happened a fault counts as part of its story, ms. */
const AROUND_MS = 200;
const LINES = 40;

/** What led to a violation, one line each, in the order of time. */
export function storyOf({ says, commands = [], positions = [], at }: Violation, evidence: Evidence): string[] {
  const events = evidence.events.filter(
    ({ position, metadata }) => positions.includes(position) || commands.includes(metadata.commandId),
  );
  const ids = new Set([...commands, ...events.map(({ metadata }) => metadata.commandId)]);
  const invocations = evidence.invocations.filter(({ request }) => ids.has(request.input.commandId));
  const records = evidence.commands.filter(({ id }) => ids.has(id));
  const timesOf = (time: string) => Date.parse(time);
  const spans = [
    ...invocations.map(({ sent, answered }) => [sent, answered] as const),
    ...[...events.map(({ recordedAt }) => timesOf(recordedAt)), ...(at ? [at] : [])].map(
      (time) => [time, time] as const,
    ),
  ];
  const faults = evidence.faults.filter(({ from, until }) =>
    spans.some(([start, end]) => from < end + AROUND_MS && until > start - AROUND_MS),
  );
  const moments: Moment[] = [
    ...faults.flatMap(faultMoments),
    ...invocations.flatMap(invocationMoments),
    ...(at ? [{ at, text: says }] : []),
    ...events.map(({ position, streamId, version, type, data, recordedAt, metadata }) => ({
      at: timesOf(recordedAt),
      text: `LOG ${position}  ${streamId}@${version} ${type} ${JSON.stringify(data)}  ${short(metadata.commandId)}`,
    })),
  ];
  const begin = Math.min(...evidence.invocations.map(({ sent }) => sent));
  const lines = moments
    .sort((a, b) => a.at - b.at)
    .map((moment) => `${((moment.at - begin) / 1_000).toFixed(3).padStart(9)}  ${moment.text}`);
  const recorded = records.map(
    ({ id, streamId, version, rejection, position, eventCount }) =>
      `recorded  ${short(id)} on ${streamId}@${version}: ${rejection ?? `position ${position}, ${eventCount} events`}`,
  );
  const left = lines.length - LINES;
  return [...lines.slice(0, LINES), ...(left > 0 ? [`… and ${left} more`] : []), ...recorded];
}

const short = (id: string) => `#${id.slice(0, 8)}`;

const faultMoments = ({ kind, on, from, until }: Fault): Moment[] => [
  { at: from, text: `FAULT ${kind}: ${on.join(', ')}` },
  { at: until, text: `      ${kind}: ${on.join(', ')}, over` },
];

function invocationMoments({ client, server, request, sent, answered, answer }: Invocation): Moment[] {
  const { commandId, ...input } = request.input;
  const who = `${client} ${short(commandId)}`;
  return [
    { at: sent, text: `${who} → ${server}  ${request.mutation} ${JSON.stringify(input)}` },
    { at: answered, text: `${who} ← ${server}  ${describe(answer)}` },
  ];
}

function describe(answer: Answer): string {
  switch (answer.kind) {
    case 'accepted': {
      const { position, version, events, eventsSince, replayed, dryRun } = answer;
      const marks = [replayed && 'replayed', dryRun && 'dry run', eventsSince.length > 0 && 'resolved'].filter(Boolean);
      return ['accepted', `position ${position}`, `version ${version}`, `${events.length} events`, ...marks].join(', ');
    }
    case 'conflict':
      return `conflict: expected ${answer.expectedVersion}, found ${answer.actualVersion}`;
    case 'rejected':
    case 'refused':
      return `${answer.kind} ${answer.code}`;
    case 'unknown':
    case 'defect':
      return `${answer.kind} ${answer.why}`;
  }
}
