import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../../src/graphql/sockets/encoder.ts';

describe('the encoder', () => {
  it('makes the bytes of a text once for all who are sent it soon', () => {
    const encode = createEncoder();
    const bytes = encode('{"é":1}');
    expect(String(bytes)).toBe('{"é":1}}');
    expect(encode('{"é":1}')).toBe(bytes);
    for (let n = 0; n < 32; n++) encode(`{"n":${n}}`);
    expect(encode('{"é":1}')).not.toBe(bytes);
  });

  it('keeps nothing of a very long one', () => {
    const encode = createEncoder();
    const text = 'x'.repeat(2 ** 20 + 1);
    expect(encode(text)).not.toBe(encode(text));
  });
});
