// Builds the server into dist/, silently unless something is wrong: this runs before every start.
import { spawnSync } from 'node:child_process';

for (const command of ['prisma generate', 'tsc -p tsconfig.build.json']) {
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' });
  if (status !== 0) {
    console.error(`${command}\n${stdout}${stderr}`);
    process.exit(1);
  }
}
