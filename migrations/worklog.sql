-- An entry that an invoice line holds is frozen: only letting it go again (the invoice is void) is allowed.
CREATE FUNCTION work_entry_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.invoice_line_id IS NOT NULL THEN
            RAISE EXCEPTION 'work entry % is billed and cannot be deleted', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.invoice_line_id IS NOT NULL THEN
        IF NEW.invoice_line_id IS NOT NULL
           OR to_jsonb(NEW) - 'invoice_line_id' IS DISTINCT FROM to_jsonb(OLD) - 'invoice_line_id' THEN
            RAISE EXCEPTION 'work entry % is billed and cannot be changed', OLD.id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER work_entry_frozen BEFORE UPDATE OR DELETE ON work_entry
    FOR EACH ROW EXECUTE FUNCTION work_entry_frozen();
