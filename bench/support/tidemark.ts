import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from './server.ts';

/** Starts the built server as `npm start` does, with its default settings and a database of its own. */
export async function startTidemark(
  databaseUrl: string,
  dataDir: string,
  settings: Record<string, string>,
): Promise<ServerProcess> {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  return startServer([...(await startFlags()), main], {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    ...settings,
  });
}

/** The flags of Node.js with which `npm start` runs Tidemark. */
async function startFlags(): Promise<string[]> {
  const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(file) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('-'));
}
