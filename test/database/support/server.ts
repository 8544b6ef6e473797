/**
 * A server reduced to its database, for tests that need a process of its own: to be killed, or run as another account.
 * Bundled by `app.ts`. One JSON value per line goes out; `stop` comes in.
 */
import { startEmbeddedPostgres } from '../../../src/database/embedded.ts';

const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const [dataDir = '', mode] = process.argv.slice(2);

process.on('SIGINT', () => say({ interrupted: true }));
try {
  const { url, stop, ...rest } = await startEmbeddedPostgres({ dataDir, log: (line) => say({ log: line }) });
  say({ started: { url, ...rest } });
  // Left alone, the process has nothing to stay for.
  if (mode !== 'leave') {
    process.stdin.once('data', async () => {
      await stop();
      say({ stopped: true });
      process.stdin.destroy();
    });
  }
} catch (error) {
  say({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
}
