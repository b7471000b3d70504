-- What must work before a client is known. Each function belongs to desk_gate (no login, sees past the walls, may read
-- and write only what is granted below) and gives back ids and words of state, never content.

-- A browser's token -> who it is and where that person may go; `named` is the client the address names, if any.
CREATE FUNCTION gate_open_request(p_token bytea, p_slug text, p_now timestamptz)
RETURNS TABLE (session_id bigint, person_id int, is_operator boolean, second_factor boolean, fresh boolean,
               stale boolean, practice_id int, role text, tenant_ids int[], named int, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH me AS (
        SELECT s.id AS session_id, p.id AS person_id, p.is_operator,
               s.second_factor_at IS NOT NULL AS second_factor,
               greatest(s.created_at, s.confirmed_at) > p_now - interval '5 minutes' AS fresh,
               s.seen_at < p_now - interval '5 minutes' AS stale
        FROM web_session s JOIN person p ON p.id = s.person_id
        WHERE s.token_hash = p_token AND s.expires_at > p_now AND s.seen_at > p_now - interval '14 days'
          AND p.disabled_at IS NULL
    ), desk AS (
        SELECT m.practice_id, m.role, coalesce(array_agg(t.id ORDER BY t.id) FILTER (WHERE t.id IS NOT NULL), '{}'::int[]) AS tenant_ids,
               max(t.id) FILTER (WHERE t.slug = p_slug) AS named, NULL::text AS slug
        FROM practice_member m JOIN me ON me.person_id = m.person_id
        LEFT JOIN tenant t ON t.practice_id = m.practice_id AND t.closed_at IS NULL AND (
            m.role = 'owner' OR EXISTS (
                SELECT 1 FROM tenant_assignment a WHERE a.tenant_id = t.id AND a.person_id = m.person_id))
        WHERE m.ended_at IS NULL
        GROUP BY m.practice_id, m.role
    ), client AS (
        SELECT t.practice_id, m.role, ARRAY[t.id] AS tenant_ids, CASE WHEN t.slug = p_slug THEN t.id END AS named, t.slug
        FROM tenant_member m JOIN me ON me.person_id = m.person_id JOIN tenant t ON t.id = m.tenant_id
        WHERE m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > p_now) AND t.closed_at IS NULL
    ), place AS (SELECT * FROM desk UNION ALL SELECT * FROM client)
    SELECT me.session_id, me.person_id, me.is_operator, me.second_factor, me.fresh, me.stale,
           place.practice_id, place.role, place.tenant_ids, place.named, place.slug
    FROM me LEFT JOIN place ON true
$$;

