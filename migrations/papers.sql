-- A finished paper stands as it was built; only whether the client sees it may change.
CREATE FUNCTION paper_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    free constant text[] := ARRAY['released_at', 'released_by'];
BEGIN
    IF OLD.state = 'waiting' AND TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    IF OLD.state = 'ready' AND (TG_OP = 'DELETE' OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION 'a finished paper stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER paper_stands BEFORE UPDATE OR DELETE ON paper FOR EACH ROW EXECUTE FUNCTION paper_stands();
