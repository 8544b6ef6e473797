import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A day in UTC, such as 2026-11-23. */
  Date: { input: any; output: any; }
  /** A time as in RFC 3339, such as 2026-11-23T09:30:00.000001Z. The server writes UTC with microseconds. */
  DateTime: { input: string; output: string; }
  /** An e-mail address, at most 254 characters. Kept as written, compared without regard to case. */
  EmailAddress: { input: string; output: string; }
  /** The `JSON` scalar type represents JSON values as specified by [ECMA-404](http://www.ecma-international.org/publications/files/ECMA-ST/ECMA-404.pdf). */
  JSON: { input: unknown; output: unknown; }
  /** Position in the log, a decimal string of a 64-bit integer. 0 is before the first event; positions have no gaps. */
  Position: { input: string; output: string; }
  /** A UUID, such as 0198c0de-7a11-7000-8000-00000000002a. */
  UUID: { input: string; output: string; }
};

/** A point in the past. Give exactly one. */
export type AsOf = {
  /** After the event at this position. */
  position?: InputMaybe<Scalars['Position']['input']>;
  /** At this time, including what was recorded at that very moment. */
  time?: InputMaybe<Scalars['DateTime']['input']>;
  /** After so many events of its stream. */
  version?: InputMaybe<Scalars['Int']['input']>;
};

