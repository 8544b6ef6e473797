import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Migration } from './schema-engine.ts';

/** Why a server cannot start on its database. The message says what to do. */
export type MigrationErrorCode =
  /** It cannot be reached, or refused what is not part of a migration. */
  | 'DATABASE_UNAVAILABLE'
  /** It has tables, but no record of migrations: it belongs to something else. */
  | 'DATABASE_NOT_EMPTY'
  /** The folder of migrations is missing or incomplete. */
  | 'MIGRATIONS_NOT_FOUND'
  /** Another session held the lock for too long. */
  | 'MIGRATION_LOCKED'
  /** One failed, now or earlier. Nothing later runs until a person has looked at it. */
  | 'MIGRATION_FAILED'
  /** Its file is not what was applied. */
  | 'MIGRATION_EDITED'
  /** The database has had migrations that this version does not know: a newer server was here. */
  | 'MIGRATION_UNKNOWN'
  /** It lacks migrations, and who found out does not apply them. */
  | 'MIGRATION_PENDING';

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;
  constructor(code: MigrationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A row of `_prisma_migrations` that counts: those marked as rolled back do not. */
export interface Run {
  id: string;
  name: string;
  checksum: string;
  startedAt: Date;
  finished: boolean;
  logs: string | null;
}

export async function readHistory(pool: pg.Pool): Promise<Run[]> {
  const table = await pool.query<{ missing: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NULL AS missing`);
  if (table.rows[0]?.missing) return [];
  const { rows } = await pool.query<Run>(
    `SELECT id, migration_name AS name, checksum, started_at AS "startedAt", finished_at IS NOT NULL AS finished, logs
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** What the database lacks. @throws MigrationError when its history is not the beginning of ours. */
export function pendingMigrations(migrations: readonly Migration[], history: readonly Run[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const applied = new Set<string>();
  const unknown: string[] = [];
  for (const run of history) {
    if (!run.finished) throw failed(run);
    const migration = known.get(run.name);
    if (!migration) unknown.push(run.name);
    else if (!hasChecksum(migration.sql, run.checksum)) throw edited(run);
    applied.add(run.name);
  }
  if (unknown.length > 0) {
    const message = `The database has migrations that this version does not know (${unknown.join(', ')}): a newer version has been here. Start that version or a later one, or restore a backup from before it.`;
    throw new MigrationError('MIGRATION_UNKNOWN', message);
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

/** As the engine compares them: git may have changed the line endings. */
function hasChecksum(sql: string, checksum: string): boolean {
  const variants = [sql, sql.replaceAll('\r\n', '\n'), sql.replaceAll('\n', '\r\n')];
  return variants.some((text) => createHash('sha256').update(text).digest('hex') === checksum);
}

/** What to do about a migration that has no end. */
export function failed({ id, name, startedAt, logs }: Run): MigrationError {
  const mark = (column: string) => `UPDATE _prisma_migrations SET ${column} = now() WHERE id = '${id}'`;
  const [done, undone] = [mark('finished_at'), mark('rolled_back_at')];
  const message = logs
    ? `Migration ${name} failed: ${plainWords(logs)}. PostgreSQL has undone it, unless it commits by itself. Correct it, or what it ran into, then let it run again: ${undone}`
    : `Migration ${name} was interrupted (it began at ${startedAt.toISOString()}), so what became of it is unknown. If the database has its changes: ${done}. If not: ${undone}`;
  return new MigrationError('MIGRATION_FAILED', message);
}

function edited({ name }: Run): MigrationError {
  const message = `Migration ${name} was edited after it had been applied to this database. Restore its migration.sql, and write the change as a new migration.`;
  return new MigrationError('MIGRATION_EDITED', message);
}

/** The message inside an error of the engine, which wraps it in headings and a trace of its Rust functions. */
export function plainWords(text: string): string {
  const [message = ''] = text.split(/\n\s+0: /);
  return message.replaceAll(/external connector error\s+|Error querying the database: |ERROR: /g, '').trim();
}
