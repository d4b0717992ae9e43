-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What the bus API needs: the acts of callers, each with its event row in the same transaction, and the view that its objects
-- are read from. Executed by the service's role only.

-- Microseconds since the epoch; NULL stays NULL.
CREATE FUNCTION migrationd.usec(p_time timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT (extract(epoch FROM p_time) * 1000000)::bigint
$$;

-- One row for each human act. p_unit: the caller's systemd unit, '' when it has none.
CREATE FUNCTION migrationd.api_event(p_report integer, p_plan integer, p_verb text, p_uid bigint, p_pid bigint, p_unit text,
        p_detail jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        INSERT INTO migrationd.event (report_id, plan_id, verb, uid, pid, unit, detail)
                VALUES (p_report, p_plan, p_verb, p_uid, p_pid, p_unit, p_detail);
$$;

-- Raises 23505 on plan_name_key when the name is taken.
CREATE FUNCTION migrationd.api_plan_create(p_name text, p_migration text, p_document json, p_uid bigint, p_pid bigint, p_unit text)
RETURNS TABLE (id integer, name text, migration text, uid bigint, created_usec bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
        v_plan migrationd.plan;
BEGIN
        INSERT INTO migrationd.plan (name, migration, document, uid) VALUES (p_name, p_migration, p_document, p_uid)
                RETURNING * INTO v_plan;
        PERFORM migrationd.api_event(NULL, v_plan.id, 'create-plan', p_uid, p_pid, p_unit,
                jsonb_build_object('name', p_name, 'migration', p_migration));
        RETURN QUERY SELECT v_plan.id, v_plan.name, v_plan.migration, v_plan.uid, migrationd.usec(v_plan.created_at);
END $$;

-- Returns 'deleted', 'in-use' (it has reports) or 'absent'.
CREATE FUNCTION migrationd.api_plan_delete(p_plan integer, p_uid bigint, p_pid bigint, p_unit text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_plan migrationd.plan;
BEGIN
        DELETE FROM migrationd.plan WHERE id = p_plan RETURNING * INTO v_plan;
        IF NOT FOUND THEN
                RETURN 'absent';
        END IF;
        PERFORM migrationd.api_event(NULL, p_plan, 'delete-plan', p_uid, p_pid, p_unit,
                jsonb_build_object('name', v_plan.name, 'migration', v_plan.migration));
        RETURN 'deleted';
EXCEPTION WHEN foreign_key_violation THEN
        RETURN 'in-use';
END $$;

-- report_create() and its event. Raises 23505 on report_unfinished while a report is unfinished, 23503 on report_plan_id_fkey
-- when the plan is gone.
CREATE FUNCTION migrationd.api_run(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_uid bigint, p_pid bigint, p_unit text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        v_report := migrationd.report_create(p_plan, p_migration, p_options, p_workers, p_digest, p_steps, p_uid);
        PERFORM migrationd.api_event(v_report, p_plan, 'run', p_uid, p_pid, p_unit,
                p_options || jsonb_build_object('workers', p_workers));
        RETURN v_report;
END $$;

-- A caller's request on a report. p_verb: cancel, pause (p_argument: mode), resume, retry, set-workers (p_argument: number).
-- Returns the state before and after; after NULL: the state does not allow it and nothing was changed, no event either.
-- No row: no such report. The report row is locked first, so that the state before is the one that was judged.
CREATE FUNCTION migrationd.api_report_request(p_report integer, p_verb text, p_argument text, p_uid bigint, p_pid bigint, p_unit text)
RETURNS TABLE (before text, after text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        SELECT r.state INTO before FROM migrationd.report r WHERE r.id = p_report FOR NO KEY UPDATE;
        IF NOT FOUND THEN
                RETURN;
        END IF;
        after := CASE p_verb
                WHEN 'cancel' THEN migrationd.report_cancel(p_report)
                WHEN 'pause' THEN migrationd.report_pause(p_report, p_argument)
                WHEN 'resume' THEN migrationd.report_resume(p_report)
                WHEN 'retry' THEN migrationd.report_retry(p_report)
                WHEN 'set-workers' THEN migrationd.report_set_workers(p_report, p_argument::integer)
        END;
        IF after IS NOT NULL THEN
                PERFORM migrationd.api_event(p_report, NULL, p_verb, p_uid, p_pid, p_unit,
                        jsonb_build_object('argument', p_argument, 'before', before));
        END IF;
        RETURN NEXT;
END $$;

-- A report with what is derived from its rows: there is no second truth for counters. steps: a JSON array of [code, message,
-- state, done, total, started, finished]; done and total are sums over main tasks, since an expander counts no items; tasks: a
-- JSON object of the numbers of all tasks by state. One pass over the tasks of a report.
CREATE VIEW migrationd.report_overview AS
SELECT r.id, r.plan_id, coalesce(p.name, '') AS plan_name, r.migration, r.state, coalesce(r.pause_mode, '') AS pause_mode,
        r.workers, r.options::text AS options, r.uid, s.steps, s.done, s.total, s.tasks,
        (SELECT pg_catalog.count(*) FROM migrationd.problem x WHERE x.report_id = r.id) AS problems,
        coalesce(f.unit, '') AS failed_unit, coalesce(f.error, '') AS failed_error, r.wait_reason,
        migrationd.usec(r.created_at) AS created_usec, migrationd.usec(r.started_at) AS started_usec,
        migrationd.usec(r.finished_at) AS finished_usec
FROM migrationd.report r
JOIN migrationd.plan p ON p.id = r.plan_id
CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_array(st.code, st.message, st.state, t.done, t.total,
                        coalesce(migrationd.usec(st.started_at), 0), coalesce(migrationd.usec(st.finished_at), 0)) ORDER BY st.ord),
                        '[]')::text AS steps,
                coalesce(sum(t.done), 0)::bigint AS done, coalesce(sum(t.total), 0)::bigint AS total,
                json_build_object('waiting', coalesce(sum(t.waiting), 0), 'running', coalesce(sum(t.running), 0),
                        'completed', coalesce(sum(t.completed), 0), 'failed', coalesce(sum(t.failed), 0),
                        'canceled', coalesce(sum(t.canceled), 0), 'skipped', coalesce(sum(t.skipped), 0))::text AS tasks
        FROM migrationd.step st
        CROSS JOIN LATERAL (
                SELECT coalesce(sum(k.done) FILTER (WHERE k.kind = 'main'), 0)::bigint AS done,
                        coalesce(sum(k.total) FILTER (WHERE k.kind = 'main'), 0)::bigint AS total,
                        count(*) FILTER (WHERE k.state = 'waiting') AS waiting,
                        count(*) FILTER (WHERE k.state = 'running') AS running,
                        count(*) FILTER (WHERE k.state = 'completed') AS completed,
                        count(*) FILTER (WHERE k.state = 'failed') AS failed,
                        count(*) FILTER (WHERE k.state = 'canceled') AS canceled,
                        count(*) FILTER (WHERE k.state = 'skipped') AS skipped
                FROM migrationd.task k WHERE k.report_id = st.report_id AND k.step_ord = st.ord
        ) t
        WHERE st.report_id = r.id
) s
LEFT JOIN LATERAL (
        SELECT a.unit, coalesce(k.error, k.class) AS error
        FROM migrationd.task k LEFT JOIN migrationd.attempt a ON a.task_id = k.id AND a.number = k.attempt
        WHERE k.report_id = r.id AND k.state = 'failed'
        ORDER BY k.finished_at, k.id LIMIT 1
) f ON true;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
REVOKE ALL ON migrationd.report_overview FROM PUBLIC;
