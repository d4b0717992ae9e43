-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Progress as it is shown: sums that never go back, and the time in which nobody was working taken out.

-- The most that the counters have been: a program may count anew after a failure, or find out that there is less to do than it
-- thought. What it says is in done and total; what is shown never goes back. 0: not more than those.
ALTER TABLE migrationd.task ADD done_high bigint NOT NULL DEFAULT 0, ADD total_high bigint NOT NULL DEFAULT 0;

-- idle_usec: how long the step could not be worked on since it began: it was paused, throttled, or waited for a retry.
-- paused_at: since when the report is paused, NULL: it is not, or since before this column.
ALTER TABLE migrationd.step ADD idle_usec bigint NOT NULL DEFAULT 0;
ALTER TABLE migrationd.report ADD paused_at timestamptz;

-- As before; a task that is being split keeps the counters of the attempt that failed, which are not the expander's.
CREATE OR REPLACE FUNCTION migrationd.task_progress(p_task integer, p_attempt integer, p_token uuid, p_done bigint, p_total bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint := migrationd.task_fence(p_task, p_attempt, p_token);
        v_before migrationd.task;
BEGIN
        SELECT * INTO v_before FROM migrationd.task WHERE id = p_task;
        IF v_before.split THEN
                RETURN;
        END IF;
        UPDATE migrationd.task SET done = p_done, total = coalesce(p_total, total),
                        done_high = greatest(done_high, done, p_done), total_high = greatest(total_high, total, p_total)
                WHERE id = p_task AND p_done >= 0 AND p_done <= coalesce(p_total, total);
        IF NOT FOUND THEN
                RAISE EXCEPTION 'counters of task %: done % is not between 0 and the total %', p_task, p_done,
                        coalesce(p_total::text, 'as stored') USING ERRCODE = 'MG004';
        END IF;
        IF (v_before.done, v_before.total) IS DISTINCT FROM (p_done, coalesce(p_total, v_before.total)) THEN
                UPDATE migrationd.attempt SET progress_at = clock_timestamp() WHERE id = v_id;
        END IF;
END $$;

-- As before. A split that gave no tasks would lose work; one that gave some takes what is left to do out of its own total.
CREATE OR REPLACE FUNCTION migrationd.task_finish(p_task integer, p_attempt integer, p_token uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint;
        v_report integer;
BEGIN
        v_id := migrationd.task_fence(p_task, p_attempt, p_token);
        IF EXISTS (SELECT FROM migrationd.task WHERE id = p_task AND split) AND
                        NOT EXISTS (SELECT FROM migrationd.task WHERE split_from = p_task) THEN
                RAISE EXCEPTION 'task % is to be split, but no task was added in its place', p_task USING ERRCODE = 'MG003';
        END IF;
        UPDATE migrationd.task SET state = 'completed', finished_at = clock_timestamp(), class = NULL, error = NULL,
                        done = CASE WHEN total = 0 AND NOT split THEN 1 ELSE done END,
                        total = CASE WHEN split THEN done WHEN total = 0 THEN 1 ELSE total END,
                        -- What the new tasks have is taken out of it, and no more than that: they may not know their totals yet.
                        total_high = CASE WHEN split THEN greatest(done_high, done, greatest(total, total_high) - coalesce(
                                (SELECT sum(n.total) FROM migrationd.task n WHERE n.split_from = p_task), 0)) ELSE total_high END
                WHERE id = p_task AND (done = total OR split)
                RETURNING report_id INTO v_report;
        IF NOT FOUND THEN
                RAISE EXCEPTION 'task % has not finished its counters: %', p_task,
                        (SELECT done || ' of ' || total FROM migrationd.task WHERE id = p_task) USING ERRCODE = 'MG003';
        END IF;
        UPDATE migrationd.attempt SET state = 'completed', ended_at = clock_timestamp() WHERE id = v_id;
        PERFORM pg_notify('migrationd', v_report::text);
END $$;

-- As before; a paused report takes the other mode, and stays paused since when it was. NULL also when it is paused in that mode.
CREATE OR REPLACE FUNCTION migrationd.report_pause(p_report integer, p_mode text) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.report SET state = 'paused', pause_mode = p_mode,
                        paused_at = CASE WHEN state = 'paused' THEN paused_at ELSE clock_timestamp() END
                WHERE id = p_report AND (state = 'running' OR (state = 'paused' AND pause_mode <> p_mode)) RETURNING state;
$$;

CREATE OR REPLACE FUNCTION migrationd.report_resume(p_report integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.step s SET idle_usec = s.idle_usec + coalesce((extract(epoch FROM clock_timestamp() -
                        greatest(r.paused_at, s.started_at)) * 1000000)::bigint, 0)
                FROM migrationd.report r
                WHERE r.id = p_report AND r.state = 'paused' AND s.report_id = r.id AND s.state = 'running';
        UPDATE migrationd.report SET state = 'running', pause_mode = NULL, paused_at = NULL, resumed_at = clock_timestamp()
                WHERE id = p_report AND state = 'paused' RETURNING state;
$$;

-- As before: sets failed tasks of a failed report back to waiting, with one more attempt: those of a step (NULL: all) and of a class
-- (NULL: all). Those that stay failed are tolerated, and make the report fail again once the others are done; when they are more than
-- the step allows, nothing else starts beside what was asked for. A task that an earlier Retry asked for, and that was not
-- started, has to be meant again. Returns NULL when the state does not allow it or no task is meant. Raises 23505 on index
-- report_unfinished while another report is unfinished.
CREATE OR REPLACE FUNCTION migrationd.report_retry(p_report integer, p_step text DEFAULT NULL, p_class text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_waiting bigint;
        v_failed bigint;
BEGIN
        PERFORM FROM migrationd.report WHERE id = p_report AND state = 'failed' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        -- Those of an earlier Retry come first: the next statement makes more of them.
        UPDATE migrationd.task t SET not_before = NULL
                FROM migrationd.step s
                WHERE t.report_id = p_report AND t.state = 'waiting' AND t.retried AND s.report_id = t.report_id AND s.ord = t.step_ord AND
                        (p_step IS NULL OR s.code = p_step) AND (p_class IS NULL OR t.class = p_class);
        GET DIAGNOSTICS v_waiting = ROW_COUNT;
        UPDATE migrationd.task t SET state = 'waiting', max_attempts = greatest(t.max_attempts, t.attempt) + 1, not_before = NULL,
                        finished_at = NULL, tolerated = false, retried = true
                FROM migrationd.step s
                WHERE t.report_id = p_report AND t.state = 'failed' AND s.report_id = t.report_id AND s.ord = t.step_ord AND
                        (p_step IS NULL OR s.code = p_step) AND (p_class IS NULL OR t.class = p_class);
        GET DIAGNOSTICS v_failed = ROW_COUNT;
        IF v_waiting + v_failed = 0 THEN
                RETURN NULL;
        END IF;
        UPDATE migrationd.task t SET retried = false
                FROM migrationd.step s
                WHERE t.report_id = p_report AND t.retried AND s.report_id = t.report_id AND s.ord = t.step_ord AND (t.state <> 'waiting' OR
                        NOT ((p_step IS NULL OR s.code = p_step) AND (p_class IS NULL OR t.class IS NOT DISTINCT FROM p_class)));
        UPDATE migrationd.step s SET retry_only = EXISTS (SELECT FROM migrationd.task WHERE report_id = p_report AND step_ord = s.ord AND
                                state = 'failed' AND kind = 'expand' AND NOT split) OR
                        (SELECT count(*) FROM migrationd.task WHERE report_id = p_report AND step_ord = s.ord AND state = 'failed') >
                                migrationd.step_failures_allowed(s)
                WHERE s.report_id = p_report AND s.state IN ('running', 'failed');
        UPDATE migrationd.task SET tolerated = true WHERE report_id = p_report AND state = 'failed';
        UPDATE migrationd.report SET state = 'running', finished_at = NULL WHERE id = p_report AND state = 'failed';
        UPDATE migrationd.step SET state = 'running', finished_at = NULL, idle_usec = idle_usec +
                        coalesce((extract(epoch FROM clock_timestamp() - finished_at) * 1000000)::bigint, 0)
                WHERE report_id = p_report AND state = 'failed';
        RETURN 'running';
END $$;

-- How long the running step of a report has been worked on, in microseconds; NULL: none is running.
CREATE FUNCTION migrationd.step_busy_usec(p_report migrationd.report) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
        SELECT greatest(0, (extract(epoch FROM least(clock_timestamp(), (p_report).paused_at) - started_at) * 1000000)::bigint - idle_usec)
                FROM migrationd.step WHERE report_id = (p_report).id AND state = 'running' ORDER BY ord LIMIT 1
$$;

-- What a report waits for, in the words of report_why(); empty: for nothing but its own tasks.
CREATE FUNCTION migrationd.report_wait_reason(p_report migrationd.report) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT (p_report).wait_reason
$$;

-- As before, but sums of counters do not go back, and with busy_usec: how long the running step has been worked on, NULL: none is
-- running. The totals of a split's new tasks come out of what the old one was. A step counts different things than another.
CREATE OR REPLACE VIEW migrationd.report_overview AS
SELECT r.id, r.plan_id, coalesce(p.name, '') AS plan_name, r.migration, r.state, coalesce(r.pause_mode, '') AS pause_mode,
        r.workers, r.options::text AS options, r.uid, s.steps, s.done, s.total, s.tasks,
        (SELECT pg_catalog.count(*) FROM migrationd.problem x WHERE x.report_id = r.id) AS problems,
        coalesce(f.unit, '') AS failed_unit, coalesce(f.error, '') AS failed_error,
        migrationd.report_wait_reason(r) AS wait_reason,
        migrationd.usec(r.created_at) AS created_usec, migrationd.usec(r.started_at) AS started_usec,
        migrationd.usec(r.finished_at) AS finished_usec,
        (SELECT coalesce(pg_catalog.json_agg(h.code ORDER BY h.ord), '[]')::text FROM migrationd.step h
                WHERE h.report_id = r.id AND h.held_uid IS NOT NULL AND r.finished_at IS NULL) AS held,
        migrationd.step_busy_usec(r) AS busy_usec
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
                SELECT coalesce(sum(CASE WHEN k.state = 'completed' THEN greatest(k.total, k.total_high) ELSE
                                greatest(k.done, k.done_high) END) FILTER (WHERE k.kind = 'main' OR k.split), 0)::bigint AS done,
                        coalesce(sum(greatest(k.total, k.total_high)) FILTER (WHERE k.kind = 'main' OR k.split), 0)::bigint AS total,
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
