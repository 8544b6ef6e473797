import { built } from './compiled.ts';

// As in built.ts, what only a whole server needs: those who measure less do without its memory.
export const { startApp } = await built<typeof import('../../src/app.ts')>('app');
export const { modules } = await built<typeof import('../../src/modules/index.ts')>('modules/index');
