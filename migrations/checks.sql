-- The series lives in weekly partitions. Read directly, a partition would escape the policy of its parent, so nobody has
-- a grant on one, and row-level security without any policy shuts it a second time. The owner's function makes the weeks
-- to come and drops those past 14 days; it does nothing when there is nothing to do. What is dropped goes by the
-- database's own clock too: a caller whose clock is ahead, or who lies, loses nobody's series.
CREATE FUNCTION gate_rotate_partitions(p_now timestamptz) RETURNS TABLE (made int, dropped int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '4s'
SET timezone = 'UTC' AS $$
DECLARE
    week timestamptz := date_trunc('week', p_now - interval '14 days');
    kept timestamptz := date_trunc('week', least(p_now, clock_timestamp()) - interval '14 days');
    old text;
BEGIN
    made := 0;
    dropped := 0;
    WHILE week < p_now + interval '28 days' LOOP
        IF to_regclass('public.check_result_p' || to_char(week, 'YYYYMMDD')) IS NULL THEN
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.check_result FOR VALUES FROM (%L) TO (%L)',
                           'check_result_p' || to_char(week, 'YYYYMMDD'), week, week + interval '7 days');
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
                           'check_result_p' || to_char(week, 'YYYYMMDD'));
            made := made + 1;
        END IF;
        week := week + interval '7 days';
    END LOOP;
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'public.check_result'::regclass
                 AND c.relname < 'check_result_p' || to_char(kept, 'YYYYMMDD') LOOP
        EXECUTE format('DROP TABLE public.%I', old);
        dropped := dropped + 1;
    END LOOP;
    RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION gate_rotate_partitions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_rotate_partitions(timestamptz) TO desk_runtime;
SELECT gate_rotate_partitions(now());

