import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { startEmbeddedPostgres } from '../../../../src/database/embedded.ts';
import { migrate } from '../../../../src/database/migrate.ts';
import { temporaryFolder } from '../../../database/support/folders.ts';
import { isAlive, serverPid } from '../../../database/support/processes.ts';
import { eventually } from '../../../support/eventually.ts';
import { execute } from '../../../support/postgres.ts';

/**
 * A migrated PostgreSQL of its own for the test that runs, gone after it. It is supervised as the server's own is: when
 * it ends, it is started again at the same address.
 */
export async function ownCluster(folder?: string) {
  const dataDir = join(folder ?? (await temporaryFolder()), 'data');
  const postgres = await startEmbeddedPostgres({ dataDir });
  onTestFinished(() => postgres.stop().catch(() => undefined));
  await migrate({ url: postgres.url });
  await admitServers(postgres.url);
  return {
    ...postgres,
    /** Ends it with a signal to the postmaster alone, and resolves once that is gone. */
    async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL') {
      // Between two lives there is no such file.
      const pid = await eventually(() => serverPid(postgres.dataDir));
      process.kill(pid, signal);
      await eventually(() => !isAlive(pid));
    },
  };
}

/** Gives a cluster of its own the account of servers that the cluster of all tests has. */
export async function admitServers(url: string): Promise<void> {
  const { name, password } = inject('account');
  await execute(url, `CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE tidemark_server`);
}
