-- CreateTable
CREATE TABLE "events" (
    "position" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "stream_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "schema_version" SMALLINT NOT NULL,
    "data" JSONB NOT NULL,
    "command_id" UUID NOT NULL,
    "correlation_id" UUID NOT NULL,
    "causation_id" UUID,
    "actor" TEXT,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "commands" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "stream_id" TEXT NOT NULL,
    "actor" TEXT,
    "request_hash" BYTEA NOT NULL,
    "rejection_code" TEXT,
    "version" INTEGER NOT NULL,
    "position" BIGINT,
    "event_count" INTEGER NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "commands_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "claims" (
    "key" BYTEA NOT NULL,
    "stream_id" TEXT NOT NULL,

    CONSTRAINT "claims_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "head" (
    "id" SMALLINT NOT NULL,
    "position" BIGINT NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "settings" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "events_id_key" ON "events"("id");

-- CreateIndex
CREATE UNIQUE INDEX "events_stream_id_version_key" ON "events"("stream_id", "version");

-- The head of an empty log. One row, whose lock every append takes first.
INSERT INTO head (id, position, recorded_at) VALUES (1, 0, '-infinity');
ALTER TABLE head ADD CONSTRAINT head_is_one_row CHECK (id = 1);

-- What was committed cannot be changed. Statement level, so that even a statement that matches no row is refused.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is forbidden: the log is append-only', tg_op, tg_table_name USING ERRCODE = 'TM001';
END $$;

CREATE TRIGGER events_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Appends a batch of units of work. No two of them may touch the same stream, claim or command id (the writer sees to
-- it), so one statement checks and writes them all; each succeeds or fails by itself, and says so in its row.
--
-- `batch` is an array of
--   { commandId, type, streamId, actor, requestHash, correlationId, causationId, rejection, version, dryRun,
--     guards: [{ streamId, version }],
--     events: [{ id, streamId, version, type, schemaVersion, data }],
--     claims: [{ key, streamId, code }] }         -- code null: release it; else take it, or be refused with that code
-- Hashes and keys are hex. `version` is the one that the command's stream has afterwards, `rejection` the code of a
-- command that its decider refused (its guards still hold: the refusal, too, was decided on that state).
--
-- Returns a row per unit:
--   outcome   accepted, rejected (by the decider, or for a claim), conflict (a guard failed), or known (the command id
--             was seen before: nothing is checked or written, the stored answer is in `detail`)
--   position  of its last event; the head at that point of the batch if it has none
--   micros    time of its first event, microseconds since 1970
--   detail    conflict: { streamId, expected, actual }; rejected: { code }; known: the command record
CREATE FUNCTION append_to_log(batch jsonb, origin text)
RETURNS TABLE (n bigint, outcome text, "position" bigint, micros bigint, detail jsonb)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
-- The plan is made once per session, maybe while the tables are empty: never let it scan one, and do not compile it.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  head_position bigint;
  started timestamptz;
BEGIN
  -- Everybody queues here, and the lock is held until COMMIT. The statement below takes its snapshot after that, so
  -- it sees all that was committed before; and position n+1 cannot become visible before position n.
  -- The clock may go back; recorded_at must not.
  SELECT h.position, greatest(clock_timestamp(), h.recorded_at + interval '1 microsecond')
    INTO STRICT head_position, started FROM head h WHERE h.id = 1 FOR UPDATE;

  RETURN QUERY
  WITH unit AS MATERIALIZED (
    SELECT b.ordinality AS n, u.*, known.answer AS known
    FROM jsonb_array_elements(batch) WITH ORDINALITY b(unit, ordinality)
    CROSS JOIN LATERAL jsonb_to_record(b.unit) AS u(
      "commandId" uuid, type text, "streamId" text, actor text, "requestHash" text, "correlationId" uuid,
      "causationId" uuid, rejection text, version int, "dryRun" boolean, guards jsonb, events jsonb, claims jsonb)
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object(
        'streamId', c.stream_id, 'requestHash', encode(c.request_hash, 'hex'), 'rejection', c.rejection_code,
        'version', c.version, 'position', c.position::text, 'eventCount', c.event_count) AS answer
      FROM commands c WHERE c.id = u."commandId" LIMIT 1
    ) known ON NOT u."dryRun"
  ),
  verdict AS MATERIALIZED (
    SELECT unit.*, conflict.detail AS conflict, coalesce(unit.rejection, taken.code) AS refusal,
      CASE WHEN known IS NOT NULL THEN 'known'
           WHEN conflict.detail IS NOT NULL THEN 'conflict'
           WHEN rejection IS NOT NULL OR taken.code IS NOT NULL THEN 'rejected'
           ELSE 'accepted' END AS outcome
    FROM unit
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object('streamId', g."streamId", 'expected', g.version, 'actual', found.version) AS detail
      FROM jsonb_to_recordset(guards) AS g("streamId" text, version int)
      CROSS JOIN LATERAL (SELECT coalesce((
        SELECT e.version FROM events e WHERE e.stream_id = g."streamId" ORDER BY e.version DESC LIMIT 1), 0) AS version
      ) found
      WHERE found.version <> g.version LIMIT 1
    ) conflict ON known IS NULL
    LEFT JOIN LATERAL (
      SELECT k.code FROM jsonb_to_recordset(claims) AS k(key text, "streamId" text, code text)
      CROSS JOIN LATERAL (SELECT c.stream_id FROM claims c WHERE c.key = decode(k.key, 'hex') LIMIT 1) held
      WHERE k.code IS NOT NULL AND held.stream_id <> k."streamId"
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(claims) AS r(key text, "streamId" text, code text)
                        WHERE r.key = k.key AND r.code IS NULL AND r."streamId" = held.stream_id)
      LIMIT 1
    ) taken ON known IS NULL
  ),
  counted AS MATERIALIZED (
    SELECT verdict.*, CASE WHEN outcome = 'accepted' AND NOT "dryRun" THEN jsonb_array_length(events) ELSE 0 END AS written
    FROM verdict
  ),
  numbered AS MATERIALIZED (
    SELECT counted.*, head_position + sum(written) OVER (ORDER BY n)::bigint AS last
    FROM counted
  ),
  inserted AS (
    INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                        causation_id, actor, recorded_at)
    SELECT place.position, r.id, r."streamId", r.version, r.type, r."schemaVersion", r.data, u."commandId",
           u."correlationId", u."causationId", u.actor,
           started + (place.position - head_position - 1) * interval '1 microsecond'
    FROM numbered u
    CROSS JOIN LATERAL jsonb_array_elements(u.events) WITH ORDINALITY e(event, ordinality)
    CROSS JOIN LATERAL jsonb_to_record(e.event) AS r(
      id uuid, "streamId" text, version int, type text, "schemaVersion" smallint, data jsonb)
    CROSS JOIN LATERAL (SELECT u.last - u.written + e.ordinality AS position) place
    WHERE u.written > 0
    ORDER BY place.position
  ),
  recorded AS (
    INSERT INTO commands (id, type, stream_id, actor, request_hash, rejection_code, version, position, event_count,
                          recorded_at)
    SELECT "commandId", type, "streamId", actor, decode("requestHash", 'hex'), refusal,
           CASE WHEN outcome = 'accepted' THEN version ELSE version - jsonb_array_length(events) END,
           CASE WHEN outcome = 'accepted' THEN last END, written,
           started + (last - head_position) * interval '1 microsecond'
    FROM numbered WHERE outcome IN ('accepted', 'rejected') AND NOT "dryRun"
    ORDER BY n
  ),
  claim AS MATERIALIZED (
    SELECT decode(k.key, 'hex') AS key, k."streamId" AS stream_id, k.code
    FROM numbered u CROSS JOIN LATERAL jsonb_to_recordset(u.claims) AS k(key text, "streamId" text, code text)
    WHERE u.outcome = 'accepted' AND NOT u."dryRun"
  ),
  released AS (
    DELETE FROM claims c USING claim k
    WHERE k.code IS NULL AND c.key = k.key AND c.stream_id = k.stream_id
      AND NOT EXISTS (SELECT FROM claim t WHERE t.key = k.key AND t.code IS NOT NULL)
  ),
  taken AS (
    -- A key that the same unit releases elsewhere passes over to its new holder.
    INSERT INTO claims (key, stream_id) SELECT key, stream_id FROM claim WHERE code IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET stream_id = excluded.stream_id WHERE claims.stream_id <> excluded.stream_id
  ),
  moved AS (
    -- The notification is a hint to look; it leaves at COMMIT, one per batch.
    UPDATE head SET position = total.last, recorded_at = started + (total.last - head_position - 1) * interval '1 microsecond'
    FROM (SELECT max(last) AS last FROM numbered) total
    WHERE head.id = 1 AND total.last > head_position
    RETURNING pg_notify('tidemark', total.last || ' ' || origin)
  )
  SELECT n, outcome, last,
         (extract(epoch FROM started) * 1000000)::bigint + last - written - head_position,
         CASE outcome WHEN 'known' THEN known WHEN 'conflict' THEN conflict
                      WHEN 'rejected' THEN jsonb_build_object('code', refusal) END
  FROM numbered ORDER BY n;
END $$;

-- The rights a server needs, as a role to grant to the account it connects with: it reads everything, writes the log
-- through the function alone, and maintains read tables. Tables of later migrations get theirs by default.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidemark_server') THEN
    CREATE ROLE tidemark_server NOLOGIN;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;       -- another database of this server was migrated meanwhile
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'may not create the role tidemark_server: the server runs with the rights of its own account';
END $$;

REVOKE ALL ON FUNCTION append_to_log(jsonb, text) FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidemark_server') THEN
    GRANT USAGE ON SCHEMA public TO tidemark_server;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tidemark_server;
    GRANT SELECT ON events, commands, claims, head TO tidemark_server;
    -- Read at every start, to see that nothing is to be migrated. Prisma's engine made it before this migration.
    IF to_regclass('_prisma_migrations') IS NOT NULL THEN
      GRANT SELECT ON _prisma_migrations TO tidemark_server;
    END IF;
    GRANT SELECT, INSERT, UPDATE ON checkpoints, settings TO tidemark_server;
    GRANT EXECUTE ON FUNCTION append_to_log(jsonb, text) TO tidemark_server;
  END IF;
END $$;
