-- CreateIndex
CREATE INDEX "events_type_position_idx" ON "events"("type", "position");

-- Prisma knows no partial indexes, and does not see this one: events without an actor need not be in it.
CREATE INDEX events_actor_position_idx ON events (actor, position) WHERE actor IS NOT NULL;

-- In a stream, versions increase with positions, and positions with time; none has a gap. So where something was is found
-- by halving: some twenty lookups by key instead of one more index, for which every append would pay.

-- The version that a stream had at a position: 0 if it did not exist yet.
CREATE FUNCTION stream_version_at(stream text, at bigint) RETURNS int
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
-- Plans are made once per session, maybe while the table is empty.
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
  below int := 0;
  above int := coalesce((SELECT e.version FROM events e WHERE e.stream_id = stream ORDER BY e.version DESC LIMIT 1), 0);
  middle int;
BEGIN
  WHILE below < above LOOP
    middle := above - (above - below) / 2;
    IF (SELECT e.position FROM events e WHERE e.stream_id = stream AND e.version = middle) <= at THEN
      below := middle;
    ELSE
      above := middle - 1;
    END IF;
  END LOOP;
  RETURN below;
END $$;

-- The position that the log had reached at a time: 0 if it was empty.
CREATE FUNCTION position_at(at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
  below bigint := 0;
  above bigint := (SELECT h.position FROM head h WHERE h.id = 1);
  middle bigint;
BEGIN
  WHILE below < above LOOP
    middle := above - (above - below) / 2;
    IF (SELECT e.recorded_at FROM events e WHERE e.position = middle) <= at THEN
      below := middle;
    ELSE
      above := middle - 1;
    END IF;
  END LOOP;
  RETURN below;
END $$;

-- The positions of the next events of each type, or by each actor, after a position: at most so many for each. The caller
-- has named none twice.
CREATE FUNCTION next_events(of text, wanted text[], after bigint, at_most int)
RETURNS TABLE (value text, "position" bigint)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
-- Whatever the statistics say: nothing may read all events of a type to sort them, and nothing is compiled for this.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  -- Ranges of rows, ordered by both columns, which one index alone can give. To `type = … ORDER BY position`, PostgreSQL
  -- prefers walking the log by position when it believes the type to be frequent: for ever, when it is not.
  IF of = 'type' THEN
    RETURN QUERY SELECT w.value, e.position FROM unnest(wanted) w(value) CROSS JOIN LATERAL (
      SELECT e.position FROM events e WHERE (e.type, e.position) > (w.value, after) AND e.type <= w.value
      ORDER BY e.type, e.position LIMIT at_most) e;
  ELSE
    RETURN QUERY SELECT w.value, e.position FROM unnest(wanted) w(value) CROSS JOIN LATERAL (
      SELECT e.position FROM events e WHERE (e.actor, e.position) > (w.value, after) AND e.actor <= w.value
      ORDER BY e.actor, e.position LIMIT at_most) e;
  END IF;
END $$;