export type ChangeUserEmailInput = {
  /** Idempotency key: the same id and input always gets the first answer. Made by the server when absent. */
  commandId?: InputMaybe<Scalars['UUID']['input']>;
  /** Decide, show the events, write nothing. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  email: Scalars['EmailAddress']['input'];
  /** Refuse with VersionConflict unless it is still at that version, or what others did since does not disturb. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};

/** What became of a command. Refused ones are kept too: the audit answers who tried what. */
export type CommandRecord = {
  __typename?: 'CommandRecord';
  accepted: Scalars['Boolean']['output'];
  actor: Maybe<Scalars['String']['output']>;
  id: Scalars['UUID']['output'];
  /** Position of its last event, or of the head when it changed nothing. Null when it was refused. */
  position: Maybe<Scalars['Position']['output']>;
  recordedAt: Scalars['DateTime']['output'];
  /** Why it was refused: a RejectionCode, or VERSION_CONFLICT. */
  rejectionCode: Maybe<Scalars['String']['output']>;
  streamId: Scalars['String']['output'];
  type: Scalars['String']['output'];
  /** Version of the stream as the command left it, or found it when it was refused. */
  version: Maybe<Scalars['Int']['output']>;
};

/** A business rule said no. Nothing was written but the record of the attempt. */
export type CommandRejected = {
  __typename?: 'CommandRejected';
  code: RejectionCode;
  commandId: Scalars['UUID']['output'];
  message: Scalars['String']['output'];
};

/** What an accepted command did to the log. */
export type Commit = {
  __typename?: 'Commit';
  commandId: Scalars['UUID']['output'];
  dryRun: Scalars['Boolean']['output'];
  /** In a dry run, as they would be if they were committed next. */
  events: Array<Event>;
  /** What others did since `expectedVersion` without disturbing this command, which was decided after it. Empty when nobody was first. */
  eventsSince: Array<Event>;
  /** Position of the last event; the current head when the command changed nothing, as in a dry run. */
  position: Scalars['Position']['output'];
  /** True when this is the stored answer of an earlier request with the same commandId. */
  replayed: Scalars['Boolean']['output'];
  /** Of the stream, after the command. */
  version: Scalars['Int']['output'];
};

/** What happened to the number of users on a day, in UTC. */
export type DailyRegistrations = {
  __typename?: 'DailyRegistrations';
  /** Users who were active at the end of that day, of all that had ever registered. */
  active: Scalars['Int']['output'];
  day: Scalars['Date']['output'];
  /** Users who were erased that day. */
  erased: Scalars['Int']['output'];
  /** Users who registered that day. */
  registered: Scalars['Int']['output'];
};

export type DeactivateUserInput = {
  /** Idempotency key: the same id and input always gets the first answer. Made by the server when absent. */
  commandId?: InputMaybe<Scalars['UUID']['input']>;
  /** Decide, show the events, write nothing. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Refuse with VersionConflict unless it is still at that version, or what others did since does not disturb. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
  /** At most 1,000 characters. */
  reason?: InputMaybe<Scalars['String']['input']>;
};

/** A row of a read table that is not what the log says. */
export type DriftedRow = {
  __typename?: 'DriftedRow';
  /** The columns that differ; all of them if the row is missing, or one too many. */
  fields: Array<Scalars['String']['output']>;
  key: Scalars['String']['output'];
};

/** A fact that was committed to the log. One concrete type per event type implements this. */
export type Event = {
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

/** A page of the log. `cursor` is the position up to which the log was searched, also past events that the filter left out: pass it as `after` to go on. */
export type EventBatch = {
  __typename?: 'EventBatch';
  /** True when `cursor` had reached the head of the log. */
  caughtUp: Scalars['Boolean']['output'];
  cursor: Scalars['Position']['output'];
  events: Array<Event>;
};

/** Events that every given list names. An empty list matches nothing. */
export type EventFilter = {
  actors?: InputMaybe<Array<Scalars['String']['input']>>;
  /** e.g. "user" */
  categories?: InputMaybe<Array<Scalars['String']['input']>>;
  streamIds?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Event types, e.g. "UserRegistered". */
  types?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Who and what caused an event. */
export type EventMetadata = {
  __typename?: 'EventMetadata';
  /** Who caused it: the token's subject, a process manager's name, or null on an open local server. */
  actor: Maybe<Scalars['String']['output']>;
  /** The event that directly caused it, if one did. */
  causationId: Maybe<Scalars['UUID']['output']>;
  /** The command that led to it. */
  commandId: Scalars['UUID']['output'];
  /** One intent, over all that it set off. */
  correlationId: Scalars['UUID']['output'];
  /** The shape in which the payload was recorded. */
  schemaVersion: Scalars['Int']['output'];
};

/** What an event made of one field. */
export type FieldChange = {
  __typename?: 'FieldChange';
  after: Maybe<Scalars['JSON']['output']>;
  before: Maybe<Scalars['JSON']['output']>;
  field: Scalars['String']['output'];
};

/** How fresh a read table is: everything in this response is at least as new as `position`, and as the `minPosition` that it waited for. */
export type Freshness = {
  __typename?: 'Freshness';
  head: Scalars['Position']['output'];
  /** Events by which it may be behind. */
  lag: Scalars['Int']['output'];
  name: Scalars['String']['output'];
  position: Scalars['Position']['output'];
};

export type Mutation = {
  __typename?: 'Mutation';
  /** Changes a user's address. It must be free. */
  changeUserEmail: UserCommandResult;
  /** Deactivates a user, who keeps the address. */
  deactivateUser: UserCommandResult;
  /** Drops the table from before the last rebuild. */
  dropPreviousTable: ProjectionStatus;
  /** Makes a deactivated user active again. */
  reactivateUser: UserCommandResult;
  /** Folds the log into a new table beside the live one, and then puts it in its place. It goes on after the answer: see `rebuilding`. Queries and commands go on meanwhile. */
  rebuildProjection: ProjectionStatus;
  /** Registers a user. The address must be free. */
  registerUser: UserCommandResult;
  /** Puts the table from before the last rebuild back at once, as it was then; from there it catches up with the log. Done twice, it is undone. */
  rollbackProjection: ProjectionStatus;
  /** Lets a projection leave out the one event at which it has stopped. Who did so, and why, is kept for ever. */
  skipEvent: ProjectionStatus;
  /** Changes a user's display name. */
  updateUserProfile: UserCommandResult;
  /** Folds rows again from the log and compares them with the read table. */
  verifyProjection: Verification;
};


export type MutationChangeUserEmailArgs = {
  input: ChangeUserEmailInput;
};


export type MutationDeactivateUserArgs = {
  input: DeactivateUserInput;
};


export type MutationDropPreviousTableArgs = {
  name: Scalars['String']['input'];
};


export type MutationReactivateUserArgs = {
  input: ReactivateUserInput;
};


export type MutationRebuildProjectionArgs = {
  name: Scalars['String']['input'];
};


export type MutationRegisterUserArgs = {
  input: RegisterUserInput;
};


export type MutationRollbackProjectionArgs = {
  name: Scalars['String']['input'];
};


export type MutationSkipEventArgs = {
  name: Scalars['String']['input'];
  position: Scalars['Position']['input'];
};


export type MutationUpdateUserProfileArgs = {
  input: UpdateUserProfileInput;
};


export type MutationVerifyProjectionArgs = {
  name: Scalars['String']['input'];
  repair?: InputMaybe<Scalars['Boolean']['input']>;
  sample?: InputMaybe<Scalars['Int']['input']>;
};

export type PageInfo = {
  __typename?: 'PageInfo';
  endCursor: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor: Maybe<Scalars['String']['output']>;
};

/** The table from before the last rebuild: rollbackProjection puts it back. */
export type PreviousTable = {
  __typename?: 'PreviousTable';
  /** How far it had got. */
  position: Scalars['Position']['output'];
  version: Scalars['Int']['output'];
};

/** The event at which a projection has stopped. It tries again by itself; nothing is skipped. */
export type ProjectionFailure = {
  __typename?: 'ProjectionFailure';
  error: Scalars['String']['output'];
  eventType: Scalars['String']['output'];
  position: Scalars['Position']['output'];
  /** When it was met first. */
  since: Scalars['DateTime']['output'];
};

/** How a read table is doing. */
export type ProjectionStatus = {
  __typename?: 'ProjectionStatus';
  /** Rows that were found not to be what the log says, and not healed yet. */
  drift: Scalars['Int']['output'];
  /** Some of them. */
  drifted: Array<DriftedRow>;
  /** Set while it cannot go on. */
  failure: Maybe<ProjectionFailure>;
  head: Scalars['Position']['output'];
  /** Events that are not folded yet. */
  lag: Scalars['Int']['output'];
  name: Scalars['String']['output'];
  position: Scalars['Position']['output'];
  previous: Maybe<PreviousTable>;
  rebuilding: Maybe<RebuildProgress>;
  updatedAt: Scalars['DateTime']['output'];
  /** The version of the fold that has made it. */
  version: Scalars['Int']['output'];
};

export type Query = {
  __typename?: 'Query';
  /** What became of a command. */
  command: Maybe<CommandRecord>;
  /** One event by its id. */
  event: Maybe<Event>;
  /** A page of the log, oldest first. A filter may leave a page empty: go on from its cursor. */
  events: EventBatch;
  /** How fresh the read tables are from which this very response is taken: ask for it beside other fields. */
  freshness: Array<Freshness>;
  /** The last committed position. */
  head: Scalars['Position']['output'];
  /** How all read tables are doing. */
  projections: Array<ProjectionStatus>;
  /** Registrations by the day, in UTC: every day from `from` to `to`, at most 1000. */
  registrations: Array<DailyRegistrations>;
  /** A user by id. */
  user: Maybe<User>;
  /** A user by e-mail address, without regard to case. */
  userByEmail: Maybe<User>;
  /** Users, page by page. */
  users: UserConnection;
};


export type QueryCommandArgs = {
  id: Scalars['UUID']['input'];
};


export type QueryEventArgs = {
  id: Scalars['UUID']['input'];
};


export type QueryEventsArgs = {
  after?: InputMaybe<Scalars['Position']['input']>;
  filter?: InputMaybe<EventFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryRegistrationsArgs = {
  from: Scalars['Date']['input'];
  minPosition?: InputMaybe<Scalars['Position']['input']>;
  to: Scalars['Date']['input'];
};


export type QueryUserArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
  minPosition?: InputMaybe<Scalars['Position']['input']>;
};


export type QueryUserByEmailArgs = {
  email: Scalars['EmailAddress']['input'];
  minPosition?: InputMaybe<Scalars['Position']['input']>;
};


export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<UserFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  minPosition?: InputMaybe<Scalars['Position']['input']>;
  orderBy?: InputMaybe<UserOrder>;
};

export type ReactivateUserInput = {
  /** Idempotency key: the same id and input always gets the first answer. Made by the server when absent. */
  commandId?: InputMaybe<Scalars['UUID']['input']>;
  /** Decide, show the events, write nothing. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Refuse with VersionConflict unless it is still at that version, or what others did since does not disturb. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};

/** A table that is being folded anew beside the live one. */
export type RebuildProgress = {
  __typename?: 'RebuildProgress';
  failure: Maybe<ProjectionFailure>;
  position: Scalars['Position']['output'];
  target: Scalars['Position']['output'];
};

export type RegisterUserInput = {
  /** Idempotency key: the same id and input always gets the first answer. Made by the server when absent. */
  commandId?: InputMaybe<Scalars['UUID']['input']>;
  /** At most 200 characters. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Decide, show the events, write nothing. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  email: Scalars['EmailAddress']['input'];
  /** A UUID; made by the server when absent. */
  id?: InputMaybe<Scalars['ID']['input']>;
};

/** Why a business rule said no. */
export type RejectionCode =
  | 'EMAIL_TAKEN'
  | 'USER_ALREADY_EXISTS'
  | 'USER_DEACTIVATED'
  | 'USER_NOT_DEACTIVATED'
  | 'USER_NOT_FOUND';

export type Subscription = {
  __typename?: 'Subscription';
  /** Everything committed after `after`, first from the log and then live, in order, each event exactly once, with no gap where the two meet. Without `after`: from now. An empty batch is a heartbeat that moves the cursor. */
  events: EventBatch;
  /** The user now, then again each time it changes. */
  user: UserUpdate;
};


export type SubscriptionEventsArgs = {
  after?: InputMaybe<Scalars['Position']['input']>;
  filter?: InputMaybe<EventFilter>;
};


export type SubscriptionUserArgs = {
  id: Scalars['ID']['input'];
};

export type UpdateUserProfileInput = {
  /** Idempotency key: the same id and input always gets the first answer. Made by the server when absent. */
  commandId?: InputMaybe<Scalars['UUID']['input']>;
  /** At most 200 characters; null removes it, and without it nothing changes. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Decide, show the events, write nothing. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Refuse with VersionConflict unless it is still at that version, or what others did since does not disturb. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};

/** A user account. */
export type User = {
  __typename?: 'User';
  displayName: Maybe<Scalars['String']['output']>;
  email: Scalars['EmailAddress']['output'];
  /** Every change, newest last: which event, by whom, when, and what each field was before and after. */
  history: UserHistoryConnection;
  id: Scalars['ID']['output'];
  registeredAt: Scalars['DateTime']['output'];
  status: UserStatus;
  updatedAt: Scalars['DateTime']['output'];
  /** Number of events in the user's stream that this state reflects: send it back as `expectedVersion`. */
  version: Scalars['Int']['output'];
};


/** A user account. */
export type UserHistoryArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

export type UserCommandAccepted = {
  __typename?: 'UserCommandAccepted';
  commit: Commit;
  /** The user as this command left it. */
  user: Maybe<User>;
};

export type UserCommandResult = CommandRejected | UserCommandAccepted | VersionConflict;

export type UserConnection = {
  __typename?: 'UserConnection';
  edges: Array<UserEdge>;
  pageInfo: PageInfo;
  /** Users that the filter lets through, on all pages. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

export type UserDeactivated = Event & {
  __typename?: 'UserDeactivated';
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  reason: Maybe<Scalars['String']['output']>;
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

export type UserEdge = {
  __typename?: 'UserEdge';
  cursor: Scalars['String']['output'];
  node: User;
};

export type UserEmailChanged = Event & {
  __typename?: 'UserEmailChanged';
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  email: Maybe<Scalars['EmailAddress']['output']>;
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

export type UserFilter = {
  /** Without regard to case. */
  displayNameContains?: InputMaybe<Scalars['String']['input']>;
  /** Without regard to case. */
  emailContains?: InputMaybe<Scalars['String']['input']>;
  /** Later than this. */
  registeredAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Earlier than this. */
  registeredBefore?: InputMaybe<Scalars['DateTime']['input']>;
  status?: InputMaybe<UserStatus>;
};

export type UserHistoryConnection = {
  __typename?: 'UserHistoryConnection';
  edges: Array<UserHistoryEdge>;
  pageInfo: PageInfo;
  totalCount: Scalars['Int']['output'];
};

export type UserHistoryEdge = {
  __typename?: 'UserHistoryEdge';
  cursor: Scalars['String']['output'];
  node: UserHistoryEntry;
};

/** An event, and what it changed. */
export type UserHistoryEntry = {
  __typename?: 'UserHistoryEntry';
  changes: Array<FieldChange>;
  event: Event;
};

/** Addresses are sorted without regard to case. */
export type UserOrder =
  | 'EMAIL_ASC'
  | 'EMAIL_DESC'
  | 'REGISTERED_AT_ASC'
  | 'REGISTERED_AT_DESC';

export type UserProfileUpdated = Event & {
  __typename?: 'UserProfileUpdated';
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  displayName: Maybe<Scalars['String']['output']>;
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

export type UserReactivated = Event & {
  __typename?: 'UserReactivated';
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

export type UserRegistered = Event & {
  __typename?: 'UserRegistered';
  /** The payload as recorded, in the current schema version. */
  data: Scalars['JSON']['output'];
  displayName: Maybe<Scalars['String']['output']>;
  email: Maybe<Scalars['EmailAddress']['output']>;
  id: Scalars['UUID']['output'];
  metadata: EventMetadata;
  position: Scalars['Position']['output'];
  /** By the clock of the database; increases with position. */
  recordedAt: Scalars['DateTime']['output'];
  /** The stream it belongs to, such as "user-<id>". */
  streamId: Scalars['String']['output'];
  /** Its type, also the name of its GraphQL type. */
  type: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
  /** 1-based place in its stream. */
  version: Scalars['Int']['output'];
};

export type UserStatus =
  | 'ACTIVE'
  | 'DEACTIVATED';

export type UserUpdate = {
  __typename?: 'UserUpdate';
  /** The state is at least as new as this position. */
  position: Scalars['Position']['output'];
  /** Null while no user has this id. */
  user: Maybe<User>;
};

/** What was found when a read table was compared with the log. */
export type Verification = {
  __typename?: 'Verification';
  /** Rows compared. */
  checked: Scalars['Int']['output'];
  /** Rows that are not what the log says, at most 100 of them. */
  drift: Array<DriftedRow>;
  /** The checkpoint at which they were compared. */
  position: Scalars['Position']['output'];
  repaired: Scalars['Int']['output'];
};

/** Somebody else was first. */
export type VersionConflict = {
  __typename?: 'VersionConflict';
  actualVersion: Scalars['Int']['output'];
  commandId: Scalars['UUID']['output'];
  /** What happened since, oldest first, at most 100 events. */
  eventsSince: Array<Event>;
  /** 1 where the stream only had to exist. */
  expectedVersion: Scalars['Int']['output'];
  /** The stream that was not as expected. */
  streamId: Scalars['String']['output'];
};

export type UserFieldsFragment = { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string };

type EventFields_UserDeactivated_Fragment = { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } };

type EventFields_UserEmailChanged_Fragment = { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } };

type EventFields_UserProfileUpdated_Fragment = { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } };

type EventFields_UserReactivated_Fragment = { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } };

type EventFields_UserRegistered_Fragment = { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } };

export type EventFieldsFragment =
  | EventFields_UserDeactivated_Fragment
  | EventFields_UserEmailChanged_Fragment
  | EventFields_UserProfileUpdated_Fragment
  | EventFields_UserReactivated_Fragment
  | EventFields_UserRegistered_Fragment
;

type Result_CommandRejected_Fragment = { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string };

type Result_UserCommandAccepted_Fragment = { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
      | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    >, eventsSince: Array<
      | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    > } };

