import { expect } from 'vitest';
import { type HttpClient, httpClient } from '../../support/clients.ts';
import {
  ChangeUserEmailDocument,
  type ChangeUserEmailInput,
  DeactivateUserDocument,
  type DeactivateUserInput,
  ReactivateUserDocument,
  type ReactivateUserInput,
  RegisterUserDocument,
  type RegisterUserInput,
  type ResultFragment,
  UpdateUserProfileDocument,
  type UpdateUserProfileInput,
} from '../../support/operations.ts';
import type { TestServer } from '../../support/server.ts';

export type Accepted = Extract<ResultFragment, { __typename: 'UserCommandAccepted' }>;
export type UserState = NonNullable<Accepted['user']>;

/** The commands of users, by name. */
export function commandsOf(server: Pick<TestServer, 'url'>) {
  const run: HttpClient = httpClient(server.url);
  return {
    run,
    register: async (input: RegisterUserInput) => (await run(RegisterUserDocument, { input })).registerUser,
    changeEmail: async (input: ChangeUserEmailInput) => (await run(ChangeUserEmailDocument, { input })).changeUserEmail,
    updateProfile: async (input: UpdateUserProfileInput) =>
      (await run(UpdateUserProfileDocument, { input })).updateUserProfile,
    deactivate: async (input: DeactivateUserInput) => (await run(DeactivateUserDocument, { input })).deactivateUser,
    reactivate: async (input: ReactivateUserInput) => (await run(ReactivateUserDocument, { input })).reactivateUser,
  };
}

export type Commands = ReturnType<typeof commandsOf>;

/** An accepted command, or a failed test. */
export function accepted(result: ResultFragment): Accepted {
  expect(result).toMatchObject({ __typename: 'UserCommandAccepted' });
  return result as Accepted;
}

/** The user as an accepted command left it. */
export function userOf(result: ResultFragment): UserState {
  const { user } = accepted(result);
  expect(user).not.toBeNull();
  return user as UserState;
}
