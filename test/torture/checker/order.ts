import type { Rule } from './violation.ts';

/**
 * The order of the log is that of real time: what was sent after another command was answered comes after it. For a
 * command that was sent more than once, its first sending and its first answer count.
 */
export const realTime: Rule = function* ({ sentAs, eventsOf }) {
  const commands = [...sentAs].flatMap(([commandId, invocations]) => {
    const accepted = invocations.filter(({ answer }) => answer.kind === 'accepted');
    const [first] = accepted;
    if (first?.answer.kind !== 'accepted') return [];
    const { position } = first.answer;
    return {
      commandId,
      sent: Math.min(...invocations.map(({ sent }) => sent)),
      answered: Math.min(...accepted.map(({ answered }) => answered)),
      // One that changed nothing only saw how far the log was.
      earliest: eventsOf.get(commandId)?.[0]?.position ?? position + 1n,
      position,
    };
  });
  const answered = [...commands].sort((a, b) => a.answered - b.answered);
  let next = 0;
  let furthest: (typeof commands)[number] | undefined;
  for (const command of [...commands].sort((a, b) => a.sent - b.sent)) {
    for (let done = answered[next]; done && done.answered < command.sent; done = answered[++next]) {
      if (!furthest || done.position > furthest.position) furthest = done;
    }
    if (!furthest || command.earliest > furthest.position) continue;
    yield {
      says: `it was sent after another was answered with position ${furthest.position}, but is not behind it`,
      commands: [furthest.commandId, command.commandId],
    };
  }
};
