-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The throttle: fewer tasks at once, down to none, while the host or the database is not well.

-- Written by the poll while the report is running. throttle_window: so many tasks at once instead of workers, NULL: not throttled.
-- throttle_reason: the signal, its value and its limit, for people. throttled_at: since when that window, of so many workers.
ALTER TABLE migrationd.report ADD throttle_window integer CHECK (throttle_window >= 0), ADD throttle_reason text NOT NULL DEFAULT '',
        ADD throttled_at timestamptz;

-- The part of the time since the window was set that was taken from the running step, in microseconds: all of it with no window, none
-- when the window has room for as many tasks as the step may have at once.
CREATE FUNCTION migrationd.report_throttled_usec(p_report migrationd.report) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce((SELECT (extract(epoch FROM clock_timestamp() - greatest((p_report).throttled_at, started_at)) * 1000000 *
                greatest(0, 1 - (p_report).throttle_window::numeric / least((p_report).workers, parallel)))::bigint
                FROM migrationd.step WHERE report_id = (p_report).id AND state = 'running' ORDER BY ord LIMIT 1), 0)
$$;

-- Sets the window, NULL: ends the throttle. Its begin, its end, and that nothing starts any more are events. Returns whether the
-- report is running, else nothing is changed.
CREATE FUNCTION migrationd.report_throttle(p_report integer, p_window integer, p_reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report migrationd.report;
BEGIN
        SELECT * INTO v_report FROM migrationd.report WHERE id = p_report AND state = 'running' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
                RETURN false;
        END IF;
        IF v_report.throttle_window IS NOT DISTINCT FROM p_window THEN
                UPDATE migrationd.report SET throttle_reason = p_reason WHERE id = p_report AND throttle_reason <> p_reason;
                RETURN true;
        END IF;
        UPDATE migrationd.step SET idle_usec = idle_usec + migrationd.report_throttled_usec(v_report)
                WHERE report_id = p_report AND state = 'running';
        UPDATE migrationd.report SET throttle_window = p_window, throttle_reason = p_reason,
                        throttled_at = CASE WHEN p_window IS NOT NULL THEN clock_timestamp() END
                WHERE id = p_report;
        IF v_report.throttle_window IS NULL OR p_window IS NULL OR p_window = 0 THEN
                PERFORM migrationd.api_event(p_report, NULL, 'throttle', 0, 0, format('migrationd-poll@%s.service', p_report), NULL,
                        jsonb_build_object('window', p_window, 'reason', p_reason));
        END IF;
        RETURN true;
END $$;

-- As before; what the throttle took of the former number of workers is kept.
CREATE OR REPLACE FUNCTION migrationd.report_set_workers(p_report integer, p_workers integer) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.step s SET idle_usec = s.idle_usec + migrationd.report_throttled_usec(r)
                FROM migrationd.report r
                WHERE r.id = p_report AND r.state = 'running' AND r.throttle_window IS NOT NULL AND s.report_id = r.id AND
                        s.state = 'running';
        UPDATE migrationd.report SET workers = p_workers,
                        throttled_at = CASE WHEN throttle_window IS NOT NULL THEN clock_timestamp() END
                WHERE id = p_report AND state IN ('running', 'paused') RETURNING state;
$$;

-- A report that leaves running is not throttled any more; what the throttle took from its step is kept.
CREATE FUNCTION migrationd.report_unthrottle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        UPDATE migrationd.step SET idle_usec = idle_usec + migrationd.report_throttled_usec(OLD)
                WHERE report_id = OLD.id AND state = 'running';
        NEW.throttle_window := NULL;
        NEW.throttle_reason := '';
        NEW.throttled_at := NULL;
        RETURN NEW;
END $$;
CREATE TRIGGER report_unthrottle BEFORE UPDATE OF state ON migrationd.report FOR EACH ROW
        WHEN (OLD.state = 'running' AND NEW.state <> 'running' AND OLD.throttle_window IS NOT NULL)
        EXECUTE FUNCTION migrationd.report_unthrottle();

-- As before, without what a throttle takes.
CREATE OR REPLACE FUNCTION migrationd.step_busy_usec(p_report migrationd.report) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
        SELECT greatest(0, (extract(epoch FROM least(clock_timestamp(), (p_report).paused_at) - started_at) * 1000000)::bigint - idle_usec -
                        migrationd.report_throttled_usec(p_report))
                FROM migrationd.step WHERE report_id = (p_report).id AND state = 'running' ORDER BY ord LIMIT 1
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
