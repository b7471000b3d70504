-- Who takes a connection away ends what was open about it: nobody will ever see it green again. The incident stays, for
-- the record, without its connection. Its owner is the one who deletes, so the walls hold as for any statement.
CREATE FUNCTION incidents_end_with_connection() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE public.incident SET resolved_at = clock_timestamp(), changed_at = clock_timestamp()
    WHERE tenant_id = OLD.tenant_id AND connection_id = OLD.id AND resolved_at IS NULL;
    RETURN OLD;
END $$;
CREATE TRIGGER incidents_end_with_connection BEFORE DELETE ON erp_connection
    FOR EACH ROW EXECUTE FUNCTION incidents_end_with_connection();
