-- The signed scope. The key table belongs to the owner login and nobody else may read it; the functions verify the
-- signature with it. Signature: HMAC-SHA256 (RFC 2104) built from sha256, over practices|person|tenants|expiry|pid.
CREATE TABLE scope_key (
    id text PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64)
);

CREATE FUNCTION scope_part(wanted int) RETURNS int[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text[] := string_to_array(nullif(current_setting('app.scope', true), ''), '|');
BEGIN
    IF part IS NULL OR array_length(part, 1) <> 5 THEN
        RETURN '{}';
    END IF;
    IF part[4]::bigint < extract(epoch FROM statement_timestamp()) THEN
        RETURN '{}';
    END IF;
    PERFORM 1 FROM public.scope_key WHERE part[5] = encode(sha256(outer_pad || sha256(inner_pad || convert_to(
        part[1] || '|' || part[2] || '|' || part[3] || '|' || part[4] || '|' || pg_backend_pid(), 'UTF8'))), 'hex');
    IF NOT FOUND THEN
        RETURN '{}';
    END IF;
    RETURN ('{' || part[wanted] || '}')::int[];
EXCEPTION WHEN data_exception THEN
    RETURN '{}';
END $$;

CREATE FUNCTION scope_practices() RETURNS int[] LANGUAGE sql STABLE AS 'SELECT scope_part(1)';
CREATE FUNCTION scope_persons() RETURNS int[] LANGUAGE sql STABLE AS 'SELECT scope_part(2)';
CREATE FUNCTION scope_tenants() RETURNS int[] LANGUAGE sql STABLE AS 'SELECT scope_part(3)';

REVOKE ALL ON FUNCTION scope_part(int), scope_practices(), scope_persons(), scope_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION scope_part(int), scope_practices(), scope_persons(), scope_tenants()
    TO desk_runtime, desk_backup, desk_gate;

-- A start compares the version of the schema with the code's.
GRANT SELECT ON alembic_version TO desk_runtime;
