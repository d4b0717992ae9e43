-- SPDX-License-Identifier: LGPL-2.1-or-later
-- State changes of the service and the poll, each one statement for the client. Lock order: report, task, attempt. Every
-- function that ends or launches something locks the report row first, in a statement of its own: each later statement of a
-- VOLATILE function has a new snapshot under READ COMMITTED, one single UPDATE with NOT EXISTS would not. The lock is FOR NO KEY
-- UPDATE, which is as exclusive among these functions as FOR UPDATE, but does not wait for the FOR KEY SHARE that the foreign
-- key of a problem row takes: a frozen worker with an open transaction would keep the poll waiting.

-- Tells both listeners, the daemon and the poll, that something of a report has changed.
CREATE FUNCTION migrationd.report_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM pg_notify('migrationd', CASE TG_TABLE_NAME WHEN 'report' THEN to_jsonb(NEW)->>'id'
                ELSE to_jsonb(NEW)->>'report_id' END);
        RETURN NULL;
END $$;

CREATE TRIGGER report_changed AFTER INSERT OR UPDATE OF state, pause_mode, workers, wait_reason ON migrationd.report
        FOR EACH ROW EXECUTE FUNCTION migrationd.report_changed();
CREATE TRIGGER step_changed AFTER UPDATE OF state ON migrationd.step
        FOR EACH ROW EXECUTE FUNCTION migrationd.report_changed();

-- Creates a report with its steps and the first tasks. p_steps: array of {code, message, expand, parallel, attempts,
-- backoff_msec, backoff_max_msec, on_failure, dry_run} in order. With the option dry_run, tasks of steps without dry_run are
-- skipped. Raises 23505 on index report_unfinished while another report is unfinished, 23503 for an unknown plan.
CREATE FUNCTION migrationd.report_create(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_uid bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        INSERT INTO migrationd.report (plan_id, migration, state, options, workers, definition_digest, uid)
                VALUES (p_plan, p_migration, 'running', p_options, p_workers, p_digest, p_uid)
                RETURNING id INTO v_report;
        INSERT INTO migrationd.step (report_id, ord, code, message, expand, parallel, attempts, backoff_msec, backoff_max_msec,
                        on_failure)
                SELECT v_report, n - 1, e->>'code', e->>'message', (e->>'expand')::boolean, (e->>'parallel')::integer,
                        (e->>'attempts')::integer, (e->>'backoff_msec')::bigint, (e->>'backoff_max_msec')::bigint, e->>'on_failure'
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

-- Completes the steps whose tasks are all completed or skipped and starts the next one. One call does all that is due. Returns
-- the ord of the running step; NULL when there is nothing to launch in it: all is done, or it waits for report_failed().
CREATE FUNCTION migrationd.report_advance(p_report integer) RETURNS integer
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
                IF NOT FOUND OR v_step.state = 'failed' THEN
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

-- Writes the intents of up to p_limit starts: attempt rows, committed before the units are asked for. Launches only from the
-- running step, the lowest open stage of each lane, while no task has failed and the window has room.
CREATE FUNCTION migrationd.report_launch(p_report integer, p_limit integer, p_launcher text, p_bus uuid)
RETURNS TABLE (attempt_id bigint, task integer, number integer, token uuid, step text, kind text, unit text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
        v_report migrationd.report;
        v_step migrationd.step;
        v_room integer;
BEGIN
        SELECT * INTO v_report FROM migrationd.report WHERE id = p_report AND state = 'running' FOR NO KEY UPDATE;
        IF NOT FOUND OR EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state = 'failed') THEN
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

-- Ends an attempt that did not finish by its own commit. p_seen: the attempt's state as the poll read it before it asked PID 1;
-- p_outcome: failed, skipped or lost. p_permanent: no other attempt is made. Returns the task's new state, NULL for a lost
-- race (the attempt's own commit came first, or the report is canceling: nothing is changed).
CREATE FUNCTION migrationd.attempt_end(p_attempt bigint, p_seen text, p_outcome text, p_class text, p_error text, p_permanent boolean)
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
        RETURN v_state;
END $$;

-- Stores what the unit's result says, once; NULL: could not be read. times in microseconds since the epoch, 0 or NULL: unknown.
-- A stored result takes the attempt out of the poll's sight, so that of a live attempt is not stored: it may have claimed since
-- the poll saw it. Under a cancel it is, report_canceled() ends what is left. Returns whether a result is stored, by this call or
-- an earlier one.
CREATE FUNCTION migrationd.attempt_record(p_attempt bigint, p_result text, p_exit_code text, p_exit_status integer, p_cpu_usec bigint,
        p_memory_peak bigint, p_io_read bigint, p_io_write bigint, p_started_usec bigint, p_exited_usec bigint, p_invocation text)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        UPDATE migrationd.attempt SET recorded_at = clock_timestamp(), result = p_result, exit_code = p_exit_code,
                exit_status = p_exit_status, cpu_usec = p_cpu_usec, memory_peak_bytes = p_memory_peak, io_read_bytes = p_io_read,
                io_write_bytes = p_io_write, started_at = to_timestamp(nullif(p_started_usec, 0) / 1000000.0),
                exited_at = to_timestamp(nullif(p_exited_usec, 0) / 1000000.0),
                invocation_id = coalesce(invocation_id, p_invocation)
                WHERE id = p_attempt AND recorded_at IS NULL AND (state NOT IN ('launching', 'running') OR EXISTS (
                        SELECT FROM migrationd.report r WHERE r.id = report_id AND r.state = 'canceling'));
        RETURN EXISTS (SELECT FROM migrationd.attempt WHERE id = p_attempt AND recorded_at IS NOT NULL);
END $$;

-- Waits at most until lock_timeout for tasks whose rows are locked by a commit in flight. Returns whether it wrote the state.
CREATE FUNCTION migrationd.report_canceled(p_report integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.task SET state = 'canceled', finished_at = clock_timestamp()
                WHERE report_id = p_report AND state IN ('waiting', 'running') AND
                        EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND state = 'canceling');
        UPDATE migrationd.attempt SET state = 'lost', class = 'canceled', ended_at = clock_timestamp()
                WHERE report_id = p_report AND state IN ('launching', 'running') AND
                        EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND state = 'canceling');
        UPDATE migrationd.attempt SET recorded_at = clock_timestamp()
                WHERE report_id = p_report AND recorded_at IS NULL AND
                        EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND state = 'canceling');
        UPDATE migrationd.step SET state = 'canceled', finished_at = clock_timestamp()
                WHERE report_id = p_report AND state IN ('waiting', 'running') AND
                        EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND state = 'canceling');
        UPDATE migrationd.report SET state = 'canceled', finished_at = clock_timestamp(), wait_reason = ''
                WHERE id = p_report AND state = 'canceling';
        RETURN FOUND;
