import type { UnitOfWork } from '../../src/log/unit.ts';
import { newId } from './built.ts';
import { registration } from './registration.ts';

/** A request's hash, as long as a real one. */
const requestHash = 'c0de'.repeat(16);

/** The unit of work that dispatch makes for a registration, but without a claim, and with as many events as wanted. */
export function registrationUnit(events = 1): UnitOfWork {
  const streamId = `user-${newId()}`;
  return {
    commandId: newId(),
    type: 'RegisterUser',
    streamId,
    actor: null,
    requestHash,
    correlationId: newId(),
    causationId: null,
    refusal: null,
    foundVersion: 0,
    version: events,
    dryRun: false,
    guards: [{ streamId, version: 0 }],
    events: Array.from({ length: events }, (_, index) => {
      const data = registration();
      return {
        id: newId(),
        streamId,
        version: index + 1,
        type: 'UserRegistered',
        schemaVersion: 1,
        json: JSON.stringify(data),
        data,
      };
    }),
    claims: [],
  };
}