-- The clock's round begins here: it says that it lives, and makes good for the time in which it did not. After an outage
-- longer than p_patience seconds, every heartbeat that could not be heard gets that time back, and what is overdue runs
-- once, spread over a minute by connection.
CREATE FUNCTION gate_beat(p_now timestamptz, p_patience int) RETURNS TABLE (outage_s int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    last timestamptz;
BEGIN
    INSERT INTO engine_pulse (name, beat_at) VALUES ('clock', p_now) ON CONFLICT (name) DO NOTHING;
    SELECT beat_at INTO last FROM engine_pulse WHERE name = 'clock' FOR UPDATE;
    outage_s := greatest(0, extract(epoch FROM p_now - last))::int;
    IF outage_s > p_patience THEN
        UPDATE site_agent SET alert_after = alert_after + (p_now - last)
        WHERE alert_after IS NOT NULL AND last_seen_at <= last;
        UPDATE heartbeat SET alert_after = alert_after + (p_now - last)
        WHERE alert_after IS NOT NULL AND (last_ping_at IS NULL OR last_ping_at <= last);
        UPDATE check_plan SET heard_at = heard_at + (p_now - last) WHERE heard_at <= last;
        UPDATE check_plan SET next_run_at = p_now
            + make_interval(secs => (hashint8(coalesce(connection_id, id)) & 2147483647) % 60)
        WHERE enabled AND NOT proposed AND next_run_at < p_now;
    END IF;
    UPDATE engine_pulse SET beat_at = greatest(beat_at, p_now),
        waiting_since = (SELECT min(j.due_at) FROM job j WHERE j.state = 'queued' AND j.due_at <= p_now)
    WHERE name = 'clock';
    RETURN NEXT;
END $$;

-- Claim what is due. The plans of one connection become one run and one job; a connection whose last run has not ended
-- is left alone, so that its plans run once when it has. Moving next_run_at is the claim: whoever comes second finds the
-- plan not due. Clocks take turns, so that a connection's plans are never split between two of them. Interval plans move
-- to the next point of their own grid; the worker of a cron plan writes the next time itself, the hour here is a net. What
-- was not claimed for long (switched off, its connection shut) is not called silent before this visit could tell.
CREATE FUNCTION gate_due_plans(p_now timestamptz, p_limit int) RETURNS TABLE (job_id bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH turn AS MATERIALIZED (
        SELECT pg_try_advisory_xact_lock(7100) AS mine
    ), ready AS MATERIALIZED (
        SELECT p.tenant_id, p.connection_id, min(p.next_run_at) AS due_at
        FROM check_plan p
        JOIN tenant t ON t.id = p.tenant_id AND t.closed_at IS NULL
        WHERE (SELECT mine FROM turn) AND p.enabled AND NOT p.proposed AND p.next_run_at <= p_now
          AND (p.connection_id IS NULL OR EXISTS (
              SELECT 1 FROM erp_connection c
              WHERE c.tenant_id = p.tenant_id AND c.id = p.connection_id AND c.enabled
                AND c.road = 'server'))
          AND NOT EXISTS (
              SELECT 1 FROM check_run r JOIN job j ON j.id = r.job_id
              WHERE r.tenant_id = p.tenant_id AND r.connection_id IS NOT DISTINCT FROM p.connection_id
                AND r.finished_at IS NULL
                AND j.state IN ('queued', 'running'))
        GROUP BY p.tenant_id, p.connection_id ORDER BY due_at LIMIT p_limit
    ), due AS MATERIALIZED (
        SELECT p.tenant_id, p.id, p.connection_id, p.next_run_at
        FROM check_plan p JOIN ready r
            ON r.tenant_id = p.tenant_id AND r.connection_id IS NOT DISTINCT FROM p.connection_id
        WHERE p.enabled AND NOT p.proposed AND p.next_run_at <= p_now
        FOR UPDATE OF p SKIP LOCKED
    ), moved AS (
        UPDATE check_plan p SET next_run_at = CASE WHEN p.cron IS NOT NULL THEN p_now + interval '1 hour' ELSE
            to_timestamp((floor((extract(epoch FROM p_now) - p.phase_s) / p.interval_s) + 1) * p.interval_s + p.phase_s)
        END, heard_at = CASE WHEN p.heard_at IS NULL THEN p_now
            WHEN due.next_run_at < p_now - make_interval(secs => 2 * p.interval_s)
            THEN greatest(p.heard_at, p_now - make_interval(secs => 3 * p.interval_s)) ELSE p.heard_at END
        FROM due WHERE p.tenant_id = due.tenant_id AND p.id = due.id
    ), visit AS MATERIALIZED (
        SELECT nextval('check_run_id_seq') AS id, grouped.*
        FROM (SELECT tenant_id, connection_id, min(next_run_at) AS due_at, array_agg(id ORDER BY id) AS plan_ids
              FROM due GROUP BY tenant_id, connection_id) grouped
    ), queued AS (
        INSERT INTO job (kind, tenant_id, subject_id, slot, state, due_at, attempt, rung_at, progress, step, outcome,
                         created_at)
        SELECT 'collect', tenant_id, id, 'run-' || id, 'queued', p_now, 0, p_now, 0, '', '', p_now
        FROM visit ORDER BY due_at
        RETURNING id, subject_id
    ), opened AS (
        INSERT INTO check_run (tenant_id, id, connection_id, due_at, plan_ids, job_id, attempt, outcome, reason)
        SELECT v.tenant_id, v.id, v.connection_id, v.due_at, v.plan_ids, q.id, 0, '', ''
        FROM visit v JOIN queued q ON q.subject_id = v.id
    )
    SELECT id FROM queued
$$;

-- A sign of life: find the heartbeat by the hash of its key, keep the ping, move the alarm. A worker is asked only when
-- there is news (it failed, it is well again) or when the next time follows from a cron line. More than thirty signs in a
-- minute are not kept.
CREATE FUNCTION gate_heartbeat(p_key bytea, p_kind text, p_exit int, p_mark text, p_body text, p_cut boolean,
                               p_method text, p_now timestamptz, p_metrics jsonb DEFAULT NULL)
RETURNS TABLE (heartbeat_id bigint, job_id bigint, word text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    h heartbeat%ROWTYPE;
    ends boolean := p_kind IN ('success', 'fail');
    same_run boolean;
    took float;
    news boolean;
BEGIN
    SELECT b.* INTO h FROM heartbeat b JOIN tenant t ON t.id = b.tenant_id AND t.closed_at IS NULL
    WHERE b.key_hash = p_key FOR UPDATE OF b;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    heartbeat_id := h.id;
    word := 'kept';
    IF EXISTS (SELECT 1 FROM heartbeat_ping g WHERE g.tenant_id = h.tenant_id AND g.heartbeat_id = h.id
               AND g.n = h.pings - 29 AND g.at > p_now - interval '1 minute') THEN
        word := 'too_often';
        RETURN NEXT;
        RETURN;
    END IF;
    same_run := h.started_at IS NOT NULL AND (p_mark IS NULL OR h.run_mark IS NULL OR h.run_mark = p_mark);
    IF ends AND same_run THEN
        took := extract(epoch FROM p_now - h.started_at);
    END IF;
    news := (p_kind = 'fail') OR (p_kind = 'success' AND (h.healthy IS DISTINCT FROM true OR h.status = 'paused'
            OR h.cron IS NOT NULL)) OR (p_kind = 'success' AND p_metrics IS NOT NULL);
    IF p_kind <> 'log' THEN
        UPDATE heartbeat b SET
            status = CASE p_kind WHEN 'start' THEN 'running' WHEN 'fail' THEN 'failed'
                     ELSE CASE WHEN h.started_at IS NULL OR same_run THEN 'up' ELSE 'running' END END,
            healthy = CASE p_kind WHEN 'start' THEN h.healthy ELSE p_kind = 'success' END,
            unjudged = h.unjudged OR news,
            alert_after = CASE WHEN p_kind = 'start' THEN p_now + make_interval(secs => h.grace_s)
                WHEN h.started_at IS NOT NULL AND NOT same_run THEN h.alert_after
                ELSE p_now + make_interval(secs => coalesce(h.period_s, 86400) + h.grace_s) END,
            last_ping_at = p_now,
            started_at = CASE WHEN p_kind = 'start' THEN p_now WHEN same_run THEN NULL ELSE h.started_at END,
            run_mark = CASE WHEN p_kind = 'start' THEN p_mark WHEN same_run THEN NULL ELSE h.run_mark END,
            last_duration_s = coalesce(took, h.last_duration_s),
            metrics = CASE WHEN p_kind = 'start' THEN h.metrics ELSE coalesce(p_metrics, '{}') END,
            pings = h.pings + 1
        WHERE b.tenant_id = h.tenant_id AND b.id = h.id;
    ELSE
        UPDATE heartbeat b SET pings = h.pings + 1 WHERE b.tenant_id = h.tenant_id AND b.id = h.id;
    END IF;
    INSERT INTO heartbeat_ping (tenant_id, heartbeat_id, n, at, kind, exit_code, duration_s, body, body_cut, method)
    VALUES (h.tenant_id, h.id, h.pings + 1, p_now, p_kind, p_exit, took, p_body, p_cut, p_method);
    DELETE FROM heartbeat_ping g WHERE g.tenant_id = h.tenant_id AND g.heartbeat_id = h.id AND g.n <= h.pings - 99;
    IF news THEN
        INSERT INTO job (kind, tenant_id, subject_id, slot, state, due_at, attempt, rung_at, progress, step, outcome,
                         created_at)
        VALUES ('heartbeat', h.tenant_id, h.id, h.id || '/' || (h.pings + 1), 'queued', p_now, 0, p_now, 0, '', '',
                p_now)
        ON CONFLICT DO NOTHING RETURNING id INTO job_id;
    END IF;
    RETURN NEXT;
END $$;

-- Silence. One UPDATE marks what is overdue, whoever comes second finds nothing; one job for each client judges it.
CREATE FUNCTION gate_silent_heartbeats(p_now timestamptz, p_limit int) RETURNS TABLE (job_id bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH silent AS MATERIALIZED (
        SELECT h.tenant_id, h.id FROM heartbeat h JOIN tenant t ON t.id = h.tenant_id AND t.closed_at IS NULL
        WHERE h.alert_after <= p_now ORDER BY h.alert_after LIMIT p_limit FOR UPDATE OF h SKIP LOCKED
    ), marked AS (
        UPDATE heartbeat h SET status = CASE h.status WHEN 'running' THEN 'timed_out' ELSE 'missed' END,
            healthy = false, unjudged = true, alert_after = NULL, started_at = NULL, run_mark = NULL
        FROM silent s WHERE h.tenant_id = s.tenant_id AND h.id = s.id RETURNING h.tenant_id
    )
    INSERT INTO job (kind, tenant_id, subject_id, slot, state, due_at, attempt, rung_at, progress, step, outcome,
                     created_at)
    SELECT DISTINCT 'heartbeat', tenant_id, 0, 'silent@' || extract(epoch FROM p_now), 'queued', p_now, 0, p_now, 0,
           '', '', p_now
    FROM marked
    ON CONFLICT DO NOTHING
    RETURNING id
$$;

-- An agent's token -> the agent and its client; a revoked one is not there.
CREATE FUNCTION gate_agent(p_token bytea) RETURNS TABLE (agent_id bigint, tenant_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT a.id, a.tenant_id FROM site_agent a JOIN tenant t ON t.id = a.tenant_id AND t.closed_at IS NULL
    WHERE a.token_hash = p_token AND a.revoked_at IS NULL
$$;

-- A code with which an agent enrols -> its client, as long as it is fresh and unused.
CREATE FUNCTION gate_agent_code(p_code bytea, p_now timestamptz) RETURNS TABLE (code_id bigint, tenant_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT c.id, c.tenant_id FROM agent_code c JOIN tenant t ON t.id = c.tenant_id AND t.closed_at IS NULL
    WHERE c.code_hash = p_code AND c.used_at IS NULL AND c.expires_at > p_now
$$;

-- The key of a collector script -> its client.
CREATE FUNCTION gate_push_key(p_key bytea) RETURNS TABLE (key_id bigint, tenant_id int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.id, k.tenant_id FROM push_key k JOIN tenant t ON t.id = k.tenant_id AND t.closed_at IS NULL
    WHERE k.key_hash = p_key
$$;

-- Agents that are not heard of any more. One UPDATE marks them, whoever comes second finds nothing; one job for each
-- client turns it into states.
CREATE FUNCTION gate_silent_agents(p_now timestamptz, p_limit int) RETURNS TABLE (job_id bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH silent AS MATERIALIZED (
        SELECT a.tenant_id, a.id FROM site_agent a JOIN tenant t ON t.id = a.tenant_id AND t.closed_at IS NULL
        WHERE a.alert_after <= p_now ORDER BY a.alert_after LIMIT p_limit FOR UPDATE OF a SKIP LOCKED
    ), marked AS (
        UPDATE site_agent a SET silent = true, unjudged = true, alert_after = NULL
        FROM silent s WHERE a.tenant_id = s.tenant_id AND a.id = s.id RETURNING a.tenant_id
    )
    INSERT INTO job (kind, tenant_id, subject_id, slot, state, due_at, attempt, rung_at, progress, step, outcome,
                     created_at)
    SELECT DISTINCT 'agents', tenant_id, 0, 'silent@' || extract(epoch FROM p_now), 'queued', p_now, 0, p_now, 0,
           '', '', p_now
    FROM marked
    ON CONFLICT DO NOTHING
    RETURNING id
$$;

-- No data: plans of which nothing was heard, not even that one could not look, for three intervals and the longest visit
-- (checks/silence.py says the same). One UPDATE marks them, whoever comes second finds nothing; one job for each client
-- says it on its states. Without a clock's round nobody could look, so gate_beat has moved heard_at before.
CREATE FUNCTION gate_silent_plans(p_now timestamptz) RETURNS TABLE (job_id bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH silent AS MATERIALIZED (
        SELECT p.tenant_id, p.id FROM check_plan p JOIN tenant t ON t.id = p.tenant_id AND t.closed_at IS NULL
        WHERE p.enabled AND NOT p.proposed AND p.silent_since IS NULL
          AND greatest(p.heard_at, p.paused_until) + make_interval(secs => 3 * p.interval_s + 75) <= p_now
          AND (p.connection_id IS NULL OR EXISTS (
              SELECT 1 FROM erp_connection c
              WHERE c.tenant_id = p.tenant_id AND c.id = p.connection_id AND c.enabled))
        FOR UPDATE OF p SKIP LOCKED
    ), marked AS (
        UPDATE check_plan p SET silent_since = p_now
        FROM silent s WHERE p.tenant_id = s.tenant_id AND p.id = s.id RETURNING p.tenant_id
    )
    INSERT INTO job (kind, tenant_id, subject_id, slot, state, due_at, attempt, rung_at, progress, step, outcome,
                     created_at)
    SELECT DISTINCT 'blind', tenant_id, 0, 'silent@' || extract(epoch FROM p_now), 'queued', p_now, 0, p_now, 0,
           '', '', p_now
    FROM marked
    ON CONFLICT DO NOTHING
    RETURNING id
$$;

-- What nobody needs any more, a few thousand rows at a time: roll-ups past 13 months and 5 years, runs past 14 days, the
-- ledger's finished visits past 2 days, and subjects that went more than 90 days ago, first their hours and then they
-- themselves (flips and incidents name what they speak of, and stay); by the database's own clock where the caller's is
-- ahead of it.
CREATE FUNCTION gate_prune_series(p_now timestamptz, p_limit int) RETURNS TABLE (pruned int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    n int;
BEGIN
    p_now := least(p_now, clock_timestamp());
    DELETE FROM check_hour WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM check_hour WHERE hour < p_now - interval '13 months' LIMIT p_limit);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM check_day WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM check_day WHERE day < (p_now - interval '5 years')::date LIMIT p_limit);
    GET DIAGNOSTICS n = ROW_COUNT;
    pruned := pruned + n;
    DELETE FROM check_run WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM check_run WHERE due_at < p_now - interval '14 days' LIMIT p_limit);
    GET DIAGNOSTICS n = ROW_COUNT;
    pruned := pruned + n;
    DELETE FROM job WHERE id IN (
        SELECT id FROM job WHERE kind IN ('collect', 'heartbeat') AND state NOT IN ('queued', 'running')
          AND finished_at < p_now - interval '2 days' LIMIT p_limit);
    GET DIAGNOSTICS n = ROW_COUNT;
    pruned := pruned + n;
    DELETE FROM check_hour WHERE (tenant_id, id) IN (
        SELECT h.tenant_id, h.id FROM check_state s
        JOIN check_hour h ON h.tenant_id = s.tenant_id AND h.state_id = s.id
        WHERE s.gone_at < p_now - interval '90 days' LIMIT p_limit);
    GET DIAGNOSTICS n = ROW_COUNT;
    pruned := pruned + n;
    DELETE FROM check_state WHERE (tenant_id, id) IN (
        SELECT s.tenant_id, s.id FROM check_state s
        WHERE s.gone_at < p_now - interval '90 days'
          AND NOT EXISTS (SELECT 1 FROM check_hour h WHERE h.tenant_id = s.tenant_id AND h.state_id = s.id)
        LIMIT greatest(1, p_limit / 10));
    GET DIAGNOSTICS n = ROW_COUNT;
    pruned := pruned + n;
    RETURN NEXT;
END $$;

GRANT SELECT ON check_plan, check_run, heartbeat, heartbeat_ping, engine_pulse, tenant, job TO desk_gate;
GRANT SELECT (tenant_id, id, enabled, road) ON erp_connection TO desk_gate;
GRANT SELECT (tenant_id, id, token_hash, revoked_at, last_seen_at, alert_after) ON site_agent TO desk_gate;
GRANT UPDATE (alert_after, silent, unjudged) ON site_agent TO desk_gate;
GRANT SELECT (tenant_id, id, code_hash, used_at, expires_at) ON agent_code TO desk_gate;
GRANT SELECT (tenant_id, id, key_hash) ON push_key TO desk_gate;
GRANT SELECT (tenant_id, id, state_id, hour), DELETE ON check_hour TO desk_gate;
GRANT SELECT (tenant_id, id, gone_at), DELETE ON check_state TO desk_gate;
GRANT SELECT (tenant_id, id, day), DELETE ON check_day TO desk_gate;
GRANT UPDATE (next_run_at, heard_at, silent_since) ON check_plan TO desk_gate;
GRANT INSERT, DELETE ON check_run, heartbeat_ping, job TO desk_gate;
GRANT UPDATE (status, healthy, unjudged, alert_after, last_ping_at, started_at, run_mark, last_duration_s, metrics, pings)
    ON heartbeat TO desk_gate;
GRANT INSERT, UPDATE ON engine_pulse TO desk_gate;
GRANT USAGE ON SEQUENCE check_run_id_seq, job_id_seq, heartbeat_ping_id_seq, engine_pulse_id_seq TO desk_gate;