END $$;

CREATE FUNCTION migrationd.report_completed(p_report integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.report SET state = 'completed', finished_at = clock_timestamp(), wait_reason = ''
                WHERE id = p_report AND state = 'running' AND
                        NOT EXISTS (SELECT FROM migrationd.step WHERE report_id = p_report AND state <> 'completed') AND
                        NOT EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state NOT IN ('completed', 'skipped')) AND
                        NOT EXISTS (SELECT FROM migrationd.attempt WHERE report_id = p_report AND state IN ('launching', 'running'));
        RETURN FOUND;
END $$;

-- Tasks that never ran stay waiting, for Retry.
CREATE FUNCTION migrationd.report_failed(p_report integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_done boolean;
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.report SET state = 'failed', finished_at = clock_timestamp(), wait_reason = ''
                WHERE id = p_report AND state = 'running' AND
                        EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND state = 'failed') AND
                        NOT EXISTS (SELECT FROM migrationd.attempt WHERE report_id = p_report AND state IN ('launching', 'running'));
        v_done := FOUND;
        IF v_done THEN
                UPDATE migrationd.step SET state = 'failed', finished_at = clock_timestamp()
                        WHERE report_id = p_report AND state = 'running';
        END IF;
        RETURN v_done;
END $$;

-- Callers' requests. Each returns the new state, or NULL when the report is not in a state that allows it.
CREATE FUNCTION migrationd.report_cancel(p_report integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET state = 'canceling', pause_mode = NULL
                WHERE id = p_report AND state IN ('running', 'paused') RETURNING state;
$$;

CREATE FUNCTION migrationd.report_pause(p_report integer, p_mode text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET state = 'paused', pause_mode = p_mode
                WHERE id = p_report AND state = 'running' RETURNING state;
$$;

CREATE FUNCTION migrationd.report_resume(p_report integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET state = 'running', pause_mode = NULL
                WHERE id = p_report AND state = 'paused' RETURNING state;
$$;

CREATE FUNCTION migrationd.report_set_workers(p_report integer, p_workers integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET workers = p_workers
                WHERE id = p_report AND state IN ('running', 'paused') RETURNING state;
$$;

-- Sets the failed tasks of a failed report back to waiting, with one more attempt. Raises 23505 on index report_unfinished
-- while another report is unfinished.
CREATE FUNCTION migrationd.report_retry(p_report integer) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report FOR NO KEY UPDATE;
        UPDATE migrationd.report SET state = 'running', finished_at = NULL WHERE id = p_report AND state = 'failed';
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        UPDATE migrationd.task SET state = 'waiting', max_attempts = greatest(max_attempts, attempt) + 1, not_before = NULL,
                        finished_at = NULL
                WHERE report_id = p_report AND state = 'failed';
        UPDATE migrationd.step SET state = 'running', finished_at = NULL WHERE report_id = p_report AND state = 'failed';
        RETURN 'running';
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
