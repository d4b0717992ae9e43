-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A report with free workers says that its waiting tasks wait for an earlier stage of their lanes.

CREATE OR REPLACE FUNCTION migrationd.report_why(p_report integer) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report migrationd.report;
        v_running bigint;
        v_waiting bigint;
        v_staged bigint;
        v_workers integer;
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
        v_workers := least(v_report.workers, v_step.parallel);
        IF v_running < v_workers AND v_waiting > 0 THEN
                SELECT count(*) INTO v_staged FROM migrationd.task t JOIN
                        (SELECT lane, min(stage) AS stage FROM migrationd.task WHERE report_id = p_report AND step_ord = v_step.ord AND
                                state IN ('waiting', 'running', 'failed') GROUP BY lane) f ON f.lane = t.lane AND f.stage < t.stage
                        WHERE t.report_id = p_report AND t.step_ord = v_step.ord AND t.state = 'waiting';
        END IF;
        RETURN format('step %s: %s of at most %s tasks run, %s wait', v_step.code, v_running, v_workers, v_waiting) ||
                CASE WHEN v_staged > 0 THEN format(', %s of them for an earlier stage of their lane', v_staged) ELSE '' END;
END $$;
