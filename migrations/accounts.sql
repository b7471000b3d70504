-- A web session ends with what it was given for. These triggers run in the transaction that changes a password, a role
-- or a membership, so no verb can forget it and nobody has to reach into another person's rows.
CREATE FUNCTION end_sessions_of_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    DELETE FROM web_session WHERE person_id = OLD.person_id;
    RETURN NULL;
END $$;

CREATE FUNCTION end_sessions_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    DELETE FROM web_session WHERE person_id = OLD.id;
    UPDATE person_token SET used_at = statement_timestamp() WHERE person_id = OLD.id AND used_at IS NULL;
    RETURN NULL;
END $$;

GRANT SELECT, DELETE ON web_session TO desk_gate;
GRANT SELECT ON person_token TO desk_gate;
GRANT UPDATE (used_at) ON person_token TO desk_gate;
ALTER FUNCTION end_sessions_of_member() OWNER TO desk_gate;
ALTER FUNCTION end_sessions_of_person() OWNER TO desk_gate;

CREATE TRIGGER end_sessions AFTER UPDATE OF role, ended_at ON practice_member FOR EACH ROW
    WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION end_sessions_of_member();
CREATE TRIGGER end_sessions_gone AFTER DELETE ON practice_member FOR EACH ROW
    EXECUTE FUNCTION end_sessions_of_member();
CREATE TRIGGER end_sessions AFTER UPDATE OF role, ended_at ON tenant_member FOR EACH ROW
    WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION end_sessions_of_member();
CREATE TRIGGER end_sessions_gone AFTER DELETE ON tenant_member FOR EACH ROW
    EXECUTE FUNCTION end_sessions_of_member();
CREATE TRIGGER end_sessions AFTER UPDATE OF password_hash, disabled_at, is_operator ON person FOR EACH ROW
    WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash OR OLD.disabled_at IS DISTINCT FROM NEW.disabled_at
          OR OLD.is_operator IS DISTINCT FROM NEW.is_operator)
    EXECUTE FUNCTION end_sessions_of_person();
REVOKE ALL ON FUNCTION end_sessions_of_member(), end_sessions_of_person() FROM PUBLIC;

-- A name is shown to others from their own row of the membership; it follows when the person changes it.
CREATE FUNCTION carry_name_to_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE practice_member SET name = NEW.name WHERE person_id = NEW.id;
    UPDATE tenant_member SET name = NEW.name WHERE person_id = NEW.id;
    RETURN NULL;
END $$;

GRANT SELECT, UPDATE (name) ON practice_member, tenant_member TO desk_gate;
ALTER FUNCTION carry_name_to_members() OWNER TO desk_gate;
CREATE TRIGGER carry_name AFTER UPDATE OF name ON person FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION carry_name_to_members();
REVOKE ALL ON FUNCTION carry_name_to_members() FROM PUBLIC;