type Result_VersionConflict_Fragment = { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
    | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
  > };

export type ResultFragment =
  | Result_CommandRejected_Fragment
  | Result_UserCommandAccepted_Fragment
  | Result_VersionConflict_Fragment
;

export type RegisterUserMutationVariables = Exact<{
  input: RegisterUserInput;
}>;


export type RegisterUserMutation = { __typename?: 'Mutation', registerUser:
    | { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string }
    | { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        >, eventsSince: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        > } }
    | { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
        | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      > }
   };

export type ChangeUserEmailMutationVariables = Exact<{
  input: ChangeUserEmailInput;
}>;


export type ChangeUserEmailMutation = { __typename?: 'Mutation', changeUserEmail:
    | { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string }
    | { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        >, eventsSince: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        > } }
    | { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
        | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      > }
   };

export type UpdateUserProfileMutationVariables = Exact<{
  input: UpdateUserProfileInput;
}>;


export type UpdateUserProfileMutation = { __typename?: 'Mutation', updateUserProfile:
    | { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string }
    | { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        >, eventsSince: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        > } }
    | { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
        | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      > }
   };

export type DeactivateUserMutationVariables = Exact<{
  input: DeactivateUserInput;
}>;


export type DeactivateUserMutation = { __typename?: 'Mutation', deactivateUser:
    | { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string }
    | { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        >, eventsSince: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        > } }
    | { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
        | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      > }
   };

