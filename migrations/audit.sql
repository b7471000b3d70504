-- What was written down stays as it was written, for every login, the owner of the table included.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON audit_event FOR EACH STATEMENT
    EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT
    EXECUTE FUNCTION audit_is_append_only();
