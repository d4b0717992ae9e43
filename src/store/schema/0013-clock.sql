-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A clock that was set back does not make a back-off longer.

-- As before; a task whose back-off ends later than any back-off of its step can is due: the clock was ahead when it was written.
CREATE OR REPLACE FUNCTION migrationd.report_launch(p_report integer, p_limit integer, p_launcher text, p_bus uuid)
RETURNS TABLE (attempt_id bigint, task integer, number integer, token uuid, step text, kind text, unit text,
        memory_max_bytes bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
        v_report migrationd.report;
        v_step migrationd.step;
        v_room integer;
        v_longest interval;
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
        -- With the tenth of jitter, and a second for what is not exact.
        v_longest := interval '1 second' + 1.1 * interval '1 millisecond' * greatest(v_step.backoff_max_msec,
                (SELECT max(backoff_max_msec) FROM migrationd.failure_policy WHERE report_id = p_report AND step_ord = v_step.ord));
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
                                attempt < max_attempts AND (not_before IS NULL OR not_before NOT BETWEEN clock_timestamp() AND
                                clock_timestamp() + v_longest)
                                ORDER BY id LIMIT v_room) d
                WHERE NOT EXISTS (SELECT FROM migrationd.task f WHERE f.report_id = p_report AND f.state = 'failed' AND
                        f.step_ord = v_step.ord AND f.lane = l.name AND f.stage < l.stage)
                ORDER BY d.id LIMIT v_room
        ), started AS (
                UPDATE migrationd.task t SET state = 'running', attempt = t.attempt + 1,
                                started_at = coalesce(t.started_at, clock_timestamp()), not_before = NULL
                        FROM due WHERE t.id = due.id AND t.state = 'waiting'
                        RETURNING t.id, t.attempt, t.kind, coalesce(t.memory_max_bytes, v_step.memory_max_bytes) AS memory
        )
        INSERT INTO migrationd.attempt (report_id, task_id, number, unit, bus_id, launcher, memory_max_bytes)
                SELECT p_report, s.id, s.attempt,
                        format('migration-%s-%s-%s-%s-%s.service', v_report.migration, v_step.code, p_report, s.id, s.attempt),
                        p_bus, p_launcher, s.memory FROM started s ORDER BY s.id
                RETURNING id, task_id, number, token, v_step.code, (SELECT kind FROM started WHERE started.id = task_id), unit,
                        memory_max_bytes;
        IF FOUND THEN
                UPDATE migrationd.report SET started_at = clock_timestamp() WHERE id = p_report AND started_at IS NULL;
        END IF;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
