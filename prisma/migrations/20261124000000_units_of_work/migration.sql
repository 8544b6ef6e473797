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

-- Appends a batch of units of work. No unit of a batch may write a stream, claim or command id that another one reads or
-- writes (the writer sees to it), so each step checks or writes all of them at once; each unit succeeds or fails by
-- itself.
--
-- The batch comes as columns, for arrays cost half of what JSON does. The columns of one kind have the same length:
--   one row per unit      command_ids … event_counts. `found_versions` and `versions` are those of the command's stream
--                         before and after it; `rejections` the code of a command that was refused before it came here
--                         (its guards still hold: the refusal, too, was decided on that state), `details` more about it
--   one row per guard     guard_units (which unit, from 1), guard_streams, guard_versions: the version that the stream
--                         must have, 0 if it must not exist, -1 if it must exist
--   one row per event     event_units …, and their data as one JSON array; ordered by unit
--   one row per claim     claim_units, claim_keys (hex), claim_streams, claim_codes: null to release the key; else to take
--                         it, or to be refused with that code when another stream holds it
--
-- Returns one row:
--   head_before position of the last event before this batch
--   micros      time of its first event, microseconds since 1970; each further event is one later
--   written     events that were written
--   exceptions  unit → what became of it, for those that were not simply carried out (or refused, as they came):
--                 { outcome: conflict, streamId, expected, actual }     a guard failed
--                 { outcome: rejected, code, claim, heldBy }            a key is taken
--                 { outcome: known, answer: { … } }                     the command id was seen before: nothing was
--                                                                       checked or written, this is the stored answer
CREATE FUNCTION append_to_log(
  origin text,
  command_ids uuid[], types text[], streams text[], actors text[], hashes text[], correlations uuid[], causations uuid[],
  rejections text[], details text[], found_versions int[], versions int[], dry_runs boolean[], event_counts int[],
  guard_units int[], guard_streams text[], guard_versions int[],
  event_units int[], event_ids uuid[], event_streams text[], event_versions int[], event_types text[],
  event_schemas smallint[], event_data jsonb,
  claim_units int[], claim_keys text[], claim_streams text[], claim_codes text[],
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

  SELECT jsonb_object_agg(u.n, jsonb_build_object('outcome', 'known', 'answer', jsonb_build_object(
      'streamId', c.stream_id, 'requestHash', encode(c.request_hash, 'hex'), 'rejection', c.rejection_code,
      'detail', c.detail, 'version', c.version, 'position', c.position::text, 'eventCount', c.event_count)))
    INTO exceptions
    FROM unnest(command_ids, dry_runs) WITH ORDINALITY u(id, dry_run, n)
    CROSS JOIN LATERAL (SELECT * FROM commands c WHERE c.id = u.id LIMIT 1) c
    WHERE NOT u.dry_run;

  -- Where several guards of a unit fail, the first one is told (of equal keys, the last one stays).
  SELECT jsonb_object_agg(g.unit, jsonb_build_object('outcome', 'conflict', 'streamId', g.stream,
      'expected', g.version, 'actual', actual.version) ORDER BY g.n DESC)
    INTO found
    FROM unnest(guard_units, guard_streams, guard_versions) WITH ORDINALITY g(unit, stream, version, n)
    CROSS JOIN LATERAL (SELECT coalesce((
      SELECT e.version FROM events e WHERE e.stream_id = g.stream ORDER BY e.version DESC LIMIT 1), 0) AS version
    ) actual
    WHERE CASE g.version WHEN -1 THEN actual.version = 0 ELSE actual.version <> g.version END;
  IF found IS NOT NULL THEN exceptions := found || coalesce(exceptions, '{}'); END IF;

  IF cardinality(claim_units) > 0 THEN
    SELECT jsonb_object_agg(k.unit, jsonb_build_object('outcome', 'rejected', 'code', k.code, 'claim', k.key,
        'heldBy', held.stream_id) ORDER BY k.n DESC)
      INTO found
      FROM unnest(claim_units, claim_keys, claim_streams, claim_codes) WITH ORDINALITY k(unit, key, stream, code, n)
      CROSS JOIN LATERAL (SELECT c.stream_id FROM claims c WHERE c.key = decode(k.key, 'hex') LIMIT 1) held
      WHERE k.code IS NOT NULL AND held.stream_id <> k.stream
        -- A key that the same unit releases elsewhere passes over to its new holder.
        AND NOT EXISTS (SELECT FROM unnest(claim_keys, claim_streams, claim_codes) r(key, stream, code)
                        WHERE r.key = k.key AND r.code IS NULL AND r.stream = held.stream_id);
    IF found IS NOT NULL THEN exceptions := found || coalesce(exceptions, '{}'); END IF;
  END IF;

  INSERT INTO events (position, id, stream_id, version, type, schema_version, data, command_id, correlation_id,
                      causation_id, actor, recorded_at)
  SELECT head_before + e.place, e.id, e.stream, e.version, e.type, e.schema, e.data, e.command_id, e.correlation, e.causation,
         e.actor, started + (e.place - 1) * interval '1 microsecond'
  FROM (
    SELECT e.*, u.*, row_number() OVER (ORDER BY e.n) AS place
    FROM ROWS FROM (unnest(event_units, event_ids, event_streams, event_versions, event_types, event_schemas),
                    jsonb_array_elements(event_data)) WITH ORDINALITY e(unit, id, stream, version, type, schema, data, n)
    JOIN unnest(command_ids, correlations, causations, actors, dry_runs) WITH ORDINALITY
         u(command_id, correlation, causation, actor, dry_run, unit_n) ON u.unit_n = e.unit
    WHERE NOT u.dry_run AND (exceptions IS NULL OR NOT exceptions ? e.unit::text)
  ) e;
  GET DIAGNOSTICS written = ROW_COUNT;

  INSERT INTO commands (id, type, stream_id, actor, request_hash, rejection_code, detail, version, position, event_count,
                        recorded_at)
  SELECT u.id, u.type, u.stream, u.actor, decode(u.hash, 'hex'), u.rejection, u.detail,
         CASE WHEN u.rejection IS NULL THEN u.version ELSE u.found END,
         CASE WHEN u.rejection IS NULL THEN head_before + u.last END,
         u.events, started + u.last * interval '1 microsecond'
  FROM (
    SELECT u.*, sum(u.events) OVER (ORDER BY u.n) AS last
    FROM (
      SELECT u.n, u.id, u.type, u.stream, u.actor, u.hash, u.found, u.version,
             coalesce(u.rejection, taken.refusal ->> 'code') AS rejection,
             coalesce(u.detail::jsonb, taken.refusal - 'outcome' - 'code') AS detail,
             CASE WHEN taken.refusal IS NULL THEN u.events ELSE 0 END AS events
      FROM unnest(command_ids, types, streams, actors, hashes, rejections, details, found_versions, versions, dry_runs,
                  event_counts)
           WITH ORDINALITY u(id, type, stream, actor, hash, rejection, detail, found, version, dry_run, events, n)
      CROSS JOIN LATERAL (SELECT exceptions -> u.n::text AS refusal) taken
      WHERE NOT u.dry_run AND (taken.refusal IS NULL OR taken.refusal ->> 'outcome' = 'rejected')
    ) u
  ) u;

  IF array_position(claim_codes, NULL) IS NOT NULL THEN
    DELETE FROM claims c
      -- By an array of keys: a join could be planned as a scan of all claims.
      WHERE c.key = ANY (ARRAY(
          SELECT decode(k.key, 'hex') FROM unnest(claim_units, claim_keys, claim_codes) k(unit, key, code)
          WHERE k.code IS NULL AND NOT dry_runs[k.unit] AND (exceptions IS NULL OR NOT exceptions ? k.unit::text)))
        AND c.stream_id = (SELECT k.stream FROM unnest(claim_keys, claim_streams, claim_codes) k(key, stream, code)
                           WHERE k.code IS NULL AND decode(k.key, 'hex') = c.key LIMIT 1);
  END IF;
  IF cardinality(claim_units) > 0 THEN
    -- All that stood in the way was found above, under the lock.
    INSERT INTO claims (key, stream_id)
      SELECT decode(k.key, 'hex'), k.stream
      FROM unnest(claim_units, claim_keys, claim_streams, claim_codes) k(unit, key, stream, code)
      WHERE k.code IS NOT NULL
        AND NOT dry_runs[k.unit] AND (exceptions IS NULL OR NOT exceptions ? k.unit::text)
      ON CONFLICT (key) DO UPDATE SET stream_id = excluded.stream_id;
  END IF;

  IF written > 0 THEN
    UPDATE head SET position = head_before + written, recorded_at = started + (written - 1) * interval '1 microsecond' WHERE id = 1;
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
  DELETE FROM commands WHERE id IN (
    SELECT c.id FROM commands c WHERE c.recorded_at < least(before, clock_timestamp() - interval '1 day')
    ORDER BY c.recorded_at LIMIT at_most FOR UPDATE SKIP LOCKED);
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
