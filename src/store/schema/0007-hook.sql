-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Hooks: who is told of the end of a step or a report.

-- hook: a template unit, "NAME@.service", of which the poll starts an instance when a step or the report has ended; '': none.
ALTER TABLE migrationd.report ADD hook text NOT NULL DEFAULT '' CHECK (hook ~ '^([a-zA-Z0-9:_.\\-]+@\.service)?$');

-- An end that a hook has to be told of, written in the transaction of that end. instance: REPORT or REPORT:STEP. started_at NULL:
-- its unit has not been started, or nobody knows. A hook is told at least once.
CREATE TABLE migrationd.hook (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id       integer NOT NULL REFERENCES migrationd.report,
        instance        text NOT NULL,
        created_at      timestamptz NOT NULL DEFAULT now(),
        started_at      timestamptz
);
CREATE INDEX hook_due ON migrationd.hook (report_id, id) WHERE started_at IS NULL;

CREATE FUNCTION migrationd.step_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        INSERT INTO migrationd.hook (report_id, instance)
                SELECT NEW.report_id, NEW.report_id || ':' || NEW.code FROM migrationd.report WHERE id = NEW.report_id AND hook <> '';
        RETURN NULL;
END $$;
CREATE TRIGGER step_ended AFTER UPDATE OF state ON migrationd.step FOR EACH ROW
        WHEN (OLD.state = 'running' AND NEW.state IN ('completed', 'failed', 'canceled')) EXECUTE FUNCTION migrationd.step_ended();

CREATE FUNCTION migrationd.report_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        INSERT INTO migrationd.hook (report_id, instance) VALUES (NEW.id, NEW.id);
        RETURN NULL;
END $$;
CREATE TRIGGER report_ended AFTER UPDATE OF state ON migrationd.report FOR EACH ROW
        WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.hook <> '') EXECUTE FUNCTION migrationd.report_ended();

-- As before, with the definition's hook, '': none.
DROP FUNCTION migrationd.api_run(integer, text, jsonb, integer, text, jsonb, bigint, bigint, text, text);
CREATE FUNCTION migrationd.api_run(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_hook text, p_uid bigint, p_pid bigint, p_unit text, p_via text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        v_report := migrationd.report_create(p_plan, p_migration, p_options, p_workers, p_digest, p_steps, p_uid);
        UPDATE migrationd.report SET hook = p_hook WHERE id = v_report AND p_hook <> '';
        PERFORM migrationd.api_event(v_report, p_plan, 'run', p_uid, p_pid, p_unit, p_via,
                p_options || jsonb_build_object('workers', p_workers));
        RETURN v_report;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
