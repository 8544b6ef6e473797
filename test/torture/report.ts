import { grouped } from './checker/model.ts';
import type { Violation } from './checker/violation.ts';
import type { Evidence, Fault, Invocation } from './history.ts';
import { storyOf } from './story.ts';

/** What a run was like, for people. */
export function summaryOf(evidence: Evidence): string {
  const { invocations, faults, events, feeds, readings, listings, operations, moves } = evidence;
  const faultKinds = [...grouped(faults, ({ kind }) => kind)].sort(([, a], [, b]) => b.length - a.length);
  const resumed = new Map(faults.map((fault) => [fault, resumedAfter(fault, invocations)]));
  return [
    'commands',
    ...table(
      [...grouped(invocations, ({ request }) => request.mutation)].map(([mutation, all]) => [
        mutation,
        ...['accepted', 'rejected', 'conflict', 'refused', 'unknown'].map(
          (kind) => `${all.filter(({ answer }) => answer.kind === kind).length} ${kind}`,
        ),
      ]),
    ),
    '',
    'operators, of projections',
    ...table(
      [...grouped(operations, ({ kind }) => kind)].map(([kind, all]) => [
        kind,
        ...['done', 'refused', 'unknown'].map(
          (how) => `${all.filter(({ answer }) => answer.kind === how).length} ${how}`,
        ),
      ]),
    ),
    '',
    'faults, and the longest time until a victim answered again',
    ...table(
      faultKinds.map(([kind, all]) => [
        kind,
        String(all.length),
        seconds(Math.max(...all.map((fault) => resumed.get(fault) ?? 0))),
      ]),
    ),
    '',
    ...table([
      ['events in the log', String(events.length)],
      [
        'answers replayed',
        String(invocations.filter(({ answer }) => answer.kind === 'accepted' && answer.replayed).length),
      ],
      ['of several streams', String(events.length - grouped(events, ({ metadata }) => metadata.commandId).size)],
      [
        'resolved conflicts',
        String(invocations.filter(({ answer }) => answer.kind === 'accepted' && answer.eventsSince.length > 0).length),
      ],
      ['own writes read', `${readings.filter(({ row }) => row !== undefined).length} of ${readings.length}`],
      ['lists read', `${listings.filter(({ users }) => users !== undefined).length} of ${listings.length}`],
      ['tables rebuilt', String(moves.filter(({ cameFrom }) => cameFrom === 'next').length)],
      ['tables set back', String(moves.filter(({ cameFrom }) => cameFrom === 'previous').length)],
      [
        'events to subscribers',
        String(feeds.flatMap(({ batches }) => batches).reduce((n, b) => n + b.events.length, 0)),
      ],
      ['their connections', String(feeds.reduce((sum, { connections }) => sum + connections, 0))],
      ['median answer', seconds(quantile(invocations, 0.5))],
      ['99 % of answers', seconds(quantile(invocations, 0.99))],
      ['longest silence', seconds(longestSilence(invocations))],
    ]),
  ].join('\n');
}

/** The violations by rule, each rule with its shortest story. */
export function failuresOf(violations: readonly Violation[], evidence: Evidence): string {
  const parts = [...grouped(violations, ({ rule }) => rule)].map(([rule, all]) => {
    const told = all.map((violation) => ({ violation, story: storyOf(violation, evidence) }));
    const [shortest] = told.sort((a, b) => a.story.length - b.story.length);
    const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
    return [
      `✗ ${rule}${more}`,
      `  ${shortest?.violation.says}`,
      ...(shortest?.story ?? []).map((line) => `    ${line}`),
    ];
  });
  return parts.map((lines) => lines.join('\n')).join('\n\n');
}

const isDefinite = ({ answer }: Invocation) => answer.kind !== 'unknown' && answer.kind !== 'defect';

/** Ms from the beginning of a fault to the first answer of one whom it struck to what was sent after. */
function resumedAfter({ on, from }: Fault, invocations: readonly Invocation[]): number {
  const some = on.some((victim) => victim.startsWith('server'));
  const answers = invocations.filter(
    (invocation) => invocation.sent > from && (!some || on.includes(invocation.server)) && isDefinite(invocation),
  );
  return answers.reduce((first, { answered }) => Math.min(first, answered), Number.POSITIVE_INFINITY) - from;
}

/** Ms in which nobody got a definite answer. */
function longestSilence(invocations: readonly Invocation[]): number {
  const times = invocations.filter(isDefinite).map(({ answered }) => answered);
  const sorted = times.sort((a, b) => a - b);
  return sorted.reduce((longest, at, index) => Math.max(longest, at - (sorted[index - 1] ?? at)), 0);
}

function quantile(invocations: readonly Invocation[], share: number): number {
  const times = invocations.filter(isDefinite).map(({ sent, answered }) => answered - sent);
  return times.sort((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;
}

const seconds = (ms: number) => (Number.isFinite(ms) ? `${(ms / 1_000).toFixed(2)} s` : 'never');

/** Columns of equal width; numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(
    (row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`,
  );
}
