/** Ends most messages: whatever is wrong with the embedded PostgreSQL, one's own always works. */
export const useYourOwn = 'set DATABASE_URL to use a PostgreSQL of your own';

/** The embedded PostgreSQL cannot start or stop. The message says what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** Another process keeps the database of this data folder up, or is about to. */
export class DataFolderInUse extends EmbeddedPostgresError {}

/** The error code (`ENOENT`, …) or SQLSTATE that an unknown thrown value carries, if any. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Gives `undefined` where the file is missing, and throws everything else. */
export async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
