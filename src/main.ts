import pino, { type Logger } from 'pino';
import { startApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { modules } from './modules/index.ts';
import { welcome } from './welcome.ts';

/** How long a clean stop may take before the process ends anyway, ms. */
const STOP_MS = 20_000;

function createLogger(level: string): Logger {
  return process.stdout.isTTY
    ? pino({ level, base: null, transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss' } } })
    : pino({ level });
}

async function main(): Promise<void> {
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
  const logger = createLogger(config.LOG_LEVEL);

  let stopping = false;
  const starting = startApp(config, modules, logger);
  async function stop(signal: string): Promise<void> {
    if (stopping) return;
    stopping = true;
    logger.info(`${signal}: stopping`);
    setTimeout(() => {
      logger.error(`not stopped within ${STOP_MS} ms`);
      process.exit(1);
    }, STOP_MS).unref();
    await (await starting).close();
    logger.info('stopped');
    process.exit(0);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal));

  try {
    const app = await starting;
    if (!stopping) process.stdout.write(welcome(app));
  } catch (error) {
    // People read this line first; the stack is for a defect.
    logger.debug({ err: error }, 'not started');
    console.error(`Tidemark did not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

await main();
