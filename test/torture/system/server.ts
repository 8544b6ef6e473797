import pino from 'pino';
import { startApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { tortured } from '../tortured.ts';

/** One server as a process of its own: says where it is over IPC, and goes with whoever started it. */
process.on('disconnect', () => process.exit(1));

const config = readConfig(process.env);
const app = await startApp(config, tortured, pino({ level: config.LOG_LEVEL }));

process.on('SIGTERM', async () => {
  await app.close();
  process.exit(0);
});
process.send?.({ url: app.url });
