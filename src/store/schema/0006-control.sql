-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Holds before a step, failures that are allowed, the time without progress, and retry of a part of what failed.

-- held_uid: who asked to hold before this step, NULL: it is not held; written by callers' requests, guarded. max_failures: so many
-- tasks of the step may fail before nothing more of it is started; percent: of its tasks.
ALTER TABLE migrationd.step ADD held_uid bigint, ADD max_failures integer NOT NULL DEFAULT 0 CHECK (max_failures >= 0),
        ADD max_failures_percent integer NOT NULL DEFAULT 0 CHECK (max_failures_percent BETWEEN 0 AND 100);

-- progress_timeout_msec: how long a task's counters may stand still, NULL: for ever. progress_at: when they moved last, NULL: not
-- since the claim. resumed_at: when the report left its latest pause, in which no counter could move; a Resume does not write
-- attempts, whose rows a frozen program may have locked.
ALTER TABLE migrationd.step ADD progress_timeout_msec bigint CHECK (progress_timeout_msec > 0);
ALTER TABLE migrationd.attempt ADD progress_at timestamptz;
ALTER TABLE migrationd.report ADD resumed_at timestamptz;

-- A failed task that keeps no other from starting: it is within the step's allowed failures, or a Retry left it alone. The report
-- fails all the same, once nothing more of the step can run.
ALTER TABLE migrationd.task ADD tolerated boolean NOT NULL DEFAULT false, ADD CHECK (state = 'failed' OR NOT tolerated);

-- retried: a Retry has asked for the task, or it was added by one that was asked for. retry_only: the failures that the latest Retry
-- left alone are more than the step allows, so that only such tasks start.
ALTER TABLE migrationd.task ADD retried boolean NOT NULL DEFAULT false;
ALTER TABLE migrationd.step ADD retry_only boolean NOT NULL DEFAULT false;
CREATE INDEX task_retried ON migrationd.task (report_id, step_ord, lane, stage, id) WHERE retried AND state IN ('waiting', 'running');

