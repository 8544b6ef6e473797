-- AlterTable
ALTER TABLE "commands" ADD COLUMN     "detail" JSONB;

-- CreateTable
CREATE TABLE "snapshots" (
    "stream_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "schema_version" TEXT NOT NULL,
    "state" JSONB NOT NULL,

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("stream_id")
);

-- CreateIndex
CREATE INDEX "commands_recorded_at_idx" ON "commands"("recorded_at");

DROP FUNCTION append_to_log(jsonb, text);

-- The parts of a batch: what append_to_log takes, a row for each.
CREATE TYPE append_unit AS (
  n int,                     -- its number in the batch, from 1; the others' `unit`
  command_id uuid,
  type text,
  stream text,
  actor text,
  hash text,                 -- hex
  correlation uuid,
  causation uuid,
  rejection text,            -- of a command that was refused before it came here, with `detail` (JSON) about it
  detail text,
  found_version int,         -- of the command's stream, before and after it
  version int,
  events int                 -- how many it has
);
CREATE TYPE append_guard AS (
  unit int,
  stream text,
  version int                -- that it must have, 0 if it must not exist, -1 if it must exist
);
CREATE TYPE append_event AS (
  n int,                     -- its number in the batch, from 1, and in the array of the events' data
  unit int,
  id uuid,
  stream text,
  version int,
  type text,
  schema_version smallint
);
CREATE TYPE append_claim AS (
  unit int,
  key text,                  -- hex
  stream text,
  code text                  -- null to release the key; else to take it, or to be refused with this when another holds it
);

-- Appends a batch of units of work. No unit of a batch may change a stream, claim or command id that another one looks at
-- (the writer sees to it), so each step checks or writes all of them at once; each unit succeeds or fails by itself. What
-- was refused before it came here has guards too: the refusal was decided on a state, and that state must still hold.
-- (Rows in arrays cost half of what JSON does.) `lasts` has, for each unit, the number of events up to and with it.
--
-- Returns one row:
--   head_before   position of the last event before this batch
--   micros        time of its first event, microseconds since 1970; each further event is one later
--   written       events that were written
--   exceptions    unit → what became of it, for those that were not simply carried out (or refused, as they came):
--                   { outcome: conflict, streamId, expected, actual }     a guard failed
--                   { outcome: rejected, code, claim, heldBy }            a key is taken
--                   { outcome: known, answer: { … } }                     the command id was seen before: nothing was
--                                                                         checked or written, this is the stored answer
CREATE FUNCTION append_to_log(
  origin text, dry_run boolean,
  units append_unit[], lasts int[], guards append_guard[], new_events append_event[], data jsonb,
  changes append_claim[],
  OUT head_before bigint, OUT micros bigint, OUT written int, OUT exceptions jsonb)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
-- Plans are made once per session, maybe while the tables are empty: never let one scan a table, and do not compile it.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  started timestamptz;
  found jsonb;