export type ReactivateUserMutationVariables = Exact<{
  input: ReactivateUserInput;
}>;


export type ReactivateUserMutation = { __typename?: 'Mutation', reactivateUser:
    | { __typename: 'CommandRejected', code: RejectionCode, message: string, commandId: string }
    | { __typename: 'UserCommandAccepted', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null, commit: { __typename?: 'Commit', commandId: string, position: string, version: number, replayed: boolean, dryRun: boolean, events: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        >, eventsSince: Array<
          | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
          | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        > } }
    | { __typename: 'VersionConflict', expectedVersion: number, actualVersion: number, commandId: string, eventsSince: Array<
        | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
        | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      > }
   };

export type UserQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  minPosition?: InputMaybe<Scalars['Position']['input']>;
}>;


export type UserQuery = { __typename?: 'Query', user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null };

export type UserByEmailQueryVariables = Exact<{
  email: Scalars['EmailAddress']['input'];
  minPosition?: InputMaybe<Scalars['Position']['input']>;
}>;


export type UserByEmailQuery = { __typename?: 'Query', userByEmail: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null };

export type UsersQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<UserFilter>;
  orderBy?: InputMaybe<UserOrder>;
  minPosition?: InputMaybe<Scalars['Position']['input']>;
}>;


export type UsersQuery = { __typename?: 'Query', users: { __typename?: 'UserConnection', totalCount: number, edges: Array<{ __typename?: 'UserEdge', cursor: string, node: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type EventsQueryVariables = Exact<{
  after?: InputMaybe<Scalars['Position']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  filter?: InputMaybe<EventFilter>;
}>;


export type EventsQuery = { __typename?: 'Query', events: { __typename?: 'EventBatch', cursor: string, caughtUp: boolean, events: Array<
      | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    > } };

export type EventQueryVariables = Exact<{
  id: Scalars['UUID']['input'];
}>;


export type EventQuery = { __typename?: 'Query', event:
    | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
   | null };

export type HeadQueryVariables = Exact<{ [key: string]: never; }>;


export type HeadQuery = { __typename?: 'Query', head: string };

export type CommandQueryVariables = Exact<{
  id: Scalars['UUID']['input'];
}>;


export type CommandQuery = { __typename?: 'Query', command: { __typename?: 'CommandRecord', id: string, type: string, streamId: string, actor: string | null, recordedAt: string, accepted: boolean, rejectionCode: string | null, version: number | null, position: string | null } | null };

export type WatchEventsSubscriptionVariables = Exact<{
  after?: InputMaybe<Scalars['Position']['input']>;
  filter?: InputMaybe<EventFilter>;
}>;


export type WatchEventsSubscription = { __typename?: 'Subscription', events: { __typename?: 'EventBatch', cursor: string, caughtUp: boolean, events: Array<
      | { __typename: 'UserDeactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserEmailChanged', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserProfileUpdated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserReactivated', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
      | { __typename: 'UserRegistered', id: string, position: string, streamId: string, version: number, type: string, recordedAt: string, data: unknown, metadata: { __typename?: 'EventMetadata', commandId: string, correlationId: string, causationId: string | null, actor: string | null, schemaVersion: number } }
    > } };

export type WatchUserSubscriptionVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type WatchUserSubscription = { __typename?: 'Subscription', user: { __typename?: 'UserUpdate', position: string, user: { __typename?: 'User', id: string, email: string, displayName: string | null, status: UserStatus, version: number, registeredAt: string, updatedAt: string } | null } };

export const UserFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<UserFieldsFragment, unknown>;
export const EventFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}}]} as unknown as DocumentNode<EventFieldsFragment, unknown>;
export const ResultFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}}]} as unknown as DocumentNode<ResultFragment, unknown>;
export const RegisterUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RegisterUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"registerUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Result"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]} as unknown as DocumentNode<RegisterUserMutation, RegisterUserMutationVariables>;
export const ChangeUserEmailDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangeUserEmail"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeUserEmailInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changeUserEmail"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Result"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]} as unknown as DocumentNode<ChangeUserEmailMutation, ChangeUserEmailMutationVariables>;
export const UpdateUserProfileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateUserProfile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserProfileInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUserProfile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Result"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]} as unknown as DocumentNode<UpdateUserProfileMutation, UpdateUserProfileMutationVariables>;
export const DeactivateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeactivateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeactivateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deactivateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Result"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]} as unknown as DocumentNode<DeactivateUserMutation, DeactivateUserMutationVariables>;
export const ReactivateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ReactivateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ReactivateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reactivateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Result"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Result"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserCommandAccepted"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"commit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"dryRun"}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CommandRejected"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VersionConflict"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"expectedVersion"}},{"kind":"Field","name":{"kind":"Name","value":"actualVersion"}},{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"eventsSince"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]} as unknown as DocumentNode<ReactivateUserMutation, ReactivateUserMutationVariables>;
export const UserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"User"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Position"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"minPosition"},"value":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<UserQuery, UserQueryVariables>;
export const UserByEmailDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UserByEmail"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"email"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EmailAddress"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Position"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userByEmail"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"email"},"value":{"kind":"Variable","name":{"kind":"Name","value":"email"}}},{"kind":"Argument","name":{"kind":"Name","value":"minPosition"},"value":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<UserByEmailQuery, UserByEmailQueryVariables>;
export const UsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Users"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserOrder"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Position"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"minPosition"},"value":{"kind":"Variable","name":{"kind":"Name","value":"minPosition"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"totalCount"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<UsersQuery, UsersQueryVariables>;
export const EventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Events"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Position"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"EventFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"events"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"caughtUp"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}}]} as unknown as DocumentNode<EventsQuery, EventsQueryVariables>;
export const EventDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Event"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UUID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"event"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}}]} as unknown as DocumentNode<EventQuery, EventQueryVariables>;
export const HeadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Head"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"head"}}]}}]} as unknown as DocumentNode<HeadQuery, HeadQueryVariables>;
export const CommandDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Command"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UUID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"command"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"rejectionCode"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]} as unknown as DocumentNode<CommandQuery, CommandQueryVariables>;
export const WatchEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Position"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"EventFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"events"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"caughtUp"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"position"}},{"kind":"Field","name":{"kind":"Name","value":"streamId"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"recordedAt"}},{"kind":"Field","name":{"kind":"Name","value":"data"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"commandId"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"causationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"schemaVersion"}}]}}]}}]} as unknown as DocumentNode<WatchEventsSubscription, WatchEventsSubscriptionVariables>;
export const WatchUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"registeredAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}}]}}]} as unknown as DocumentNode<WatchUserSubscription, WatchUserSubscriptionVariables>;