import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { type CounterCommand, cause, counter, openLog, unit } from '../../support/log.ts';

const hostile = [
  "'; DROP TABLE events; --",
  "x') ON CONFLICT DO NOTHING; DELETE FROM commands; --",
  '$1',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it must not become one
  '${1}',
  '%s %I %L',
  "E'\\x'",
  '\\',
  '"',
  "''",
  '$$ $$',
  '{"a": 1}',
  '{a,b}',
  'a,b',
  'NULL',
  '',
  ' ',
  '-',
  '?',
  ':name',
  '\u2028\u{1F600}',
];

/** One event for each text, all of them in few batches. */
async function appendAll(writer: Awaited<ReturnType<typeof openLog>>['writer']): Promise<{ commandIds: string[] }> {
  const works = hostile.map((text) => {
    const data = { name: text, [text]: text };
    const work = unit(`counter-${text}`, 0, { actor: text, type: text });
    const events = work.events.map((event) => ({ ...event, type: 'CounterNamed', data, json: JSON.stringify(data) }));
    return { ...work, events };
  });
  for (const verdict of await Promise.all(works.map((work) => writer.append(work)))) {
    expect(verdict).toMatchObject({ outcome: 'accepted' });
  }
  return { commandIds: works.map((work) => work.commandId) };
}

describe('values are parameters:', () => {
  it('a text that looks like SQL, like an array or like JSON is only a text, wherever it stands', async () => {
    const { writer, reader } = await openLog((await freshDatabase()).url);
    const { commandIds } = await appendAll(writer);
    for (const [index, text] of hostile.entries()) {
      const streamId = `counter-${text}`;
      const expected = { streamId, data: { name: text, [text]: text }, metadata: { actor: text } };
      for (const filter of [
        { streamIds: [streamId] },
        { actors: [text] },
        { actors: [text], types: ['CounterNamed'] },
      ]) {
        expect((await reader.page(0n, 100, filter)).events).toMatchObject([expected]);
      }
      expect((await reader.page(0n, 100, { types: [text] })).events).toEqual([]);
      expect((await reader.page(0n, 100, { categories: [text] })).events).toEqual([]);
      expect(await reader.stream(streamId, 0, 10)).toMatchObject([expected]);
      expect(await reader.command(commandIds[index] ?? '')).toMatchObject({ type: text, actor: text, streamId });
    }
    expect(await reader.head()).toBe(BigInt(hostile.length));
  });

  it('and a code of refusal, or of a claim, is given back as it was made', async () => {
    const { writer } = await openLog((await freshDatabase()).url);
    for (const [index, text] of hostile.entries()) {
      const refused = unit(`counter-${text}`, 0, { events: [], version: 0, refusal: { code: text, detail: null } });
      for (const outcome of [{ outcome: 'rejected' }, { outcome: 'known', answer: { refusal: { code: text } } }]) {
        expect(await writer.append(refused)).toMatchObject(outcome);
      }
      const claims = (streamId: string) => ({ claims: [{ key: `c${index}`.padStart(4, '0'), streamId, code: text }] });
      const holder = `counter-${text}.holder`;
      expect(await writer.append(unit(holder, 0, claims(holder)))).toMatchObject({ outcome: 'accepted' });
      expect(await writer.append(unit(`${holder}2`, 0, claims(`${holder}2`)))).toMatchObject({
        outcome: 'rejected',
        refusal: { code: text, detail: { heldBy: holder } },
      });
    }
  });

  it('any text comes back from the log as it went in', async () => {
    const { dispatch, reader } = await openLog((await freshDatabase()).url);
    let head = 0n;
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        const command: CounterCommand = { type: 'NameCounter', data: { name } };
        const answer = await dispatch(counter, `c${++head}`, command, {}, { ...cause, actor: name });
        // Only one counter may have a name: a name that comes twice is refused.
        if (answer.kind !== 'accepted') {
          head--;
          expect(answer).toMatchObject({ kind: 'rejected', code: 'NAME_TAKEN' });
          return;
        }
        const [event] = await reader.upTo(answer.position, 1);
        expect(event).toMatchObject({ data: { name }, metadata: { actor: name } });
      }),
      { numRuns: 60 },
    );
  });
});
