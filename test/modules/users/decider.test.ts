import { describe, expect, it } from 'vitest';
import { type UserCommand, userDecider } from '../../../src/modules/users/decider.ts';
import type { UserEvent } from '../../../src/modules/users/events.ts';
import { scenarios } from '../../support/scenario.ts';

const { given } = scenarios(userDecider);

const ada = { email: 'Ada@example.org', displayName: 'Ada' };
const registered: UserEvent = { type: 'UserRegistered', data: ada };
const deactivated: UserEvent = { type: 'UserDeactivated', data: { reason: 'left' } };
const reactivated: UserEvent = { type: 'UserReactivated', data: {} };

const register: UserCommand = { type: 'RegisterUser', data: ada };
const changeEmail = (email: string): UserCommand => ({ type: 'ChangeUserEmail', data: { email } });
const rename = (displayName: string | null): UserCommand => ({ type: 'UpdateUserProfile', data: { displayName } });
const deactivate: UserCommand = { type: 'DeactivateUser', data: { reason: 'left' } };
const reactivate: UserCommand = { type: 'ReactivateUser', data: {} };

describe('registering', () => {
  it('records the user', () => given().when(register).thenEvents(registered));
  it('is refused a second time', () => given(registered).when(register).thenRejected('USER_ALREADY_EXISTS'));
  it('is refused for a deactivated user', () =>
    given(registered, deactivated).when(register).thenRejected('USER_ALREADY_EXISTS'));
});

describe('changing the e-mail', () => {
  it('records the new address', () =>
    given(registered)
      .when(changeEmail('ada@lovelace.org'))
      .thenEvents({ type: 'UserEmailChanged', data: { email: 'ada@lovelace.org' } }));
  it('records a change of case', () =>
    given(registered)
      .when(changeEmail('ada@example.org'))
      .thenEvents({ type: 'UserEmailChanged', data: { email: 'ada@example.org' } }));
  it('records nothing when it is the same', () => given(registered).when(changeEmail(ada.email)).thenNothing());
  it('records nothing when it is repeated', () =>
    given(registered).when(changeEmail('ada@lovelace.org'), changeEmail('ada@lovelace.org')).thenNothing());
  it('is refused before registration', () => given().when(changeEmail('x@y.org')).thenRejected('USER_NOT_FOUND'));
  it('is refused while deactivated', () =>
    given(registered, deactivated).when(changeEmail('x@y.org')).thenRejected('USER_DEACTIVATED'));
});

describe('updating the profile', () => {
  it('records the new name', () =>
    given(registered)
      .when(rename('A. L.'))
      .thenEvents({ type: 'UserProfileUpdated', data: { displayName: 'A. L.' } }));
  it('records that the name was removed', () =>
    given(registered)
      .when(rename(null))
      .thenEvents({ type: 'UserProfileUpdated', data: { displayName: null } }));
  it('records nothing when it is the same', () => given(registered).when(rename('Ada')).thenNothing());
  it('records nothing when no name is given', () =>
    given(registered).when({ type: 'UpdateUserProfile', data: {} }).thenNothing());
  it('records nothing when it is repeated', () => given(registered).when(rename('B'), rename('B')).thenNothing());
  it('is refused before registration', () => given().when(rename('B')).thenRejected('USER_NOT_FOUND'));
  it('is refused while deactivated', () =>
    given(registered, deactivated).when(rename('B')).thenRejected('USER_DEACTIVATED'));
});

describe('deactivating', () => {
  it('records it with its reason', () => given(registered).when(deactivate).thenEvents(deactivated));
  it('is refused before registration', () => given().when(deactivate).thenRejected('USER_NOT_FOUND'));
  it('is refused when it is repeated', () =>
    given(registered).when(deactivate, deactivate).thenRejected('USER_DEACTIVATED'));
  it('is possible again after a reactivation', () =>
    given(registered, deactivated, reactivated).when(deactivate).thenEvents(deactivated));
});

describe('reactivating', () => {
  it('records it', () => given(registered, deactivated).when(reactivate).thenEvents(reactivated));
  it('is refused before registration', () => given().when(reactivate).thenRejected('USER_NOT_FOUND'));
  it('is refused for an active user', () => given(registered).when(reactivate).thenRejected('USER_NOT_DEACTIVATED'));
  it('is refused when it is repeated', () =>
    given(registered, deactivated).when(reactivate, reactivate).thenRejected('USER_NOT_DEACTIVATED'));
  it('lets the user be changed again', () =>
    given(registered, deactivated, reactivated)
      .when(rename('B'))
      .thenEvents({ type: 'UserProfileUpdated', data: { displayName: 'B' } }));
});

describe('the claim on the address', () => {
  const claimsAfter = (...events: UserEvent[]) =>
    userDecider.claims?.(events.reduce(userDecider.evolve, userDecider.initialState));

  it('is held by nobody before registration', () => expect(claimsAfter()).toEqual([]));
  it('does not depend on case', () =>
    expect(claimsAfter(registered)).toEqual([{ key: 'email:ada@example.org', taken: 'EMAIL_TAKEN' }]));
  it('moves with the address', () =>
    expect(claimsAfter(registered, { type: 'UserEmailChanged', data: { email: 'b@c.org' } })).toEqual([
      { key: 'email:b@c.org', taken: 'EMAIL_TAKEN' },
    ]));
  it('is kept while deactivated', () => expect(claimsAfter(registered, deactivated)).toHaveLength(1));
});
