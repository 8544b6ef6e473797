import type { Queryable } from '../../../src/database/client.ts';
import type { Slot } from '../../../src/projections/table.ts';

/** What happened to the checkpoint of a live table. */
export interface Move {
  readonly at: number;
  readonly name: string;
  readonly generation: number;
  readonly position: bigint;
  /** Which table it was before: `live` for a step, `next` for the end of a rebuild, `previous` for a rollback. */
  readonly cameFrom: Slot | null;
}

/** What projections have found wrong with themselves at any time: drift, or an event at which they stopped. */
export interface Finding {
  readonly at: number;
  readonly what: string;
}

/**
 * Lets the database itself note what would otherwise leave no trace: how the checkpoints of live tables move, and what
 * projections find wrong with themselves, even if a moment later all is well again. It knows which indexes there were.
 */
export const auditSql = `
  CREATE SCHEMA torture;
  CREATE TABLE torture.moves (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), name text NOT NULL,
    generation int NOT NULL, position bigint NOT NULL, came_from text);
  CREATE TABLE torture.findings (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), what text NOT NULL);
  CREATE TABLE torture.declared AS SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public';

  CREATE FUNCTION torture.note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO torture.moves (name, generation, position, came_from)
    VALUES (NEW.name, NEW.generation, NEW.position, CASE TG_OP WHEN 'UPDATE' THEN OLD.slot END);
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_move AFTER INSERT OR UPDATE ON checkpoints FOR EACH ROW WHEN (NEW.slot = 'live')
    EXECUTE FUNCTION torture.note_move();

  CREATE FUNCTION torture.note_finding() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO torture.findings (what) VALUES (TG_ARGV[0] || to_jsonb(NEW));
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_drift AFTER INSERT OR UPDATE ON projection_drift FOR EACH ROW
    EXECUTE FUNCTION torture.note_finding('a row was found to have drifted: ');
  CREATE TRIGGER note_failure AFTER INSERT OR UPDATE ON checkpoints FOR EACH ROW WHEN (NEW.failure IS NOT NULL)
    EXECUTE FUNCTION torture.note_finding('a fold has stopped: ');`;

/** What the database has noted, in order. */
export async function readAudit(database: Queryable): Promise<{ moves: Move[]; findings: Finding[] }> {
  return {
    moves: await database.$queryRaw<Move[]>`
      SELECT extract(epoch FROM at)::float8 * 1000 AS at, name, generation, position, came_from AS "cameFrom"
      FROM torture.moves ORDER BY id`,
    findings: await database.$queryRaw<Finding[]>`
      SELECT extract(epoch FROM at)::float8 * 1000 AS at, what FROM (
        SELECT at, what, id FROM torture.findings
        UNION ALL
        SELECT clock_timestamp(), 'the table ' || d.tablename || ' has lost its index ' || d.indexname, 0
        FROM torture.declared d LEFT JOIN pg_indexes i ON i.schemaname = 'public' AND i.indexdef = d.indexdef
        WHERE i.indexname IS NULL
      ) f ORDER BY id`,
  };
}
