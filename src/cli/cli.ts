import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { readMasterKey } from '../privacy/master-key.ts';
import { createSecrets, type Secrets } from '../privacy/secrets.ts';
import { Failure } from './failure.ts';
import { type Session, withDatabase } from './session.ts';
import { note } from './terminal.ts';

/** What every command is given. */
export interface Cli {
  /** Aborted by Ctrl-C: whatever takes long looks at it. */
  readonly signal: AbortSignal;
  /** Of the master key that servers here would use. @throws {Failure} when there is none yet */
  secrets(): Promise<Secrets>;
  /** Works with the database of the settings. @param create whether one that is not there yet is made */
  open<T>(work: (session: Session) => Promise<T>, options?: { readonly create?: boolean }): Promise<T>;
}

export function createCli(signal: AbortSignal): Cli {
  const config = (): Config => readConfig(process.env);
  return {
    signal,
    secrets: () => secretsOf(config()),
    open: (work, { create = false } = {}) => withDatabase({ config: config(), signal, create, log: note }, work),
  };
}

async function secretsOf({ MASTER_KEY, DATA_DIR }: Config): Promise<Secrets> {
  const key = MASTER_KEY ? Buffer.from(MASTER_KEY, 'base64') : await readMasterKey(join(DATA_DIR, 'master.key'));
  if (key) return createSecrets(key);
  throw new Failure(
    `There is no master key: give the one of the server that wrote the log, as MASTER_KEY or as the file master.key in ${DATA_DIR}.`,
  );
}
