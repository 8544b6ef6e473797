import type { Request, Step } from '../history.ts';
import type { Random } from '../random.ts';

/** What clients know: what there may be, and which versions they have seen last. */
export interface World {
  /** Category → ids of aggregates, the hottest first. They may not exist yet. */
  readonly ids: Readonly<Record<'user' | 'account', readonly string[]>>;
  readonly emails: readonly string[];
  readonly names: readonly string[];
  /** Stream → its version in the last answer. */
  readonly versions: Map<string, number>;
  /** The last one that was answered. */
  position: bigint;
}

/** Few enough of everything that clients meet all the time. */
export const createWorld = (random: Random): World => ({
  ids: {
    user: Array.from({ length: 60 }, () => random.uuid()),
    account: Array.from({ length: 60 }, () => random.uuid()),
  },
  emails: Array.from({ length: 80 }, (_, i) => `person${i}@example.org`),
  names: Array.from({ length: 80 }, (_, i) => `account ${i}`),
  versions: new Map(),
  position: 0n,
});

/** What the two domains can be asked for, and how often it is. */
const weights = {
  RegisterUser: 5,
  ChangeUserEmail: 10,
  UpdateUserProfile: 10,
  DeactivateUser: 4,
  ReactivateUser: 6,
  OpenAccount: 5,
  RenameAccount: 7,
  Deposit: 18,
  Withdraw: 12,
  Transfer: 22,
};
type Kind = keyof typeof weights;

const isUser = (kind: Kind) => kind.endsWith('User') || kind.includes('User');

/** Mostly one that is there, or, for who wants to make one, is not; half of the time one of a few hot ones. */
function someId(random: Random, { ids, versions }: World, category: 'user' | 'account', exists = true): string {
  const wanted = ids[category].filter((id) => versions.has(`${category}-${id}`) === exists);
  const from = wanted.length > 0 && random.chance(0.85) ? wanted : ids[category];
  return random.pick(exists && random.chance(0.5) ? from.slice(0, 4) : from);
}

/** A random command. @param like one whose first stream and `expectedVersion` it shall have, to race with it */
export function makeRequest(random: Random, world: World, like?: Request): Request {
  const first = like?.steps[0];
  const kind = first?.id ? kindOn(random, first.category) : random.weighted(weights);
  const category = isUser(kind) ? 'user' : 'account';
  const creates = kind === 'RegisterUser' || kind === 'OpenAccount';
  const id = first?.id ?? (creates && random.chance(0.2) ? null : someId(random, world, category, !creates));
  const expectedVersion = like
    ? like.input.expectedVersion
    : creates
      ? undefined
      : versionFor(random, world, category, id);
  const options = {
    commandId: random.uuid(),
    ...(expectedVersion !== undefined && !creates && { expectedVersion }),
    ...(random.chance(0.05) && { dryRun: true }),
  };
  return kind === 'Transfer'
    ? transfer(random, world, id as string, options)
    : single(random, { category, id, command: { type: kind, data: dataFor(kind, random, world) } }, options);
}

function kindOn(random: Random, category: string): Kind {
  for (;;) {
    const kind = random.weighted(weights);
    if (isUser(kind) === (category === 'user')) return kind;
  }
}

/** The right one as far as this client knows, an old one, or one of the future. */
function versionFor(random: Random, world: World, category: string, id: string | null): number | undefined {
  const known = world.versions.get(`${category}-${id}`);
  if (known === undefined || !random.chance(0.4)) return undefined;
  return Math.max(0, known + random.pick([0, 0, 0, 0, 0, 0, -1, -3, 1]));
}

function dataFor(kind: Exclude<Kind, 'Transfer'>, random: Random, world: World): Step['command']['data'] {
  const email = () => (random.chance(0.2) ? random.pick(world.emails).toUpperCase() : random.pick(world.emails));
  switch (kind) {
    case 'RegisterUser':
      return { email: email(), displayName: random.pick(['Ada', 'Grace Hopper', null]) };
    case 'ChangeUserEmail':
      return { email: email() };
    case 'UpdateUserProfile':
      return { displayName: random.pick(['Ada', 'Émilie du Châtelet', `Person ${random.int(1, 9)}`, null]) };
    case 'DeactivateUser':
      return { reason: random.pick([null, 'asked for it']) };
    case 'ReactivateUser':
      return {};
    case 'OpenAccount':
      return { owner: random.pick(['Ada', 'Grace']), name: random.pick(world.names) };
    case 'RenameAccount':
      return { name: random.pick(world.names) };
    case 'Deposit':
    case 'Withdraw':
      return { amount: random.int(1, 100) };
  }
}

function single(random: Random, step: Step, options: Request['input']): Request {
  const { type, data } = step.command;
  const fields = { ...(step.id !== null && { id: step.id }), ...data };
  const bad = random.chance(0.02) ? badFields(random, fields) : null;
  return {
    mutation: type.charAt(0).toLowerCase() + type.slice(1),
    input: { ...options, ...fields, ...bad },
    steps: [step],
    guarantor: null,
    valid: bad === null,
  };
}

/** A field with a value that no server may accept; null if there is no such field. */
function badFields(
  random: Random,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | null {
  const bad = { id: 'no-uuid', email: 'nobody', name: 'x'.repeat(201), displayName: 'NUL \u0000', amount: 0 };
  const possible = Object.entries(bad).filter(([field]) => field in fields);
  return possible.length > 0 ? Object.fromEntries([random.pick(possible)]) : null;
}

function transfer(random: Random, world: World, from: string, options: Request['input']): Request {
  const to = random.chance(0.02) ? from : someId(random, world, 'account');
  const guarantor = random.chance(0.3) ? someId(random, world, 'account') : null;
  const data = { amount: random.int(1, 60) };
  return {
    mutation: 'transfer',
    input: { ...options, from, to, ...data, ...(guarantor && { guarantor }) },
    steps: [
      { category: 'account', id: from, command: { type: 'Withdraw', data } },
      { category: 'account', id: to, command: { type: 'Deposit', data } },
    ],
    guarantor: guarantor && `account-${guarantor}`,
    valid: true,
  };
}
