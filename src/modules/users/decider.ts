import type { Decider } from '../../eventsourcing/decider.ts';
import { rejectWith } from '../../eventsourcing/errors.ts';
import { type UserEvent, userEvents } from './events.ts';

export type UserCommand =
  | { type: 'RegisterUser'; data: { email: string; displayName: string | null } }
  | { type: 'ChangeUserEmail'; data: { email: string } }
  | { type: 'UpdateUserProfile'; data: { displayName?: string | null } }
  | { type: 'DeactivateUser'; data: { reason: string | null } }
  | { type: 'ReactivateUser'; data: Record<never, never> };

/** What the decisions need of a user, and no more. */
export type UserState =
  | { kind: 'unregistered' }
  | { kind: 'registered'; email: string; displayName: string | null; active: boolean };

type RegisteredUser = Extract<UserState, { kind: 'registered' }>;

const rejections = {
  USER_NOT_FOUND: 'No user has this id.',
  USER_ALREADY_EXISTS: 'A user with this id is registered already.',
  EMAIL_TAKEN: 'Another user has this e-mail address.',
  USER_DEACTIVATED: 'The user is deactivated.',
  USER_NOT_DEACTIVATED: 'The user is active.',
};
const reject = rejectWith(rejections);

const registered = (user: UserState): RegisteredUser => (user.kind === 'registered' ? user : reject('USER_NOT_FOUND'));

function active(user: UserState): RegisteredUser {
  const known = registered(user);
  return known.active ? known : reject('USER_DEACTIVATED');
}

export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  category: 'user',
  events: userEvents,
  rejections,
  initialState: { kind: 'unregistered' },
  stateVersion: 1,

  /** Who edits a name need not know that the address has changed meanwhile, nor the other way round. */
  undisturbedBy: {
    ChangeUserEmail: ['UserProfileUpdated'],
    UpdateUserProfile: ['UserEmailChanged'],
  },

  /** A user holds the e-mail address, without regard to case, also while deactivated. */
  claims: (user) =>
    user.kind === 'registered' ? [{ key: `email:${user.email.toLowerCase()}`, taken: 'EMAIL_TAKEN' }] : [],

  decide(command, user) {
    switch (command.type) {
      case 'RegisterUser':
        if (user.kind !== 'unregistered') reject('USER_ALREADY_EXISTS');
        return [{ type: 'UserRegistered', data: command.data }];
      case 'ChangeUserEmail':
        return active(user).email === command.data.email ? [] : [{ type: 'UserEmailChanged', data: command.data }];
      case 'UpdateUserProfile': {
        const { displayName } = active(user);
        const wanted = command.data.displayName === undefined ? displayName : command.data.displayName;
        return wanted === displayName ? [] : [{ type: 'UserProfileUpdated', data: { displayName: wanted } }];
      }
      case 'DeactivateUser':
        active(user);
        return [{ type: 'UserDeactivated', data: command.data }];
      case 'ReactivateUser':
        if (registered(user).active) reject('USER_NOT_DEACTIVATED');
        return [{ type: 'UserReactivated', data: {} }];
    }
  },

  evolve(user, event) {
    switch (event.type) {
      case 'UserRegistered':
        return { kind: 'registered', ...event.data, active: true };
      case 'UserEmailChanged':
      case 'UserProfileUpdated':
        return { ...(user as RegisteredUser), ...event.data };
      case 'UserDeactivated':
        return { ...(user as RegisteredUser), active: false };
      case 'UserReactivated':
        return { ...(user as RegisteredUser), active: true };
    }
  },
};