BEGIN
  -- Everybody queues here, and the lock is held until COMMIT. The statements below take their snapshots after that, so
  -- they see all that was committed before; and position n+1 cannot become visible before position n.
  -- The clock may go back; recorded_at must not.
  SELECT h.position, greatest(clock_timestamp(), h.recorded_at + interval '1 microsecond')
    INTO STRICT head_before, started FROM head h WHERE h.id = 1 FOR UPDATE;
  micros := (extract(epoch FROM started) * 1000000)::bigint;
  written := 0;

  IF NOT dry_run THEN
    SELECT jsonb_object_agg(u.n, jsonb_build_object('outcome', 'known', 'answer', jsonb_build_object(
        'streamId', c.stream_id, 'requestHash', encode(c.request_hash, 'hex'), 'rejection', c.rejection_code,
        'detail', c.detail, 'version', c.version, 'position', c.position::text, 'eventCount', c.event_count)))
      INTO exceptions
      FROM unnest(units) u
      CROSS JOIN LATERAL (SELECT * FROM commands c WHERE c.id = u.command_id LIMIT 1) c;
  END IF;

  -- Where several guards of a unit fail, the first one is told (of equal keys, the last one stays).
  SELECT jsonb_object_agg(g.unit, jsonb_build_object('outcome', 'conflict', 'streamId', g.stream,
      'expected', g.version, 'actual', actual.version) ORDER BY g.n DESC)
    INTO found
    FROM unnest(guards) WITH ORDINALITY g(unit, stream, version, n)
    CROSS JOIN LATERAL (SELECT coalesce((
      SELECT e.version FROM events e WHERE e.stream_id = g.stream ORDER BY e.version DESC LIMIT 1), 0) AS version
    ) actual
    WHERE CASE g.version WHEN -1 THEN actual.version = 0 ELSE actual.version <> g.version END;
  IF found IS NOT NULL THEN exceptions := found || coalesce(exceptions, '{}'); END IF;

  IF cardinality(changes) > 0 THEN
    SELECT jsonb_object_agg(k.unit, jsonb_build_object('outcome', 'rejected', 'code', k.code, 'claim', k.key,
        'heldBy', held.stream_id) ORDER BY k.n DESC)
      INTO found
      FROM unnest(changes) WITH ORDINALITY k(unit, key, stream, code, n)
      CROSS JOIN LATERAL (SELECT c.stream_id FROM claims c WHERE c.key = decode(k.key, 'hex') LIMIT 1) held
      WHERE k.code IS NOT NULL AND held.stream_id <> k.stream
        -- A key that the same unit releases elsewhere passes over to its new holder.
        AND NOT EXISTS (SELECT FROM unnest(changes) r
                        WHERE r.key = k.key AND r.code IS NULL AND r.stream = held.stream_id);
    IF found IS NOT NULL THEN exceptions := found || coalesce(exceptions, '{}'); END IF;
  END IF;

  IF dry_run THEN RETURN; END IF;

  IF exceptions IS NOT NULL THEN
    -- Only what is carried out remains.
    SELECT array_agg(e ORDER BY e.n) INTO new_events FROM unnest(new_events) e WHERE NOT exceptions ? e.unit::text;
    SELECT array_agg(k) INTO changes FROM unnest(changes) k WHERE NOT exceptions ? k.unit::text;
    SELECT array_agg(u.last ORDER BY u.n) INTO lasts FROM (
      SELECT u.n, sum(CASE WHEN exceptions ? u.n::text THEN 0 ELSE u.events END) OVER (ORDER BY u.n) AS last
      FROM unnest(units) u
    ) u;
  END IF;

  INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                      causation_id, actor, recorded_at)
  SELECT head_before + e.place, e.id, e.stream, e.version, e.type, e.schema_version, data -> (e.n - 1), u.command_id,
         u.correlation, u.causation, u.actor, started + (e.place - 1) * interval '1 microsecond'
  FROM unnest(new_events) WITH ORDINALITY e(n, unit, id, stream, version, type, schema_version, place)
  JOIN unnest(units) u ON u.n = e.unit;
  GET DIAGNOSTICS written = ROW_COUNT;

  INSERT INTO commands (id, type, stream_id, actor, request_hash, rejection_code, detail, version, position, event_count,
                        recorded_at)
  SELECT u.command_id, u.type, u.stream, u.actor, decode(u.hash, 'hex'), r.code, r.detail,
         CASE WHEN r.code IS NULL THEN u.version ELSE u.found_version END,
         CASE WHEN r.code IS NULL THEN head_before + lasts[u.n] END,
         CASE WHEN r.code IS NULL THEN u.events ELSE 0 END,
         started + lasts[u.n] * interval '1 microsecond'
  FROM unnest(units) u
  CROSS JOIN LATERAL (SELECT exceptions -> u.n::text AS exception OFFSET 0) x
  -- Of those that a claim has refused, the record of that is written; of the other exceptions, nothing.
  CROSS JOIN LATERAL (SELECT coalesce(u.rejection, x.exception ->> 'code') AS code,
                             coalesce(u.detail::jsonb, x.exception - 'outcome' - 'code') AS detail) r
  WHERE x.exception IS NULL OR x.exception ->> 'outcome' = 'rejected';

  IF cardinality(changes) > 0 THEN
    -- Each found by its key, under the lock: a join could be planned as a scan of all claims.
    DELETE FROM claims c WHERE c.ctid = ANY (ARRAY(
      SELECT held.ctid FROM unnest(changes) k
      CROSS JOIN LATERAL (
        SELECT c.ctid FROM claims c WHERE c.key = decode(k.key, 'hex') AND c.stream_id = k.stream LIMIT 1
      ) held
      WHERE k.code IS NULL));
    -- All that stood in the way was found above, under the lock.
    INSERT INTO claims (key, stream_id)
      SELECT decode(k.key, 'hex'), k.stream FROM unnest(changes) k WHERE k.code IS NOT NULL
      ON CONFLICT (key) DO UPDATE SET stream_id = excluded.stream_id;
  END IF;

  IF written > 0 THEN
    UPDATE head SET position = head_before + written, recorded_at = started + (written - 1) * interval '1 microsecond'
      WHERE id = 1;
    -- A hint to look; it leaves at COMMIT, one per batch.
    PERFORM pg_notify('tidemark', (head_before + written) || ' ' || origin);
  END IF;
END $$;

-- Forgets commands that were recorded before a time, at most so many at once, and says how many it forgot. It touches
-- neither the head nor any row that an append could wait for: an append that still sees such a record only reads it.
-- Nobody may forget what is less than a day old: clients may be retrying it.
CREATE FUNCTION purge_commands(before timestamptz, at_most int) RETURNS int
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
  purged int;
BEGIN
  DELETE FROM commands WHERE id = ANY (ARRAY(
    SELECT c.id FROM commands c WHERE c.recorded_at < least(before, clock_timestamp() - interval '1 day')
    ORDER BY c.recorded_at LIMIT at_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END $$;

REVOKE ALL ON FUNCTION append_to_log, purge_commands FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidemark_server') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO tidemark_server;
    GRANT EXECUTE ON FUNCTION append_to_log, purge_commands TO tidemark_server;
  END IF;
END $$;
