-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Several hosts on one database: a report is bound to the host that runs it, since no other one sees its units.

-- What a session of the service says of its host, see src/store/pg-connect.c; NULL: it says nothing.
CREATE FUNCTION migrationd.session_host(p_what text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT nullif(current_setting('migrationd.' || p_what, true), '')
$$;

-- host_id, host: of the host whose poll runs the report, and its name for people. Written by Run, Retry and Move, by a poll where
-- they are NULL: nobody said so yet.
ALTER TABLE migrationd.report ADD host_id text, ADD host text;
ALTER TABLE migrationd.report ALTER host_id SET DEFAULT migrationd.session_host('host_id'),
        ALTER host SET DEFAULT migrationd.session_host('host');

-- A failed report has nothing that runs anywhere: the host that is asked to retry it does.
CREATE FUNCTION migrationd.report_retried() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        NEW.host_id := migrationd.session_host('host_id');
        NEW.host := migrationd.session_host('host');
        RETURN NEW;
END $$;
CREATE TRIGGER report_retried BEFORE UPDATE OF state ON migrationd.report FOR EACH ROW
        WHEN (OLD.state = 'failed' AND NEW.state = 'running') EXECUTE FUNCTION migrationd.report_retried();

-- The name of the host that runs a report, NULL: this one does, or none yet.
CREATE FUNCTION migrationd.report_elsewhere(p_report integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce(host, host_id) FROM migrationd.report
                WHERE id = p_report AND host_id <> coalesce(migrationd.session_host('host_id'), '')
$$;

-- What there is to say of a report whose host's poll is not connected; p_host: the name of that host.
CREATE FUNCTION migrationd.host_is_away(p_report integer, p_host text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT format('host %s runs it, and has no connection to the database now; if it never comes back, on another host: '
                'migrationctl move %s', p_host, p_report)
$$;

-- A poll's lock on its report, held by its session, and whether it may do something with it: elsewhere is the name of the host that
-- runs the report, NULL: this one does from now on.
CREATE FUNCTION migrationd.report_lock(p_report integer) RETURNS TABLE (locked boolean, elsewhere text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        locked := pg_try_advisory_lock(p_report, 0);
        IF locked AND EXISTS (SELECT FROM migrationd.report WHERE id = p_report AND host_id IS NULL) THEN
                UPDATE migrationd.report SET host_id = migrationd.session_host('host_id'), host = migrationd.session_host('host')
                        WHERE id = p_report AND host_id IS NULL;
        END IF;
        elsewhere := migrationd.report_elsewhere(p_report);
        IF locked AND elsewhere IS NOT NULL THEN
                UPDATE migrationd.report SET wait_reason = migrationd.host_is_away(p_report, elsewhere)
                        WHERE id = p_report AND finished_at IS NULL AND wait_reason <> migrationd.host_is_away(p_report, elsewhere);
        END IF;
        RETURN NEXT;
END $$;

-- Binds an unfinished report to this host, which takes the attempts of the other one for lost. Returns the report's state, NULL: it has
-- ended, or a session of its poll or of one of its tasks is there, so that the other host is not away. The poll's lock is taken
-- first, so that its poll does not come back meanwhile; the report's row is locked by the caller.
CREATE FUNCTION migrationd.report_move(p_report integer) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_state text;
BEGIN
        SELECT state INTO v_state FROM migrationd.report WHERE id = p_report AND finished_at IS NULL;
        IF v_state IS NULL OR migrationd.report_elsewhere(p_report) IS NULL THEN
                RETURN v_state;
        END IF;
        IF NOT pg_try_advisory_xact_lock(p_report, 0) OR
                        EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND
                                l.objsubid = 2 AND d.datname = current_database() AND l.classid = p_report::oid AND l.objid <> 0) THEN
                RETURN NULL;
        END IF;
        UPDATE migrationd.report SET host_id = migrationd.session_host('host_id'), host = migrationd.session_host('host'), wait_reason = ''
                WHERE id = p_report;
        RETURN v_state;
END $$;

-- As before, with move; refused: also sessions (of its poll or its tasks are there). choice: the steps that a refused hold or release
-- may name instead, NULL: none.
CREATE OR REPLACE FUNCTION migrationd.api_report_request(p_report integer, p_verb text, p_argument text, p_uid bigint, p_pid bigint, p_unit text,
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
        IF before IN ('running', 'paused') AND p_verb IN ('hold', 'release') THEN
                SELECT string_agg(code, ', ' ORDER BY ord) INTO choice FROM migrationd.step
                        WHERE report_id = p_report AND state = 'waiting' AND (held_uid IS NOT NULL) = (p_verb = 'release');
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
                WHEN 'move' THEN migrationd.report_move(p_report)
        END;
        IF after IS NOT NULL THEN
                PERFORM migrationd.api_event(p_report, NULL, p_verb, p_uid, p_pid, p_unit, p_via,
                        jsonb_build_object('argument', p_argument, 'before', before));
        ELSE
                refused := CASE WHEN p_verb = 'retry' AND before = 'failed' THEN 'tasks'
                        WHEN p_verb = 'hold' AND before IN ('running', 'paused') THEN 'begun'
                        WHEN p_verb = 'release' AND before IN ('running', 'paused') THEN 'held'
                        WHEN p_verb = 'move' AND before NOT IN ('completed', 'failed', 'canceled') THEN 'sessions' ELSE 'state' END;
        END IF;
        RETURN NEXT;
END $$;

-- What the poll said of a wait goes with it: nobody else would take it back, were the poll not there.
CREATE FUNCTION migrationd.report_waits_no_more() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        NEW.wait_reason := '';
        RETURN NEW;
END $$;
CREATE TRIGGER report_waits_no_more BEFORE UPDATE OF state, pause_mode, throttle_window ON migrationd.report FOR EACH ROW
        WHEN (OLD.state <> NEW.state OR OLD.pause_mode IS DISTINCT FROM NEW.pause_mode OR
                OLD.throttle_window IS NOT NULL AND NEW.throttle_window IS NULL)
        EXECUTE FUNCTION migrationd.report_waits_no_more();

-- The report's row is locked by the caller, as by all that release a step. A pause is one with and without a hold.
CREATE FUNCTION migrationd.step_released() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        UPDATE migrationd.report SET wait_reason = '' WHERE id = NEW.report_id AND state = 'running' AND wait_reason <> '';
        RETURN NULL;
END $$;
CREATE TRIGGER step_released AFTER UPDATE OF held_uid ON migrationd.step FOR EACH ROW
        WHEN (OLD.held_uid IS NOT NULL AND NEW.held_uid IS NULL) EXECUTE FUNCTION migrationd.step_released();

-- Is there a poll that runs the report, on whatever host? It holds the report's lock.
CREATE FUNCTION migrationd.report_has_poll(p_report integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND
                l.objsubid = 2 AND l.granted AND d.datname = current_database() AND l.classid = p_report::oid AND l.objid = 0)
$$;

-- Who has paused a report, NULL: it is not paused.
CREATE FUNCTION migrationd.report_paused(p_report integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN pause_mode = 'freeze' THEN format('frozen %s', migrationd.report_asked(id, 'pause'))
                        ELSE format('paused %s: no new task starts', migrationd.report_asked(id, 'pause')) END
                FROM migrationd.report WHERE id = p_report AND state = 'paused'
$$;

-- As before, but for what the poll says of a wait only as long as there is one. That the host which runs the report is away comes
-- first, then what was asked for. A report with free workers says that its waiting tasks wait for an earlier stage of their lanes.
CREATE OR REPLACE FUNCTION migrationd.report_why(p_report integer) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report migrationd.report;
        v_poll boolean;
        v_no_poll text;
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
        ELSIF v_report.finished_at IS NOT NULL THEN
                RETURN format('%s since %s: it waits for nothing', v_report.state, date_trunc('second', v_report.finished_at));
        END IF;
        v_poll := migrationd.report_has_poll(p_report);
        IF NOT v_poll AND migrationd.report_elsewhere(p_report) IS NOT NULL THEN
                RETURN migrationd.host_is_away(p_report, migrationd.report_elsewhere(p_report));
        END IF;
        v_no_poll := format('no poll runs it; see: systemctl status migrationd-poll@%s.service migrationd-poll@%s.timer',
                p_report, p_report);
        IF v_report.state = 'paused' THEN
                RETURN migrationd.report_paused(p_report) || CASE WHEN NOT v_poll THEN ', and ' || v_no_poll
                        WHEN v_report.wait_reason NOT IN ('', migrationd.report_paused(p_report)) THEN '; ' || v_report.wait_reason
                        ELSE '' END;
        ELSIF v_report.state = 'canceling' AND (NOT v_poll OR v_report.wait_reason = '') THEN
                RETURN format('canceling %s', migrationd.report_asked(p_report, 'cancel')) ||
                        CASE WHEN v_poll THEN ': what runs is being stopped' ELSE ', and ' || v_no_poll END;
        ELSIF NOT v_poll THEN
                RETURN v_no_poll;
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

-- As before; where no poll is there to say anything, what report_why() says of that. Not at once: a poll is being started behind each
-- of these requests.
CREATE OR REPLACE FUNCTION migrationd.report_wait_reason(p_report migrationd.report) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN (p_report).finished_at IS NOT NULL OR migrationd.report_has_poll((p_report).id) OR EXISTS (
                        SELECT FROM migrationd.event WHERE report_id = (p_report).id AND verb IN ('run', 'resume', 'retry', 'move') AND
                                created_at > clock_timestamp() - interval '3 s')
                THEN (p_report).wait_reason ELSE migrationd.report_why((p_report).id) END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
