import { EmbeddedPostgresError } from '../database/embedded.ts';
import { faultOf, plainMessageOf, sqlStateOf } from '../database/errors.ts';
import { MigrationError } from '../database/migration-history.ts';

/** Something that a person can put right. The message is one line that says how. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** What a person is told about an error. */
export function explain(error: unknown): string {
  const reason = plainMessageOf(error);
  if ([Failure, EmbeddedPostgresError, MigrationError].some((known) => error instanceof known)) return reason;
  if (sqlStateOf(error) === '42501') {
    return `${reason}: this account may not do that. Give the owner's as DATABASE_MIGRATION_URL.`;
  }
  if (faultOf(error) === 'unreachable') {
    return `The database is out of reach (${reason}): it was stopped, or is overloaded. Run this again when it is back.`;
  }
  return reason;
}
