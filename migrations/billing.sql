-- Issued papers stand still. The program never tries to change one; these triggers hold against its mistakes.

CREATE FUNCTION invoice_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    free constant text[] := ARRAY['state', 'paid_minor', 'closed_at', 'close_reason'];
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an issued invoice is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'an issued invoice stands as it was issued' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'draft' OR (OLD.state IN ('void', 'credited') AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'an invoice does not come back from %', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_stands BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_stands();

CREATE FUNCTION invoice_line_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    old_state text;
    new_state text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT state INTO old_state FROM invoice WHERE tenant_id = OLD.tenant_id AND id = OLD.invoice_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT state INTO new_state FROM invoice WHERE tenant_id = NEW.tenant_id AND id = NEW.invoice_id;
    END IF;
    IF coalesce(old_state, 'draft') <> 'draft' OR coalesce(new_state, 'draft') <> 'draft' THEN
        RAISE EXCEPTION 'the lines of an issued invoice stand as they were issued' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER invoice_line_stands BEFORE INSERT OR UPDATE OR DELETE ON invoice_line
    FOR EACH ROW EXECUTE FUNCTION invoice_line_stands();

-- A claim of an issued invoice may be released (by voiding or a credit note), never moved or forgotten.
CREATE FUNCTION entry_claim_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    invoice_state text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'released_at' IS DISTINCT FROM to_jsonb(OLD) - 'released_at'
           OR (OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at) THEN
            RAISE EXCEPTION 'a claim may only be released' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT state INTO invoice_state FROM invoice WHERE tenant_id = OLD.tenant_id AND id = OLD.invoice_id;
    IF OLD.kind = 'write_off' OR coalesce(invoice_state, 'draft') <> 'draft' THEN
        RAISE EXCEPTION 'a claim may only be released' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER entry_claim_stands BEFORE UPDATE OR DELETE ON entry_claim
    FOR EACH ROW EXECUTE FUNCTION entry_claim_stands();

-- A PDF is attached once; a payment may only be taken back; an allocation stands.
CREATE FUNCTION invoice_paper_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    free constant text[] := ARRAY['file_id', 'sha256', 'made_at'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.file_id IS NOT NULL
       OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'the kept paper of an invoice stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_paper_stands BEFORE UPDATE OR DELETE ON invoice_paper
    FOR EACH ROW EXECUTE FUNCTION invoice_paper_stands();

CREATE FUNCTION payment_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    free constant text[] := ARRAY['taken_back_at', 'taken_back_reason'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.taken_back_at IS NOT NULL
       OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a payment may only be taken back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_stands BEFORE UPDATE OR DELETE ON payment FOR EACH ROW EXECUTE FUNCTION payment_stands();

CREATE FUNCTION allocation_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'an allocation stands; take the payment back' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER allocation_stands BEFORE UPDATE OR DELETE ON allocation
    FOR EACH ROW EXECUTE FUNCTION allocation_stands();
