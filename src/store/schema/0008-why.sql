-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Why a report or a task waits, for people.

-- Who asked for the latest request of that verb on a report, as a text.
CREATE FUNCTION migrationd.report_asked(p_report integer, p_verb text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce((SELECT format('by uid %s since %s', uid, date_trunc('second', created_at)) FROM migrationd.event
                WHERE report_id = p_report AND verb = p_verb ORDER BY id DESC LIMIT 1), 'by nobody known')
$$;

-- What a report waits for, in one line.
CREATE FUNCTION migrationd.report_why(p_report integer) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report migrationd.report;
        v_running bigint;
        v_waiting bigint;
        v_until timestamptz;
        v_step migrationd.step;
BEGIN
        SELECT * INTO v_report FROM migrationd.report WHERE id = p_report;
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        IF v_report.finished_at IS NOT NULL THEN
                RETURN format('%s since %s: it waits for nothing', v_report.state, date_trunc('second', v_report.finished_at));
        ELSIF v_report.state = 'paused' AND v_report.pause_mode = 'freeze' THEN
                RETURN format('frozen %s', migrationd.report_asked(p_report, 'pause'));
        ELSIF v_report.state = 'paused' THEN
                RETURN format('paused %s: no new task starts', migrationd.report_asked(p_report, 'pause'));
        ELSIF v_report.wait_reason <> '' THEN
                RETURN v_report.wait_reason;
        END IF;
        SELECT * INTO v_step FROM migrationd.step WHERE report_id = p_report AND state = 'running' ORDER BY ord LIMIT 1;
        SELECT count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'waiting'), min(not_before)
                INTO v_running, v_waiting, v_until
                FROM migrationd.task WHERE report_id = p_report AND step_ord = v_step.ord AND state IN ('waiting', 'running');
        IF v_running = 0 AND v_until > now() THEN
                RETURN format('step %s: back-off of a failed task until %s', v_step.code, date_trunc('second', v_until));
        END IF;
        RETURN format('step %s: %s of at most %s tasks run, %s wait', v_step.code, v_running,
                least(v_report.workers, v_step.parallel), v_waiting);
END $$;

-- What a task waits for, in one line; NULL: no such task of that report.
CREATE FUNCTION migrationd.task_why(p_report integer, p_task integer) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report migrationd.report;
        v_task migrationd.task;
        v_step migrationd.step;
        v_attempt migrationd.attempt;
        v_other migrationd.task;
BEGIN
        SELECT * INTO v_report FROM migrationd.report WHERE id = p_report;
        SELECT * INTO v_task FROM migrationd.task WHERE id = p_task AND report_id = p_report;
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        SELECT * INTO v_step FROM migrationd.step WHERE report_id = p_report AND ord = v_task.step_ord;
        SELECT * INTO v_attempt FROM migrationd.attempt WHERE task_id = p_task AND number = v_task.attempt;
        IF v_task.state = 'failed' THEN
                RETURN format('failed in attempt %s of %s (%s): %s', v_task.attempt, v_task.max_attempts, v_task.class, v_task.error);
        ELSIF v_task.state = 'running' AND v_report.pause_mode = 'freeze' THEN
                RETURN format('frozen %s in %s', migrationd.report_asked(p_report, 'pause'), v_attempt.unit);
        ELSIF v_task.state = 'running' AND v_attempt.state = 'launching' THEN
                RETURN format('%s is being started since %s', v_attempt.unit, date_trunc('second', v_attempt.created_at));
        ELSIF v_task.state = 'running' THEN
                RETURN format('%s runs since %s', v_attempt.unit, date_trunc('second', v_attempt.claimed_at));
        ELSIF v_task.state <> 'waiting' THEN
                RETURN format('%s since %s: it waits for nothing', v_task.state, date_trunc('second', v_task.finished_at));
        ELSIF v_report.state <> 'running' THEN
                RETURN format('its report: %s', migrationd.report_why(p_report));
        ELSIF v_step.state = 'waiting' THEN
                RETURN format('step %s has not begun: %s', v_step.code, migrationd.report_why(p_report));
        END IF;
        IF v_step.retry_only AND NOT v_task.retried THEN
                RETURN 'only tasks that were retried start: the failures that were not are more than max-failures';
        END IF;
        SELECT * INTO v_other FROM migrationd.task WHERE report_id = p_report AND step_ord = v_task.step_ord AND
                lane = v_task.lane AND stage < v_task.stage AND state IN ('waiting', 'running', 'failed') ORDER BY stage, id LIMIT 1;
        IF FOUND THEN
                RETURN format('stage %s of its lane waits for stage %s, such as task %s, which is %s', v_task.stage, v_other.stage,
                        v_other.id, v_other.state);
        ELSIF v_task.not_before > now() THEN
                RETURN format('back-off after attempt %s (%s) until %s', v_task.attempt, v_task.class,
                        date_trunc('second', v_task.not_before));
        END IF;
        RETURN format('the window is full: %s', migrationd.report_why(p_report));
END $$;

-- Why a report, or with p_task one of its tasks, waits, in one line. No row: no such report; why NULL: no such task in it.
CREATE FUNCTION migrationd.api_why(p_report integer, p_task integer) RETURNS TABLE (why text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN p_task IS NULL THEN migrationd.report_why(p_report) ELSE migrationd.task_why(p_report, p_task) END
                FROM migrationd.report WHERE id = p_report
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
