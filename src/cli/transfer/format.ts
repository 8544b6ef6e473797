import { z } from 'zod';

// A log as a text: one JSON object per line, whose only key says what the line is. docs/command-line.md describes it.

/** Which form of the text this version writes and reads. */
export const FORMAT = 1;

const MAX_POSITION = 2n ** 63n - 1n;
const position = z
  .string()
  .regex(/^(0|[1-9]\d{0,18})$/, 'must be a position, a decimal string')
  .transform(BigInt)
  .refine((value) => value <= MAX_POSITION, 'is out of range');
const count = z.int().nonnegative();
const version = z.int().min(0).max(2_147_483_647);
const hex = z.string().regex(/^([0-9a-f]{2})+$/, 'must be hexadecimal');
const text = z.string().min(1);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'must be a time in UTC with microseconds');

/** What the lines hold, in the order in which their kinds follow one another. */
const shapes = {
  tidemark: z.strictObject({
    format: z.literal(FORMAT, `is not ${FORMAT}, the one that this version reads`),
    masterKey: hex,
    after: position,
  }),
  event: z.strictObject({
    position,
    id: z.guid(),
    streamId: text,
    version: version.min(1),
    type: text,
    schemaVersion: z.int().min(1).max(32_767),
    data: z.unknown().refine((data) => data !== undefined, 'is missing'),
    commandId: z.guid(),
    correlationId: z.guid(),
    causationId: z.guid().nullable(),
    actor: z.string().nullable(),
    recordedAt: time,
  }),
  command: z.strictObject({
    id: z.guid(),
    type: text,
    streamId: text,
    actor: z.string().nullable(),
    requestHash: hex,
    rejectionCode: text.nullable(),
    detail: z.record(z.string(), z.unknown()).nullable(),
    version,
    position: position.nullable(),
    eventCount: version,
    recordedAt: time,
  }),
  claim: z.strictObject({ key: hex, streamId: text }),
  end: z.strictObject({ head: position, events: count, commands: count, claims: count, sha256: hex }),
};

type Shapes = typeof shapes;
export type Kind = keyof Shapes;

/** A line, understood. */
export type Line = { readonly [K in Kind]: { readonly kind: K; readonly value: z.infer<Shapes[K]> } }[Kind];

/** The kinds of lines in the order in which they follow one another. */
export const kinds = Object.keys(shapes) as readonly Kind[];

/** Understands one line. @throws saying what is wrong with it */
export function parseLine(line: string): Line {
  const parsed = jsonOf(line);
  const [kind, ...others] = parsed !== null && typeof parsed === 'object' ? Object.keys(parsed) : [];
  if (kind === undefined || others.length > 0 || !Object.hasOwn(shapes, kind)) {
    throw new Error(`it is none of ${kinds.map((known) => `{"${known}":…}`).join(', ')}`);
  }
  const result = shapes[kind as Kind].safeParse((parsed as Record<string, unknown>)[kind]);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => [path.join('.'), message].join(' ').trim());
    throw new Error(`${kind}: ${problems.join('; ')}`);
  }
  return { kind, value: result.data } as Line;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

/** The text of a line of ours. */
export const lineOf = (kind: Kind, value: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify({ [kind]: value })}\n`;
