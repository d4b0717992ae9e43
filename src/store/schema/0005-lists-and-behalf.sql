-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What the lists of the bus API look at, and on whose behalf an act was: the event's detail says by whom it came ("via").

-- When a task was added. NULL: before this column; the report's created_at is the best that is known then, and no row is
-- rewritten for it.
ALTER TABLE migrationd.task ADD COLUMN created_at timestamptz;
ALTER TABLE migrationd.task ALTER COLUMN created_at SET DEFAULT now();

-- p_via: the user whose process called for p_uid; NULL: p_uid itself did. p_pid and p_unit are of the process that called.
DROP FUNCTION migrationd.api_plan_create(text, text, json, bigint, bigint, text);
DROP FUNCTION migrationd.api_plan_delete(integer, bigint, bigint, text);
DROP FUNCTION migrationd.api_run(integer, text, jsonb, integer, text, jsonb, bigint, bigint, text);
DROP FUNCTION migrationd.api_report_request(integer, text, text, bigint, bigint, text);
DROP FUNCTION migrationd.api_event(integer, integer, text, bigint, bigint, text, jsonb);

-- One row for each human act. p_unit: the caller's systemd unit, '' when it has none.
CREATE FUNCTION migrationd.api_event(p_report integer, p_plan integer, p_verb text, p_uid bigint, p_pid bigint, p_unit text,
        p_via text, p_detail jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        INSERT INTO migrationd.event (report_id, plan_id, verb, uid, pid, unit, detail)
                VALUES (p_report, p_plan, p_verb, p_uid, p_pid, p_unit,
                        p_detail || CASE WHEN p_via IS NULL THEN '{}' ELSE jsonb_build_object('via', p_via) END);
$$;

-- An end is an event as well: a Retry takes the report's finished_at away.
CREATE FUNCTION migrationd.report_end_noted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM migrationd.api_event(NEW.id, NULL, NEW.state, 0, 0, format('migrationd-poll@%s.service', NEW.id), NULL,
                jsonb_build_object('before', OLD.state));
        RETURN NULL;
END $$;
CREATE TRIGGER report_end_noted AFTER UPDATE OF state ON migrationd.report FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'canceled'))
        EXECUTE FUNCTION migrationd.report_end_noted();

-- Raises 23505 on plan_name_key when the name is taken.
CREATE FUNCTION migrationd.api_plan_create(p_name text, p_migration text, p_document json, p_uid bigint, p_pid bigint, p_unit text,
        p_via text DEFAULT NULL)
RETURNS TABLE (id integer, name text, migration text, uid bigint, created_usec bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
        v_plan migrationd.plan;
BEGIN
        INSERT INTO migrationd.plan (name, migration, document, uid) VALUES (p_name, p_migration, p_document, p_uid)
                RETURNING * INTO v_plan;
        PERFORM migrationd.api_event(NULL, v_plan.id, 'create-plan', p_uid, p_pid, p_unit, p_via,
                jsonb_build_object('name', p_name, 'migration', p_migration));
        RETURN QUERY SELECT v_plan.id, v_plan.name, v_plan.migration, v_plan.uid, migrationd.usec(v_plan.created_at);
END $$;

-- Returns 'deleted', 'in-use' (it has reports) or 'absent'.
CREATE FUNCTION migrationd.api_plan_delete(p_plan integer, p_uid bigint, p_pid bigint, p_unit text, p_via text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_plan migrationd.plan;
BEGIN
        DELETE FROM migrationd.plan WHERE id = p_plan RETURNING * INTO v_plan;
        IF NOT FOUND THEN
                RETURN 'absent';
        END IF;
        PERFORM migrationd.api_event(NULL, p_plan, 'delete-plan', p_uid, p_pid, p_unit, p_via,
                jsonb_build_object('name', v_plan.name, 'migration', v_plan.migration));
        RETURN 'deleted';
EXCEPTION WHEN foreign_key_violation THEN
        RETURN 'in-use';
END $$;

-- report_create() and its event. Raises 23505 on report_unfinished while a report is unfinished, 23503 on report_plan_id_fkey
-- when the plan is gone.
CREATE FUNCTION migrationd.api_run(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_uid bigint, p_pid bigint, p_unit text, p_via text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        v_report := migrationd.report_create(p_plan, p_migration, p_options, p_workers, p_digest, p_steps, p_uid);
        PERFORM migrationd.api_event(v_report, p_plan, 'run', p_uid, p_pid, p_unit, p_via,
                p_options || jsonb_build_object('workers', p_workers));
        RETURN v_report;
END $$;

-- A caller's request on a report. p_verb: cancel, pause (p_argument: mode), resume, retry, set-workers (p_argument: number).
-- Returns the state before and after; after NULL: the state does not allow it and nothing was changed, no event either.
-- No row: no such report. The report row is locked first, so that the state before is the one that was judged.
CREATE FUNCTION migrationd.api_report_request(p_report integer, p_verb text, p_argument text, p_uid bigint, p_pid bigint, p_unit text,
        p_via text DEFAULT NULL)
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
                PERFORM migrationd.api_event(p_report, NULL, p_verb, p_uid, p_pid, p_unit, p_via,
                        jsonb_build_object('argument', p_argument, 'before', before));
        END IF;
        RETURN NEXT;
END $$;

-- The time that a filter of a list means; NULL: no such filter. Usable for an index, unlike usec() of the column.
CREATE FUNCTION migrationd.from_usec(p_usec bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
        SELECT timestamptz '1970-01-01 00:00:00+00' + p_usec * interval '1 microsecond'
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
