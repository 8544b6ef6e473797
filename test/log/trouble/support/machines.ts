import { execFileSync } from 'node:child_process';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Binaries, findBinaries } from '../../../../src/database/embedded/binaries.ts';
import { clusterOf } from '../../../../src/database/embedded/files.ts';
import { findHome, type Home } from '../../../../src/database/embedded/home.ts';
import { freePort } from '../../../../src/database/embedded/port.ts';
import { run } from '../../../../src/database/embedded/run.ts';
import { startEmbeddedPostgres } from '../../../../src/database/embedded.ts';
import { migrate } from '../../../../src/database/migrate.ts';
import { temporaryFolder } from '../../../database/support/folders.ts';
import { admitServers } from './cluster.ts';

/** A server that nobody supervises: an operator runs it with `pg_ctl`, and it may be copied to take its place. */
export interface Machine {
  readonly url: string;
  readonly port: number;
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  /** A copy of the stopped server, on a port of its own, already running; as a standby it waits to be promoted. */
  copy(name: string, role?: 'primary' | 'standby'): Promise<Machine>;
}

/** A migrated server; gone after the test with all copies of it. */
export async function firstMachine(): Promise<Machine> {
  const folder = await temporaryFolder();
  const dataDir = join(folder, 'data');
  const embedded = await startEmbeddedPostgres({ dataDir });
  try {
    await migrate({ url: embedded.url });
    await admitServers(embedded.url);
  } finally {
    await embedded.stop();
  }
  const home = await findHome(dataDir, () => undefined);
  return startMachine(clusterOf(home.path), { home, binaries: await findBinaries(home, () => undefined), ...embedded });
}

interface Context {
  readonly home: Home;
  readonly binaries: Binaries;
  /** With the password, which copies share. */
  readonly url: string;
}

async function startMachine(cluster: string, context: Context): Promise<Machine> {
  const { home, binaries } = context;
  const port = await freePort(cluster);
  const control = async (...args: string[]) => {
    const { code, output } = await run(binaries.pgCtl, ['-D', cluster, '-w', ...args], home.account);
    expect(code, output).toBe(0);
  };
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  await control('start', '-l', join(cluster, 'server.log'), '-o', options);
  let running = true;
  const stop = async (mode: 'fast' | 'immediate') => {
    if (running) await control('stop', '-m', mode);
    running = false;
  };
  onTestFinished(() => stop('immediate'));

  const url = new URL(context.url);
  url.port = String(port);
  return {
    ...{ url: url.href, port, stop },
    async copy(name, role = 'primary') {
      const path = join(home.path, name);
      execFileSync('cp', ['-a', cluster, path]);
      await rm(join(path, 'postmaster.pid'), { force: true });
      if (role === 'standby') {
        await writeFile(join(path, 'standby.signal'), '');
        if (home.account) await chown(join(path, 'standby.signal'), home.account.uid, home.account.gid);
      }
      return startMachine(path, context);
    },
  };
}
