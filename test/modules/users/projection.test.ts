import { describe, expect, it } from 'vitest';
import type { UserEvent } from '../../../src/modules/users/events.ts';
import { users } from '../../../src/modules/users/projection.ts';
import { recorded, rowAfter } from '../../support/scenario.ts';

const id = '0198c0de-7a11-7000-8000-00000000002a';
const registered: UserEvent = { type: 'UserRegistered', data: { email: 'Ada@example.org', displayName: 'Ada' } };
const row = (...events: UserEvent[]) => rowAfter(users, id, recorded(`user-${id}`, ...events));

describe('the users read table', () => {
  it('has no row before registration', () => expect(row()).toBeNull());

  it('has the user as registered', () =>
    expect(row(registered)).toEqual({
      id,
      email: 'Ada@example.org',
      emailKey: 'ada@example.org',
      displayName: 'Ada',
      displayNameKey: 'ada',
      status: 'ACTIVE',
      version: 1,
      registeredAt: '2026-01-01T00:00:00.000000Z',
      updatedAt: '2026-01-01T00:00:00.000000Z',
    }));

  it('follows every change, and keeps the time of registration', () => {
    const changes: [UserEvent, object][] = [
      [
        { type: 'UserEmailChanged', data: { email: 'Ada@Lovelace.org' } },
        { email: 'Ada@Lovelace.org', emailKey: 'ada@lovelace.org' },
      ],
      [
        { type: 'UserProfileUpdated', data: { displayName: null } },
        { displayName: null, displayNameKey: null },
      ],
      [{ type: 'UserDeactivated', data: { reason: null } }, { status: 'DEACTIVATED' }],
    ];
    for (const [event, change] of changes) {
      expect(row(registered, event)).toEqual({
        ...row(registered),
        ...change,
        version: 2,
        updatedAt: '2026-01-01T00:00:01.000000Z',
      });
    }
  });

  it('is active again after a reactivation', () =>
    expect(
      row(registered, { type: 'UserDeactivated', data: { reason: null } }, { type: 'UserReactivated', data: {} }),
    ).toMatchObject({
      status: 'ACTIVE',
      version: 3,
    }));
});
