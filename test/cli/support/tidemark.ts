import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { checkOut, type Running, run } from '../../e2e/support/project.ts';

/** Environment variables, as a shell would give them; nothing else of ours is set. */
export type Settings = Readonly<Record<string, string>>;

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The programs as they are installed: built, and run as processes of their own. */
export interface Installed {
  /** Runs a command of the command line to its end. */
  tidemark(args: readonly string[], settings: Settings, input?: string | Buffer): Promise<Result>;
  /** Starts one, to be interrupted or killed. */
  start(args: readonly string[], settings: Settings): Running;
  startServer(settings: Settings): Running;
  readonly program: string;
}

/** Builds a checkout for the tests of a file. */
export function installed(): Installed {
  let folder = '';
  let remove = async () => {};
  beforeAll(async () => {
    ({ folder, remove } = await checkOut());
    const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'build'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
  });
  afterAll(() => remove());

  const program = () => join(folder, 'dist/cli/main.js');
  return {
    get program() {
      return program();
    },
    async tidemark(args, settings, input) {
      const child = spawn(process.execPath, [program(), ...args], { env: environment(settings), stdio: 'pipe' });
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk) => stdout.push(chunk));
      child.stderr.on('data', (chunk) => stderr.push(chunk));
      child.stdin.on('error', () => undefined).end(input);
      const [code] = await once(child, 'close');
      return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
    },
    start: (args, settings) => run([process.execPath, program(), ...args], { cwd: '/', env: environment(settings) }),
    startServer: (settings) =>
      run([process.execPath, join(folder, 'dist/main.js')], { cwd: '/', env: environment(settings) }),
  };
}

const environment = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  ...settings,
});
