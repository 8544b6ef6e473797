import { built } from './compiled.ts';

// By URL, for the compiler must do without them: its types are those of the sources.
export const { logLimits, projectionLimits, readConfig } = await built<typeof import('../../src/config.ts')>('config');
export const { openDatabase } = await built<typeof import('../../src/database/client.ts')>('database/client');
export const { migrate } = await built<typeof import('../../src/database/migrate.ts')>('database/migrate');
export const { newId } = await built<typeof import('../../src/log/ids.ts')>('log/ids');
export const { createReader } = await built<typeof import('../../src/log/reader.ts')>('log/reader');
export const { createSnapshots } = await built<typeof import('../../src/log/snapshots.ts')>('log/snapshots');
export const { createStates } = await built<typeof import('../../src/log/states.ts')>('log/states');
export const { createTail } = await built<typeof import('../../src/log/tail.ts')>('log/tail');
export const { startLog } = await built<typeof import('../../src/log/log.ts')>('log/log');
export const { userDecider } =
  await built<typeof import('../../src/modules/users/decider.ts')>('modules/users/decider');
export const { userEvents } = await built<typeof import('../../src/modules/users/events.ts')>('modules/users/events');
export const { caseless, users } =
  await built<typeof import('../../src/modules/users/projection.ts')>('modules/users/projection');
export const { firstCheckpoint } =
  await built<typeof import('../../src/projections/checkpoints.ts')>('projections/checkpoints');
export const { startProjections } =
  await built<typeof import('../../src/projections/projections.ts')>('projections/projections');
export const { rebuild } = await built<typeof import('../../src/projections/rebuild.ts')>('projections/rebuild');
export const { requestRebuild } = await built<typeof import('../../src/projections/request.ts')>('projections/request');
export const { createSecrets } = await built<typeof import('../../src/privacy/secrets.ts')>('privacy/secrets');
