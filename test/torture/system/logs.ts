import { readFile } from 'node:fs/promises';

/** What a server has logged as a defect of its own. Trouble with the database is expected, and only a warning. */
export async function defectsIn(logFile: string): Promise<{ at: number; what: string }[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return lines.filter((line) => /^\{"level":[56]0,/.test(line)).flatMap(understood);
}

/** How often two sessions of PostgreSQL have waited for each other: locks are to be taken in one order. */
export async function deadlocksIn(logFile: string): Promise<number> {
  return (await readFile(logFile, 'utf8')).split('deadlock detected').length - 1;
}

/** The last line of a server that was killed may be half a line. */
function understood(line: string): { at: number; what: string }[] {
  try {
    const { time, msg, err } = JSON.parse(line);
    return [{ at: time, what: `logged "${msg}": ${String(err?.message).trim().split('\n').at(-1)}` }];
  } catch {
    return [];
  }
}