-- As before; elements of p_steps may also have held (the report holds before that step), max_failures, max_failures_percent
-- and progress_timeout_msec.
CREATE OR REPLACE FUNCTION migrationd.report_create(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_uid bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        INSERT INTO migrationd.report (plan_id, migration, state, options, workers, definition_digest, uid)
                VALUES (p_plan, p_migration, 'running', p_options, p_workers, p_digest, p_uid)
                RETURNING id INTO v_report;
        INSERT INTO migrationd.step (report_id, ord, code, message, expand, parallel, attempts, backoff_msec, backoff_max_msec,
                        on_failure, held_uid, max_failures, max_failures_percent, progress_timeout_msec)
                SELECT v_report, n - 1, e->>'code', e->>'message', (e->>'expand')::boolean, (e->>'parallel')::integer,
                        (e->>'attempts')::integer, (e->>'backoff_msec')::bigint, (e->>'backoff_max_msec')::bigint, e->>'on_failure',
                        CASE WHEN (e->>'held')::boolean THEN p_uid END, coalesce((e->>'max_failures')::integer, 0),
                        coalesce((e->>'max_failures_percent')::integer, 0), (e->>'progress_timeout_msec')::bigint
                FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS x (e, n);
        INSERT INTO migrationd.task (report_id, step_ord, kind, stage, state, max_attempts)
                SELECT v_report, n - 1, CASE WHEN (e->>'expand')::boolean THEN 'expand' ELSE 'main' END,
                        CASE WHEN (e->>'expand')::boolean THEN -1 ELSE 0 END,
                        CASE WHEN coalesce((p_options->>'dry_run')::boolean, false) AND
                                NOT coalesce((e->>'dry_run')::boolean, false) THEN 'skipped' ELSE 'waiting' END,
                        (e->>'attempts')::integer
                FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS x (e, n) ORDER BY n;
        RETURN v_report;
END $$;

-- As before, and notes when the counters moved.
CREATE OR REPLACE FUNCTION migrationd.task_progress(p_task integer, p_attempt integer, p_token uuid, p_done bigint, p_total bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint := migrationd.task_fence(p_task, p_attempt, p_token);
        v_before migrationd.task;
BEGIN
        SELECT * INTO v_before FROM migrationd.task WHERE id = p_task;
        UPDATE migrationd.task SET done = p_done, total = coalesce(p_total, total)
                WHERE id = p_task AND p_done >= 0 AND p_done <= coalesce(p_total, total);
        IF NOT FOUND THEN
                RAISE EXCEPTION 'counters of task %: done % is not between 0 and the total %', p_task, p_done,
                        coalesce(p_total::text, 'as stored') USING ERRCODE = 'MG004';
        END IF;
        IF (v_before.done, v_before.total) IS DISTINCT FROM (p_done, coalesce(p_total, v_before.total)) THEN
                UPDATE migrationd.attempt SET progress_at = clock_timestamp() WHERE id = v_id;
        END IF;
END $$;

CREATE OR REPLACE FUNCTION migrationd.report_resume(p_report integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET state = 'running', pause_mode = NULL, resumed_at = clock_timestamp()
                WHERE id = p_report AND state = 'paused' RETURNING state;
$$;

CREATE TRIGGER step_held AFTER UPDATE OF held_uid ON migrationd.step
        FOR EACH ROW EXECUTE FUNCTION migrationd.report_changed();

-- Holds before a step that has not begun. Returns the report's state, NULL: neither it nor the step is in a state for it. The
-- report's row is locked by the caller, so that the step does not begin meanwhile.
CREATE FUNCTION migrationd.report_hold(p_report integer, p_code text, p_uid bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_state text;
BEGIN
        SELECT state INTO v_state FROM migrationd.report WHERE id = p_report AND state IN ('running', 'paused');
        UPDATE migrationd.step SET held_uid = coalesce(held_uid, p_uid)
                WHERE report_id = p_report AND code = p_code AND state = 'waiting' AND v_state IS NOT NULL;
        RETURN CASE WHEN FOUND THEN v_state END;
END $$;

-- Ends a hold, '': all of them. Returns as above; NULL also when nothing is held.
CREATE FUNCTION migrationd.report_release(p_report integer, p_code text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_state text;
BEGIN
        SELECT state INTO v_state FROM migrationd.report WHERE id = p_report AND state IN ('running', 'paused');
        UPDATE migrationd.step SET held_uid = NULL
                WHERE report_id = p_report AND held_uid IS NOT NULL AND p_code IN ('', code) AND v_state IS NOT NULL;
        RETURN CASE WHEN FOUND THEN v_state END;
END $$;

-- As before, but a step that is held does not begin.
CREATE OR REPLACE FUNCTION migrationd.report_advance(p_report integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_step migrationd.step;
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report AND state = 'running' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        LOOP
                SELECT * INTO v_step FROM migrationd.step WHERE report_id = p_report AND state IN ('waiting', 'running', 'failed')
                        ORDER BY ord LIMIT 1;
                IF NOT FOUND OR v_step.state = 'failed' OR (v_step.state = 'waiting' AND v_step.held_uid IS NOT NULL) THEN
                        RETURN NULL;
                END IF;
                IF v_step.state = 'waiting' THEN
                        UPDATE migrationd.step SET state = 'running', started_at = coalesce(started_at, clock_timestamp())
                                WHERE report_id = p_report AND ord = v_step.ord;
                END IF;
                IF EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND step_ord = v_step.ord AND
                                state IN ('waiting', 'running')) THEN
                        RETURN v_step.ord;
                END IF;
                IF EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND step_ord = v_step.ord AND
                                state IN ('failed', 'canceled')) THEN
                        RETURN NULL;
                END IF;
                UPDATE migrationd.step SET state = 'completed', finished_at = clock_timestamp()
                        WHERE report_id = p_report AND ord = v_step.ord;
        END LOOP;
END $$;

-- The step that a running report does not begin because of a hold; no row: none. Nothing of an earlier step is open.
CREATE FUNCTION migrationd.report_held(p_report integer) RETURNS TABLE (code text, uid bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT s.code, s.held_uid FROM (
                SELECT * FROM migrationd.step WHERE report_id = p_report AND state IN ('waiting', 'running', 'failed')
                        ORDER BY ord LIMIT 1) s
                WHERE s.state = 'waiting' AND s.held_uid IS NOT NULL
$$;

-- Whether a report is to fail as far as its tasks are concerned: one has failed that is not tolerated, or some have failed and
-- nothing of the step can be started any more, since what waits is of a later stage than a failed task of its lane, or is not what a
-- Retry asked for.
CREATE FUNCTION migrationd.report_is_failing(p_report integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state = 'failed') AND (
                EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state = 'failed' AND NOT tolerated) OR
                NOT EXISTS (SELECT FROM migrationd.step s JOIN migrationd.task t ON t.report_id = s.report_id AND t.step_ord = s.ord
                        WHERE s.report_id = p_report AND s.state = 'running' AND (t.state = 'running' OR (t.state = 'waiting' AND
                                NOT s.retry_only AND
                                NOT EXISTS (SELECT FROM migrationd.task f WHERE f.report_id = p_report AND f.state = 'failed' AND
                                        f.step_ord = t.step_ord AND f.lane = t.lane AND f.stage < t.stage)))) AND
                NOT EXISTS (SELECT FROM migrationd.step s JOIN migrationd.task t ON t.report_id = s.report_id AND t.step_ord = s.ord
                        WHERE s.report_id = p_report AND s.state = 'running' AND s.retry_only AND t.retried AND t.state = 'waiting' AND
                                NOT EXISTS (SELECT FROM migrationd.task f WHERE f.report_id = p_report AND f.step_ord = t.step_ord AND
                                        f.lane = t.lane AND f.stage < t.stage AND
                                        (f.state = 'failed' OR (f.state = 'waiting' AND NOT f.retried)))))
$$;

-- Decides whether a task that has just failed is tolerated. The report's row is locked by the caller.
CREATE FUNCTION migrationd.task_tolerate(p_task integer) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.task t SET tolerated = true FROM migrationd.step s
                WHERE t.id = p_task AND t.state = 'failed' AND t.kind = 'main' AND s.report_id = t.report_id AND s.ord = t.step_ord AND
                        (SELECT count(*) FROM migrationd.task f WHERE f.report_id = t.report_id AND f.state = 'failed' AND
                                f.step_ord = t.step_ord) <= greatest(s.max_failures, CASE WHEN s.max_failures_percent > 0 THEN
                                (SELECT count(*) FROM migrationd.task a WHERE a.report_id = t.report_id AND a.step_ord = t.step_ord AND
                                        a.kind = 'main') * s.max_failures_percent / 100 ELSE 0 END)
$$;

-- As before, but with failures that are tolerated, which only keep later stages of their lane from starting.
CREATE OR REPLACE FUNCTION migrationd.report_launch(p_report integer, p_limit integer, p_launcher text, p_bus uuid)
RETURNS TABLE (attempt_id bigint, task integer, number integer, token uuid, step text, kind text, unit text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
        v_report migrationd.report;
        v_step migrationd.step;
        v_room integer;
BEGIN
        SELECT * INTO v_report FROM migrationd.report WHERE id = p_report AND state = 'running' FOR NO KEY UPDATE;
        IF NOT FOUND OR EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state = 'failed' AND NOT tolerated) THEN
                RETURN;
        END IF;
        SELECT * INTO v_step FROM migrationd.step WHERE report_id = p_report AND state = 'running' ORDER BY ord LIMIT 1;
        IF NOT FOUND THEN
                RETURN;
        END IF;
        v_room := least(p_limit, least(v_report.workers, v_step.parallel) -
                (SELECT count(*)::integer FROM migrationd.task WHERE report_id = p_report AND state = 'running'));
        IF v_room <= 0 THEN
                RETURN;
        END IF;
        RETURN QUERY
        WITH RECURSIVE lane (name, stage) AS (
                (SELECT lane, stage FROM migrationd.task WHERE report_id = p_report AND step_ord = v_step.ord AND
                        state IN ('waiting', 'running') ORDER BY lane, stage LIMIT 1)
                UNION ALL
                SELECT n.lane, n.stage FROM lane l, LATERAL (SELECT lane, stage FROM migrationd.task WHERE report_id = p_report AND
                        step_ord = v_step.ord AND lane > l.name AND state IN ('waiting', 'running')
                        ORDER BY lane, stage LIMIT 1) n
        ), due AS (
                SELECT d.id FROM lane l, LATERAL (SELECT id FROM migrationd.task WHERE report_id = p_report AND
                                step_ord = v_step.ord AND lane = l.name AND stage = l.stage AND state = 'waiting' AND
                                attempt < max_attempts AND (not_before IS NULL OR not_before <= clock_timestamp())
                                ORDER BY id LIMIT v_room) d
                WHERE NOT EXISTS (SELECT FROM migrationd.task f WHERE f.report_id = p_report AND f.state = 'failed' AND
                        f.step_ord = v_step.ord AND f.lane = l.name AND f.stage < l.stage)
                ORDER BY d.id LIMIT v_room
        ), started AS (
                UPDATE migrationd.task t SET state = 'running', attempt = t.attempt + 1,
                                started_at = coalesce(t.started_at, clock_timestamp()), not_before = NULL
                        FROM due WHERE t.id = due.id AND t.state = 'waiting'
                        RETURNING t.id, t.attempt, t.kind
        )
        INSERT INTO migrationd.attempt (report_id, task_id, number, unit, bus_id, launcher)
                SELECT p_report, s.id, s.attempt,
                        format('migration-%s-%s-%s-%s-%s.service', v_report.migration, v_step.code, p_report, s.id, s.attempt),
                        p_bus, p_launcher FROM started s ORDER BY s.id
                RETURNING id, task_id, number, token, v_step.code, (SELECT kind FROM started WHERE started.id = task_id), unit;
        IF FOUND THEN
                UPDATE migrationd.report SET started_at = clock_timestamp() WHERE id = p_report AND started_at IS NULL;
        END IF;
END $$;

-- As before; a failure may be tolerated.
CREATE OR REPLACE FUNCTION migrationd.attempt_end(p_attempt bigint, p_seen text, p_outcome text, p_class text, p_error text, p_permanent boolean)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_attempt migrationd.attempt;
        v_again boolean;
        v_state text;
BEGIN
        SELECT * INTO v_attempt FROM migrationd.attempt WHERE id = p_attempt;
        PERFORM FROM migrationd.report WHERE id = v_attempt.report_id FOR NO KEY UPDATE;
        PERFORM FROM migrationd.task WHERE id = v_attempt.task_id FOR NO KEY UPDATE;
        UPDATE migrationd.attempt SET state = p_outcome, ended_at = clock_timestamp()
                WHERE id = p_attempt AND state = p_seen AND state IN ('launching', 'running') AND EXISTS (
                        SELECT FROM migrationd.report WHERE id = v_attempt.report_id AND state IN ('running', 'paused'));
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        SELECT p_outcome <> 'skipped' AND NOT p_permanent AND attempt < max_attempts INTO v_again
                FROM migrationd.task WHERE id = v_attempt.task_id;
        UPDATE migrationd.task t SET
                        state = CASE WHEN p_outcome = 'skipped' THEN 'skipped' WHEN v_again THEN 'waiting' ELSE 'failed' END,
                        class = CASE WHEN p_outcome <> 'skipped' THEN p_class END,
                        error = CASE WHEN p_outcome <> 'skipped' THEN p_error END,
                        finished_at = CASE WHEN v_again THEN NULL ELSE clock_timestamp() END,
                        -- Back-off doubles with each attempt up to the cap, with a tenth of jitter so that many do not return at once.
                        not_before = CASE WHEN v_again THEN clock_timestamp() + (1 + random() / 10) * interval '1 millisecond' *
                                least(s.backoff_msec * power(2, least(t.attempt - 1, 30)), s.backoff_max_msec) END
                FROM migrationd.step s
                WHERE t.id = v_attempt.task_id AND t.attempt = v_attempt.number AND t.state = 'running' AND
                        s.report_id = t.report_id AND s.ord = t.step_ord
                RETURNING t.state INTO v_state;
        IF v_state = 'failed' THEN
                PERFORM migrationd.task_tolerate(v_attempt.task_id);
        END IF;
        RETURN v_state;
END $$;

CREATE OR REPLACE FUNCTION migrationd.report_failed(p_report integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_done boolean;
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.report SET state = 'failed', finished_at = clock_timestamp(), wait_reason = ''
                WHERE id = p_report AND state = 'running' AND migrationd.report_is_failing(p_report) AND
                        NOT EXISTS (SELECT FROM migrationd.attempt WHERE report_id = p_report AND state IN ('launching', 'running'));
        v_done := FOUND;
        IF v_done THEN
                UPDATE migrationd.step SET state = 'failed', finished_at = clock_timestamp()
                        WHERE report_id = p_report AND state = 'running';
        END IF;
        RETURN v_done;
END $$;

-- Sets failed tasks of a failed report back to waiting, with one more attempt: those of a step (NULL: all) and of a class
-- (NULL: all). Those that stay failed are tolerated, and make the report fail again once the others are done. Returns NULL when
-- the state does not allow it or no task is meant. Raises 23505 on index report_unfinished while another report is unfinished.
DROP FUNCTION migrationd.report_retry(integer);
CREATE FUNCTION migrationd.report_retry(p_report integer, p_step text DEFAULT NULL, p_class text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.task t SET state = 'waiting', max_attempts = greatest(t.max_attempts, t.attempt) + 1, not_before = NULL,
                        finished_at = NULL, tolerated = false
                FROM migrationd.step s
                WHERE t.report_id = p_report AND t.state = 'failed' AND s.report_id = t.report_id AND s.ord = t.step_ord AND
                        (p_step IS NULL OR s.code = p_step) AND (p_class IS NULL OR t.class = p_class) AND
                        EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND state = 'failed');
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        UPDATE migrationd.task SET tolerated = true WHERE report_id = p_report AND state = 'failed';
        UPDATE migrationd.report SET state = 'running', finished_at = NULL WHERE id = p_report AND state = 'failed';
        UPDATE migrationd.step SET state = 'running', finished_at = NULL WHERE report_id = p_report AND state = 'failed';
        RETURN 'running';
END $$;

-- As before, with hold (p_argument: the step), release (the step, or '' for all) and retry (p_argument: NULL, or a JSON object with
-- step and class, each of them optional). refused, when after is NULL: step (there is none of that code), begun (the step has),
-- held (no step is), tasks (none has failed that is meant), or state.
DROP FUNCTION migrationd.api_report_request(integer, text, text, bigint, bigint, text, text);
CREATE FUNCTION migrationd.api_report_request(p_report integer, p_verb text, p_argument text, p_uid bigint, p_pid bigint, p_unit text,
        p_via text DEFAULT NULL)
RETURNS TABLE (before text, after text, refused text, choice text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_step text;
BEGIN
        SELECT r.state INTO before FROM migrationd.report r WHERE r.id = p_report FOR NO KEY UPDATE;
        IF NOT FOUND THEN
                RETURN;
        END IF;
        v_step := CASE p_verb WHEN 'hold' THEN p_argument WHEN 'release' THEN nullif(p_argument, '')
                WHEN 'retry' THEN p_argument::json->>'step' END;
        IF v_step IS NOT NULL AND NOT EXISTS (SELECT FROM migrationd.step WHERE report_id = p_report AND code = v_step) THEN
                refused := 'step';
                RETURN NEXT;
                RETURN;
        END IF;
        after := CASE p_verb
                WHEN 'cancel' THEN migrationd.report_cancel(p_report)
                WHEN 'pause' THEN migrationd.report_pause(p_report, p_argument)
                WHEN 'resume' THEN migrationd.report_resume(p_report)
                WHEN 'retry' THEN migrationd.report_retry(p_report, v_step, p_argument::json->>'class')
                WHEN 'hold' THEN migrationd.report_hold(p_report, p_argument, p_uid)
                WHEN 'release' THEN migrationd.report_release(p_report, p_argument)
                WHEN 'set-workers' THEN migrationd.report_set_workers(p_report, p_argument::integer)
        END;
        IF after IS NOT NULL THEN
                PERFORM migrationd.api_event(p_report, NULL, p_verb, p_uid, p_pid, p_unit, p_via,
                        jsonb_build_object('argument', p_argument, 'before', before));
        ELSE
                refused := CASE WHEN p_verb = 'retry' AND before = 'failed' THEN 'tasks'
                        WHEN p_verb = 'hold' AND before IN ('running', 'paused') THEN 'begun'
                        WHEN p_verb = 'release' AND before IN ('running', 'paused') THEN 'held' ELSE 'state' END;
        END IF;
        RETURN NEXT;
END $$;

-- As before, with held: a JSON array of the steps that are held.
CREATE OR REPLACE VIEW migrationd.report_overview AS
SELECT r.id, r.plan_id, coalesce(p.name, '') AS plan_name, r.migration, r.state, coalesce(r.pause_mode, '') AS pause_mode,
        r.workers, r.options::text AS options, r.uid, s.steps, s.done, s.total, s.tasks,
        (SELECT pg_catalog.count(*) FROM migrationd.problem x WHERE x.report_id = r.id) AS problems,
        coalesce(f.unit, '') AS failed_unit, coalesce(f.error, '') AS failed_error, r.wait_reason,
        migrationd.usec(r.created_at) AS created_usec, migrationd.usec(r.started_at) AS started_usec,
        migrationd.usec(r.finished_at) AS finished_usec,
        (SELECT coalesce(pg_catalog.json_agg(h.code ORDER BY h.ord), '[]')::text FROM migrationd.step h
                WHERE h.report_id = r.id AND h.held_uid IS NOT NULL AND r.finished_at IS NULL) AS held
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
