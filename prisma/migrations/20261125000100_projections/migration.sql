-- A projection may have three tables: the one that is read, in the schema public; the one that a rebuild is filling, of
-- the same name in tidemark_next; and the one from before, in tidemark_previous. So everything about a table has the same
-- name wherever it is, and to exchange tables is to change their schemas.
CREATE SCHEMA tidemark_next;
CREATE SCHEMA tidemark_previous;

-- AlterTable
ALTER TABLE "checkpoints" DROP CONSTRAINT "checkpoints_pkey",
ADD COLUMN     "failure" JSONB,
ADD COLUMN     "generation" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "revision" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "slot" TEXT NOT NULL DEFAULT 'live',
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1,
ADD CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("name", "slot");
ALTER TABLE "checkpoints" ALTER COLUMN "generation" DROP DEFAULT,
ALTER COLUMN "revision" DROP DEFAULT,
ALTER COLUMN "slot" DROP DEFAULT,
ALTER COLUMN "version" DROP DEFAULT;
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_slot_is_known" CHECK (slot IN ('live', 'next', 'previous'));

-- Numbers tables. One that was given up never gives its number to another: somebody may still be at work on it.
CREATE SEQUENCE projection_generations AS INTEGER START 2;

-- CreateTable
CREATE TABLE "projection_skips" (
    "name" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "position" BIGINT NOT NULL,
    "failure" JSONB NOT NULL,
    "actor" TEXT,
    "skipped_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "projection_skips_pkey" PRIMARY KEY ("name","generation","position")
);

-- CreateTable
CREATE TABLE "projection_drift" (
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fields" TEXT[],
    "position" BIGINT NOT NULL,
    "found_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "projection_drift_pkey" PRIMARY KEY ("name","key")
);

-- CreateTable
CREATE TABLE "daily_registrations" (
    "day" DATE NOT NULL,
    "registered" INTEGER NOT NULL,
    "erased" INTEGER NOT NULL,
    "activated" INTEGER NOT NULL,

    CONSTRAINT "daily_registrations_pkey" PRIMARY KEY ("day")
);

-- CreateIndex
CREATE INDEX "users_status_registeredAt_id_idx" ON "users"("status", "registeredAt", "id");

-- Part of every PostgreSQL distribution, and the owner of a database may have it since PostgreSQL 13. Without it, a search
-- for a part of a name reads on until it has found enough.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "users_emailKey_idx" ON "users" USING GIN ("emailKey" gin_trgm_ops);
  CREATE INDEX "users_displayNameKey_idx" ON "users" USING GIN ("displayNameKey" gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
  RAISE NOTICE 'may not create the extension pg_trgm: searches for parts of names are slower';
END $$;

-- What a server may have done to its read tables. The functions below own the tables' schemas in its stead, and let nobody
-- exchange a table whose rows he could not delete anyway. A read table is replaced as a whole: whatever hangs on it and
-- would stay with the old one is refused, by name.
CREATE FUNCTION check_read_table(relation text) RETURNS regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live regclass := to_regclass(format('public.%I', relation));
  hanging text;
BEGIN
  IF live IS NULL OR (SELECT relkind FROM pg_class WHERE oid = live) <> 'r' THEN
    RAISE EXCEPTION 'there is no table % in the schema public', relation USING ERRCODE = 'TM002';
  END IF;
  IF NOT has_table_privilege(session_user, live, 'DELETE') THEN
    RAISE EXCEPTION 'the account % may not change the table %', session_user, relation USING ERRCODE = '42501';
  END IF;
  SELECT what INTO hanging FROM (
    SELECT 'the trigger ' || tgname FROM pg_trigger WHERE tgrelid = live AND NOT tgisinternal
    UNION ALL SELECT 'the foreign key ' || conname FROM pg_constraint
      WHERE contype = 'f' AND (conrelid = live OR confrelid = live)
    UNION ALL SELECT 'the policy ' || polname FROM pg_policy WHERE polrelid = live
    UNION ALL SELECT 'row level security' FROM pg_class WHERE oid = live AND relrowsecurity
    UNION ALL SELECT 'the publication ' || p.pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
      WHERE r.prrelid = live
    UNION ALL SELECT 'the view ' || v.oid::regclass FROM pg_depend d
      JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
      JOIN pg_class v ON v.oid = r.ev_class
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = live AND v.oid <> live
  ) h(what) LIMIT 1;
  IF hanging IS NOT NULL THEN
    RAISE EXCEPTION '% hangs on the table %, which therefore cannot be exchanged: drop it first', hanging, relation
      USING ERRCODE = 'TM002';
  END IF;
  RETURN live;
END $$;

-- The columns of a table, to see whether two have the same ones.
CREATE FUNCTION shape_of(relation regclass) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attname)
  FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

