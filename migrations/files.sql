-- Kept bytes do not change; a file that was issued keeps its name and its hash.

CREATE FUNCTION blob_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'kept bytes do not change' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER blob_stands BEFORE UPDATE ON blob FOR EACH ROW EXECUTE FUNCTION blob_stands();

CREATE FUNCTION stored_file_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF OLD.purpose IN ('invoice', 'paper') THEN
        RAISE EXCEPTION 'an issued file stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER stored_file_stands BEFORE UPDATE OR DELETE ON stored_file
    FOR EACH ROW EXECUTE FUNCTION stored_file_stands();
