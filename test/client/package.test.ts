import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../database/support/folders.ts';
import { checkOut, run } from '../e2e/support/project.ts';
import { start } from './support/users.ts';

let checkout: { folder: string; remove(): Promise<void> };
let tarball = '';
beforeAll(async () => {
  checkout = await checkOut();
  await cp('examples', join(checkout.folder, 'examples'), { recursive: true });
  execute('npm run -s build', checkout.folder);
  tarball = join(checkout.folder, execute('npm pack --silent --ignore-scripts', checkout.folder).trim());
});
afterAll(() => checkout?.remove());

function execute(command: string, cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, { cwd, shell: true, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
  return stdout;
}

const tool = (name: string) => resolve('node_modules/.bin', name);

/** A project that has the package, as npm would install it, and these others. */
async function stranger(...packages: string[]) {
  const folder = await temporaryFolder();
  const installed = join(folder, 'node_modules/tidemark');
  await mkdir(installed, { recursive: true });
  execute(`tar -xzf ${tarball} --strip-components=1`, installed);
  for (const name of ['graphql-ws', 'graphql', ...packages]) {
    await mkdir(join(folder, 'node_modules', name, '..'), { recursive: true });
    await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, target: 'es2022', outDir: 'out' };

describe('tidemark/client', () => {
  it('compiles and runs in a Node project that has the package', async () => {
    const { url, register } = await start();
    await register(3);
    const folder = await stranger('ws', '@types/ws', '@types/node', 'undici-types');
    await writeFile(
      join(folder, 'main.ts'),
      `import { subscribe, SubscriptionError, type EventBatch } from 'tidemark/client';
       import WebSocket from 'ws';
       const seen: string[] = [];
       for await (const batch of subscribe({ url: '${url}', after: '0', webSocketImpl: WebSocket })) {
         const typed: EventBatch = batch;
         seen.push(...typed.events.map(({ position }) => position));
         if (batch.cursor === '3') break;
       }
       const error = await subscribe({ url: '${url}', after: '4', webSocketImpl: WebSocket }).next().catch((e) => e);
       console.log(JSON.stringify({ seen, code: error instanceof SubscriptionError && error.code }));`,
    );
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, module: 'nodenext', types: ['node'] } }),
    );
    execute(tool('tsc'), folder);
    // It ends by itself: nothing is left that would keep the process.
    const running = run([process.execPath, 'out/main.js'], { cwd: folder });
    expect(await running.exit).toEqual({ code: 0, signal: null });
    expect(JSON.parse(running.stdout())).toEqual({ seen: ['1', '2', '3'], code: 'BAD_USER_INPUT' });
  });

  it('compiles in a project for browsers, which has no types of Node', async () => {
    const folder = await stranger();
    await writeFile(
      join(folder, 'main.ts'),
      `import { localStorageStore, subscribe } from 'tidemark/client';
       type Data = { events: { events: { type: string }[]; cursor: string } };
       const query = 'subscription ($after: Position) { events(after: $after) { events { type } cursor } }';
       const store = localStorageStore('cursor');
       for await (const { events } of subscribe<Data>({ url: '/graphql', query, store, webSocketImpl: WebSocket }))
         document.title = events.map(({ type }) => type).join();`,
    );
    const browser = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] };
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...browser } }),
    );
    execute(tool('tsc'), folder);
  });

  it('comes with the command line', async () => {
    const { bin } = JSON.parse(await readFile(join(await stranger(), 'node_modules/tidemark/package.json'), 'utf8'));
    const listed = execute(`tar -tzf ${tarball}`, '/').split('\n');
    expect(listed).toContain(`package/${bin.tidemark}`);
    expect(listed.some((path) => path.startsWith('package/prisma/migrations/'))).toBe(true);
    expect(listed.filter((path) => /^package\/(test|src|bench|dist\/torture)\//.test(path))).toEqual([]);
  });
});

describe('the example for Node', () => {
  it('follows the log, and goes on where it was when it is started again', async () => {
    const { url, register } = await start();
    await register(2);
    const folder = await temporaryFolder();
    const example = () =>
      run([tool('tsx'), resolve('examples/node.ts'), url, join(folder, 'cursor.txt')], { cwd: resolve('.') });
    const first = example();
    await first.printed(/^1 UserRegistered user-.*\n2 UserRegistered user-.*\n$/);
    await register(1);
    await first.printed(/^3 UserRegistered .*\n/m);
    first.interrupt();
    expect(await first.exit).toEqual({ code: 0, signal: null });
    await register(1);
    const second = example();
    await second.printed(/^4 UserRegistered .*\n$/);
    second.interrupt();
    expect(await second.exit).toEqual({ code: 0, signal: null });
    expect(second.stderr()).toBe('');
  });
});

describe('the example for browsers', () => {
  it('loads all that it needs from its own server, and follows the log', async () => {
    const { url, register } = await start();
    await register(2);
    const server = run([process.execPath, 'examples/browser/serve.mjs', '0'], { cwd: checkout.folder });
    const [page = ''] = await server.printed(/http:\S+/);
    // Node has a WebSocket of its own behind this option, or, from 22 on, anyway.
    const options = ['--experimental-vm-modules', ...(globalThis.WebSocket ? [] : ['--experimental-websocket'])];
    const browser = run(
      [process.execPath, ...options, resolve('test/client/support/browser.mjs'), `${page}/?url=${url}`],
      { cwd: '/' },
    );
    await browser.printed(/^log: "2 .* UserRegistered user-.*\\n1 .* UserRegistered user-/m);
    await register(1);
    await browser.printed(/^log: "3 /m);
    process.kill(browser.pid, 'SIGTERM');
    await browser.printed(/^status: "stopped"/m);
    expect(await browser.exit).toEqual({ code: 0, signal: null });
  });

  it('serves nothing else', async () => {
    const server = run([process.execPath, 'examples/browser/serve.mjs', '0'], { cwd: checkout.folder });
    const [page = ''] = await server.printed(/http:\S+/);
    for (const path of ['/package.json', '/tidemark/..%2fmain.js', '/tidemark/', '/node.ts']) {
      expect((await fetch(`${page}${path}`)).status, path).toBe(404);
    }
  });
});