-- Makes an empty table beside the live one, with its columns, checks, primary key and rights. Its other indexes come when
-- it is full, which is much faster: see index_next_table.
CREATE FUNCTION make_next_table(relation text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live regclass := public.check_read_table(relation);
  name text := format('tidemark_next.%I', relation);
  r record;
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS %s', name);
  EXECUTE format('CREATE TABLE %s (LIKE public.%I INCLUDING ALL EXCLUDING INDEXES)', name, relation);
  FOR r IN SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
           WHERE conrelid = live AND contype = 'p' LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', name, r.conname, r.definition);
  END LOOP;
  -- Such as fillfactor and the settings of autovacuum.
  SELECT array_to_string(reloptions, ', ') AS options INTO r FROM pg_class WHERE oid = live;
  IF r.options IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s SET (%s)', name, r.options);
  END IF;
  FOR r IN SELECT a.privilege_type AS privilege, NULL AS attribute,
                  coalesce(quote_ident(g.rolname), 'PUBLIC') AS grantee
           FROM pg_class c CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
           WHERE c.oid = live
           UNION ALL
           SELECT a.privilege_type, t.attname, coalesce(quote_ident(g.rolname), 'PUBLIC')
           FROM pg_attribute t CROSS JOIN aclexplode(t.attacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
           WHERE t.attrelid = live AND NOT t.attisdropped LOOP
    EXECUTE format('GRANT %s %s ON %s TO %s', r.privilege, coalesce('(' || quote_ident(r.attribute) || ')', ''), name, r.grantee);
  END LOOP;
END $$;

-- Makes one index that the live table has and the next one lacks, and says its name; when none is lacking, brings its
-- statistics up to date and returns null. One at a time, so that a rebuild that is interrupted keeps what it has.
CREATE FUNCTION index_next_table(relation text) RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live regclass := public.check_read_table(relation);
  r record;
BEGIN
  SELECT i.relname AS name, pg_get_indexdef(i.oid) AS definition,
         c.conname AS constraint_name, pg_get_constraintdef(c.oid) AS constraint_definition INTO r
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
  LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.conrelid = live AND c.contype IN ('p', 'u', 'x')
  WHERE x.indrelid = live AND to_regclass(format('tidemark_next.%I', i.relname)) IS NULL
  ORDER BY i.relname LIMIT 1;
  IF r.name IS NULL THEN
    EXECUTE format('ANALYZE tidemark_next.%I', relation);
  ELSIF r.constraint_name IS NOT NULL THEN
    EXECUTE format('ALTER TABLE tidemark_next.%I ADD CONSTRAINT %I %s', relation, r.constraint_name, r.constraint_definition);
  ELSE
    EXECUTE replace(r.definition, format(' ON public.%I USING ', relation), format(' ON tidemark_next.%I USING ', relation));
  END IF;
  RETURN r.name;
END $$;

-- Locks a table for an exchange. Who waits for this lock has all readers wait behind him, so he waits for a moment only. A
-- vacuum would outlast that every time: it is waited for first, by a lock that is in no reader's way; and an automatic one
-- gives way to whoever waits for longer than deadlock_timeout.
CREATE FUNCTION lock_for_exchange(relation text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM set_config('lock_timeout', '10s', true);
  EXECUTE format('LOCK TABLE public.%I IN SHARE UPDATE EXCLUSIVE MODE', relation);
  PERFORM set_config('lock_timeout', '200ms', true);
  EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', relation);
END $$;

-- Puts the next table in the place of the live one, which is kept as the previous. Readers wait for the moment that this
-- takes.
CREATE FUNCTION swap_in_next_table(relation text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live regclass := public.check_read_table(relation);
BEGIN
  PERFORM public.lock_for_exchange(relation);
  -- Whoever was waited for may have exchanged the tables.
  live := to_regclass(format('public.%I', relation));
  IF public.shape_of(live) IS DISTINCT FROM public.shape_of(to_regclass(format('tidemark_next.%I', relation))) THEN
    RAISE EXCEPTION 'the table % has other columns than the one that was built beside it', relation USING ERRCODE = 'TM003';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS tidemark_previous.%I', relation);
  EXECUTE format('ALTER TABLE public.%I SET SCHEMA tidemark_previous', relation);
  EXECUTE format('ALTER TABLE tidemark_next.%I SET SCHEMA public', relation);
END $$;

-- Exchanges the live table and the previous one.
CREATE FUNCTION swap_back_previous_table(relation text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live regclass := public.check_read_table(relation);
  previous regclass;
BEGIN
  PERFORM public.lock_for_exchange(relation);
  -- Whoever was waited for may have exchanged the tables.
  live := to_regclass(format('public.%I', relation));
  previous := to_regclass(format('tidemark_previous.%I', relation));
  IF previous IS NULL THEN
    RAISE EXCEPTION 'there is no previous table %', relation USING ERRCODE = 'TM002';
  END IF;
  IF public.shape_of(live) IS DISTINCT FROM public.shape_of(previous) THEN
    RAISE EXCEPTION 'the previous table % has other columns: rebuild instead', relation USING ERRCODE = 'TM003';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS tidemark_next.%I', relation);
  EXECUTE format('ALTER TABLE public.%I SET SCHEMA tidemark_next', relation);
  EXECUTE format('ALTER TABLE tidemark_previous.%I SET SCHEMA public', relation);
  EXECUTE format('ALTER TABLE tidemark_next.%I SET SCHEMA tidemark_previous', relation);
END $$;

-- Drops the next or the previous table of a projection.
CREATE FUNCTION drop_spare_table(slot text, relation text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.check_read_table(relation);
  IF slot NOT IN ('next', 'previous') THEN
    RAISE EXCEPTION 'only the next and the previous table can be dropped' USING ERRCODE = 'TM002';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS tidemark_%s.%I', slot, relation);
END $$;

REVOKE ALL ON FUNCTION check_read_table, shape_of, lock_for_exchange, make_next_table, index_next_table, swap_in_next_table,
  swap_back_previous_table, drop_spare_table FROM PUBLIC;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidemark_server') THEN
    GRANT USAGE ON SCHEMA tidemark_next, tidemark_previous TO tidemark_server;
    GRANT DELETE ON checkpoints TO tidemark_server;
    GRANT USAGE ON SEQUENCE projection_generations TO tidemark_server;
    GRANT SELECT, INSERT ON projection_skips TO tidemark_server;
    REVOKE UPDATE, DELETE ON projection_skips FROM tidemark_server;
    GRANT SELECT, INSERT, UPDATE, DELETE ON projection_drift, daily_registrations TO tidemark_server;
    GRANT EXECUTE ON FUNCTION make_next_table, index_next_table, swap_in_next_table, swap_back_previous_table,
      drop_spare_table TO tidemark_server;
  END IF;
END $$;