CREATE FUNCTION gate_person_by_email(p_email text) RETURNS TABLE (person_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT id FROM person WHERE email = p_email AND disabled_at IS NULL $$;

CREATE FUNCTION gate_person_by_token(p_purpose text, p_token bytea, p_now timestamptz)
RETURNS TABLE (person_id int, token_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.person_id, t.id FROM person_token t JOIN person p ON p.id = t.person_id AND p.disabled_at IS NULL
   WHERE t.token_hash = p_token AND t.purpose = p_purpose AND t.used_at IS NULL AND t.expires_at > p_now $$;

CREATE FUNCTION gate_invitation(p_token bytea, p_now timestamptz)
RETURNS TABLE (invitation_id bigint, practice_id int, tenant_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT i.id, coalesce(i.practice_id, t.practice_id), i.tenant_id
   FROM invitation i LEFT JOIN tenant t ON t.id = i.tenant_id
   WHERE i.token_hash = p_token AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > p_now
     AND t.closed_at IS NULL $$;

-- The practice of a client that is open: a job of a closed client finds nothing and does nothing.
CREATE FUNCTION gate_tenant(p_tenant int) RETURNS TABLE (tenant_id int, practice_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT id, practice_id FROM tenant WHERE id = p_tenant AND closed_at IS NULL $$;

-- A fresh id for a person, practice or client, so that the scope for its first row can be signed before it exists.
CREATE FUNCTION gate_new_ids(p_kind text) RETURNS TABLE (id int)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT nextval(CASE p_kind WHEN 'person' THEN 'person_id_seq' WHEN 'practice' THEN 'practice_id_seq'
                  WHEN 'tenant' THEN 'tenant_id_seq' END::regclass)::int $$;

-- Claim, then act: exactly one caller gets the row, for the seconds that p_leases names for its kind.
CREATE FUNCTION gate_claim_job(p_job bigint, p_now timestamptz, p_leases jsonb)
RETURNS TABLE (kind text, tenant_id int, practice_id int, person_id int, subject_id bigint, attempt int,
               due_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    UPDATE job j SET state = 'running', attempt = j.attempt + 1,
        lease_until = p_now + make_interval(secs => coalesce((p_leases ->> j.kind)::int, 600))
    WHERE j.id = p_job AND ((j.state = 'queued' AND j.due_at <= p_now)
                         OR (j.state = 'running' AND j.lease_until < p_now))
      AND NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = j.tenant_id AND t.closed_at IS NOT NULL)
    RETURNING j.kind, j.tenant_id,
        coalesce(j.practice_id, (SELECT t.practice_id FROM tenant t WHERE t.id = j.tenant_id)),
        j.person_id, j.subject_id, j.attempt, j.due_at
$$;

CREATE FUNCTION gate_jobs_to_ring(p_now timestamptz, p_limit int) RETURNS TABLE (job_id bigint, kind text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    UPDATE job SET rung_at = p_now WHERE id IN (
        SELECT j.id FROM job j
        WHERE j.state IN ('queued', 'running') AND j.due_at <= p_now
          AND (j.rung_at IS NULL OR j.rung_at < p_now - interval '20 seconds')
          AND (j.state = 'queued' OR j.lease_until < p_now)
        ORDER BY j.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING id, job.kind
$$;

-- Whose data keys are not wrapped by this key-encryption key; a rotation works through them until none is left.
CREATE FUNCTION gate_keys_to_rotate(p_key text, p_limit int) RETURNS TABLE (owner text, id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT 'tenant', t.id FROM tenant t
    WHERE substring(t.wrapped_key FROM 1 FOR length(p_key) + 1) <> convert_to(p_key || '|', 'UTF8')
    UNION ALL
    SELECT 'person', p.id FROM person p
    WHERE substring(p.wrapped_key FROM 1 FOR length(p_key) + 1) <> convert_to(p_key || '|', 'UTF8')
    UNION ALL
    SELECT 'practice', p.id FROM practice p
    WHERE substring(p.wrapped_key FROM 1 FOR length(p_key) + 1) <> convert_to(p_key || '|', 'UTF8')
    ORDER BY 2, 1 LIMIT p_limit
$$;

-- One owner for each key-encryption key in use: whose data key a start tries to open.
CREATE FUNCTION gate_keys_in_use() RETURNS TABLE (key_name text, owner text, id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH wrapped AS (
        SELECT 'tenant' AS owner, t.id, t.wrapped_key FROM tenant t WHERE t.wrapped_key IS NOT NULL
        UNION ALL
        SELECT 'person', p.id, p.wrapped_key FROM person p WHERE p.wrapped_key IS NOT NULL
        UNION ALL
        SELECT 'practice', p.id, p.wrapped_key FROM practice p WHERE p.wrapped_key IS NOT NULL
    ), named AS (
        SELECT convert_from(substring(wrapped_key FROM 1 FOR position('|'::bytea IN wrapped_key) - 1), 'UTF8') AS key_name,
               wrapped.owner, wrapped.id FROM wrapped
    )
    SELECT named.key_name, named.owner, max(named.id) FROM named GROUP BY 1, 2
$$;

GRANT SELECT ON web_session, person, practice_member, tenant, tenant_assignment, tenant_member, person_token,
    invitation, job TO desk_gate;
GRANT SELECT (id, wrapped_key) ON practice TO desk_gate;
GRANT UPDATE (state, attempt, lease_until, rung_at) ON job TO desk_gate;
GRANT USAGE ON SEQUENCE person_id_seq, practice_id_seq, tenant_id_seq TO desk_gate;

DO $$
DECLARE
    gate regprocedure;
BEGIN
    FOR gate IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'gate\_%' AND proname <> 'gate_rotate_partitions' LOOP
        -- Before the owner changes: afterwards a REVOKE of ours would silently do nothing.
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', gate);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO desk_runtime', gate);
        EXECUTE format('ALTER FUNCTION %s OWNER TO desk_gate', gate);
    END LOOP;
END $$;
