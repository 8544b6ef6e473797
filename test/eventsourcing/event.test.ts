import { describe, expect, it } from 'vitest';
import { currentSchemaVersion, defineEvents, event, UnreadableEvent, upcast } from '../../src/eventsourcing/event.ts';

const events = defineEvents({
  Moved: event<{ feet: number }>()
    .upcast((first) => ({ metres: first.feet * 0.3048 }))
    .upcast((second) => ({ ...second, by: 'unknown' })),
  Stopped: event<Record<never, never>>(),
});

const read = (type: string, schemaVersion: number, data: unknown) =>
  upcast(events, { position: 7n, type, schemaVersion, data });

describe('upcasting', () => {
  it('takes a payload through every shape since its own', () => {
    expect(read('Moved', 1, { feet: 10 })).toEqual({ metres: 3.048, by: 'unknown' });
    expect(read('Moved', 2, { metres: 1 })).toEqual({ metres: 1, by: 'unknown' });
  });

  it('leaves a current payload as it is', () => {
    expect(read('Moved', 3, { metres: 1, by: 'ada' })).toEqual({ metres: 1, by: 'ada' });
    expect(currentSchemaVersion(events.Moved)).toBe(3);
    expect(currentSchemaVersion(events.Stopped)).toBe(1);
  });

  it.each([
    ['an unknown type', 'Flew', 1, /Flew is not known/],
    ['a type that only objects know', 'toString', 1, /toString is not known/],
    ['a newer schema version', 'Moved', 4, /Moved has schema version 4; .* reads 1 to 3/],
    ['a version that never was', 'Moved', 0, /Moved has schema version 0/],
  ])('stops at %s, and names it and its position', (_, type, version, message) => {
    expect(() => read(type, version, {})).toThrow(UnreadableEvent);
    expect(() => read(type, version, {})).toThrow(message);
    expect(() => read(type, version, {})).toThrow(expect.objectContaining({ at: { position: 7n, type } }));
  });
});
