-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The contract with task programs. The role migrationd_worker may execute these functions and nothing else. They never lock
-- the report row: a frozen worker would keep Cancel and Resume waiting. SQLSTATE MG001: not the task's live attempt. MG002:
-- the report is canceling or has ended. MG003: the counters do not allow it. MG004: an argument is not valid.

-- Says why a guard found no row; never returns.
CREATE FUNCTION migrationd.task_refuse(p_task integer, p_attempt integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_state text;
BEGIN
        SELECT r.state INTO v_state FROM migrationd.task t JOIN migrationd.report r ON r.id = t.report_id WHERE t.id = p_task;
        IF v_state IN ('canceling', 'canceled', 'completed', 'failed') THEN
                RAISE EXCEPTION 'report of task % is %', p_task, v_state USING ERRCODE = 'MG002';
        END IF;
        RAISE EXCEPTION 'attempt % of task % is not its live attempt', p_attempt, p_task USING ERRCODE = 'MG001';
END $$;

-- The fence: returns the attempt's id, or raises. Task and attempt stay locked until the end of the transaction. The task is
-- locked first, in a statement of its own: that is the lock order, report, task, attempt; and the next statement's snapshot
-- sees what the former holder of the lock has committed, which one statement that both joins and locks would not.
CREATE FUNCTION migrationd.task_fence(p_task integer, p_attempt integer, p_token uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint;
BEGIN
        PERFORM FROM migrationd.task WHERE id = p_task FOR NO KEY UPDATE;
        SELECT a.id INTO v_id FROM migrationd.attempt a
                JOIN migrationd.task t ON t.id = a.task_id
                JOIN migrationd.report r ON r.id = t.report_id
                WHERE a.task_id = p_task AND a.number = p_attempt AND a.token = p_token AND a.state = 'running' AND
                        t.attempt = p_attempt AND t.state = 'running' AND r.state IN ('running', 'paused')
                FOR NO KEY UPDATE OF a;
        IF NOT FOUND THEN
                PERFORM migrationd.task_refuse(p_task, p_attempt);
        END IF;
        RETURN v_id;
END $$;

-- The first act of a program: pg_advisory_lock(report, task) must be held by this session, then this. The position is read
-- by a later statement than the guard, so that it is the one after the former attempt's last commit.
CREATE FUNCTION migrationd.task_claim(p_task integer, p_attempt integer, p_token uuid, p_invocation text DEFAULT NULL)
RETURNS TABLE (report integer, input text, done bigint, total bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
        IF NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database JOIN migrationd.task t ON t.id = p_task
                        WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.objsubid = 2 AND l.granted AND
                                l.mode = 'ExclusiveLock' AND l.pid = pg_backend_pid() AND l.classid = t.report_id::oid AND l.objid = t.id::oid) THEN
                RAISE EXCEPTION 'session lock of task % is not held', p_task USING ERRCODE = 'MG004',
                        HINT = 'SELECT pg_advisory_lock(report, task) first, in the same session.';
        END IF;
        UPDATE migrationd.attempt a SET state = 'running', claimed_at = clock_timestamp(), invocation_id = p_invocation
                FROM migrationd.task t JOIN migrationd.report r ON r.id = t.report_id
                WHERE a.task_id = p_task AND a.number = p_attempt AND a.token = p_token AND a.state = 'launching' AND
                        t.id = a.task_id AND t.attempt = p_attempt AND t.state = 'running' AND r.state IN ('running', 'paused');
        IF NOT FOUND THEN
                PERFORM migrationd.task_refuse(p_task, p_attempt);
        END IF;
        RETURN QUERY SELECT t.report_id, json_build_object('plan', p.document, 'options', r.options, 'input', t.input)::text,
                        t.done, t.total
                FROM migrationd.task t JOIN migrationd.report r ON r.id = t.report_id JOIN migrationd.plan p ON p.id = r.plan_id
                WHERE t.id = p_task;
END $$;

CREATE FUNCTION migrationd.task_progress(p_task integer, p_attempt integer, p_token uuid, p_done bigint, p_total bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM migrationd.task_fence(p_task, p_attempt, p_token);
        UPDATE migrationd.task SET done = p_done, total = coalesce(p_total, total)
                WHERE id = p_task AND p_done >= 0 AND p_done <= coalesce(p_total, total);
        IF NOT FOUND THEN
                RAISE EXCEPTION 'counters of task %: done % is not between 0 and the total %', p_task, p_done,
                        coalesce(p_total::text, 'as stored') USING ERRCODE = 'MG004';
        END IF;
END $$;

-- The longest beginning of a text that has at most p_bytes bytes in UTF-8. Bytes, not characters: an entry of an index has room
-- for 2704 (source: BTMaxItemSize), and 1024 characters may be 4096.
CREATE FUNCTION migrationd.text_head(p_text text, p_bytes integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_utf8 bytea := convert_to(left(p_text, p_bytes), 'UTF8');
        v_end integer := p_bytes;
BEGIN
        IF length(v_utf8) <= p_bytes THEN
                RETURN left(p_text, p_bytes);
        END IF;
        -- Not in the middle of a character: its second and later bytes are 10xxxxxx.
        WHILE get_byte(v_utf8, v_end) & 192 = 128 LOOP
                v_end := v_end - 1;
        END LOOP;
        RETURN convert_from(substring(v_utf8 FROM 1 FOR v_end), 'UTF8');
END $$;

-- Many at once, an item and a reason each: of an item that is there twice the last reason counts.
CREATE FUNCTION migrationd.task_problems(p_task integer, p_attempt integer, p_token uuid, p_items text[], p_reasons text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM migrationd.task_fence(p_task, p_attempt, p_token);
        IF p_items IS NULL OR p_reasons IS NULL OR cardinality(p_items) <> cardinality(p_reasons) OR
                        array_position(p_items, NULL) IS NOT NULL OR array_position(p_reasons, NULL) IS NOT NULL THEN
                RAISE EXCEPTION 'a problem of task % has no item or no reason', p_task USING ERRCODE = 'MG004';
        END IF;
        IF cardinality(p_items) > 1000 THEN
                RAISE EXCEPTION 'task % has % problems for one call, which takes 1000', p_task, cardinality(p_items)
                        USING ERRCODE = 'MG004';
        END IF;
        INSERT INTO migrationd.problem (report_id, task_id, item, reason)
                SELECT t.report_id, t.id, p.item, p.reason FROM (
                        SELECT DISTINCT ON (item) item, reason, ordinality FROM (
                                SELECT migrationd.text_head(u.item, 1024) AS item, migrationd.text_head(u.reason, 4096) AS reason,
                                        u.ordinality FROM unnest(p_items, p_reasons) WITH ORDINALITY u (item, reason)) cut
                                ORDER BY item, ordinality DESC) p
                JOIN migrationd.task t ON t.id = p_task ORDER BY p.ordinality
                ON CONFLICT (task_id, item) DO UPDATE SET reason = EXCLUDED.reason WHERE problem.reason <> EXCLUDED.reason;
END $$;

CREATE FUNCTION migrationd.task_problem(p_task integer, p_attempt integer, p_token uuid, p_item text, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        PERFORM migrationd.task_problems(p_task, p_attempt, p_token, ARRAY[p_item], ARRAY[p_reason]);
END $$;

-- Tasks that an expander adds may be committed only together with its finish: else a second attempt would add them twice.
-- SECURITY DEFINER: a deferred trigger runs as whoever commits, and the workers' role reads no table.
CREATE FUNCTION migrationd.attempt_check_expanded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
        IF NOT EXISTS (SELECT FROM migrationd.attempt WHERE id = NEW.id AND state = 'completed') THEN
                RAISE EXCEPTION 'tasks were added by task % in a transaction that does not finish it', NEW.task_id
                        USING ERRCODE = 'MG003';
        END IF;
        RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER attempt_expanded AFTER UPDATE OF expanded ON migrationd.attempt
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.expanded) EXECUTE FUNCTION migrationd.attempt_check_expanded();

-- Whether a JSON value is an integer from 0 to p_max; absent: yes.
CREATE FUNCTION migrationd.json_is_count(p_value jsonb, p_max bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE jsonb_typeof(p_value) WHEN 'number' THEN p_value::numeric BETWEEN 0 AND p_max AND p_value::numeric % 1 = 0
                ELSE p_value IS NULL END;
$$;

-- Whether a JSON value describes a task as task_add() takes it. A lane is part of an index: 255 bytes.
CREATE FUNCTION migrationd.json_is_task(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN jsonb_typeof(p_value) = 'object' THEN
                p_value - '{lane,stage,input,total}'::text[] = '{}' AND
                coalesce(jsonb_typeof(p_value->'lane'), 'string') = 'string' AND
                octet_length(coalesce(p_value->>'lane', '')) <= 255 AND
                coalesce(jsonb_typeof(p_value->'input'), 'object') = 'object' AND
                migrationd.json_is_count(p_value->'stage', 2147483647) AND
                migrationd.json_is_count(p_value->'total', 9223372036854775807)
                ELSE false END;
$$;

-- Adds tasks to the expander's step. p_tasks: array of {"lane": text, "stage": int, "input": object, "total": int}, each key
-- optional. To be called once or more in the transaction that ends with task_finish().
CREATE FUNCTION migrationd.task_add(p_task integer, p_attempt integer, p_token uuid, p_tasks jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint;
        v_count integer;
BEGIN
        v_id := migrationd.task_fence(p_task, p_attempt, p_token);
        IF NOT EXISTS (SELECT FROM migrationd.task WHERE id = p_task AND kind = 'expand') THEN
                RAISE EXCEPTION 'task % is no expander', p_task USING ERRCODE = 'MG004';
        END IF;
        IF jsonb_typeof(p_tasks) IS DISTINCT FROM 'array' THEN
                RAISE EXCEPTION 'what task % adds is no array', p_task USING ERRCODE = 'MG004';
        END IF;
        SELECT n INTO v_count FROM jsonb_array_elements(p_tasks) WITH ORDINALITY AS x (e, n)
                WHERE NOT migrationd.json_is_task(e) ORDER BY n LIMIT 1;
        IF FOUND THEN
                RAISE EXCEPTION 'element % of what task % adds is no object of lane, stage, input and total', v_count, p_task
                        USING ERRCODE = 'MG004';
        END IF;
        INSERT INTO migrationd.task (report_id, step_ord, kind, lane, stage, max_attempts, input, total)
                SELECT t.report_id, t.step_ord, 'main', coalesce(e->>'lane', ''), coalesce((e->'stage')::integer, 0), s.attempts,
                        coalesce(e->'input', '{}'), coalesce((e->'total')::bigint, 0)
                FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord,
                        jsonb_array_elements(p_tasks) WITH ORDINALITY AS x (e, n)
                WHERE t.id = p_task
                ORDER BY n;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        UPDATE migrationd.attempt SET expanded = true WHERE id = v_id;
        RETURN v_count;
END $$;

-- The commit of this alone completes a task. A task that never counted ends with 0 of 0, which is set to 1 of 1.
CREATE FUNCTION migrationd.task_finish(p_task integer, p_attempt integer, p_token uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_id bigint;
        v_report integer;
BEGIN
        v_id := migrationd.task_fence(p_task, p_attempt, p_token);
        UPDATE migrationd.task SET state = 'completed', finished_at = clock_timestamp(), class = NULL, error = NULL,
                        done = CASE WHEN total = 0 THEN 1 ELSE done END, total = CASE WHEN total = 0 THEN 1 ELSE total END
                WHERE id = p_task AND done = total
                RETURNING report_id INTO v_report;
        IF NOT FOUND THEN
                RAISE EXCEPTION 'task % has not finished its counters: %', p_task,
                        (SELECT done || ' of ' || total FROM migrationd.task WHERE id = p_task) USING ERRCODE = 'MG003';
        END IF;
        UPDATE migrationd.attempt SET state = 'completed', ended_at = clock_timestamp() WHERE id = v_id;
        PERFORM pg_notify('migrationd', v_report::text);
END $$;

REVOKE ALL ON SCHEMA migrationd FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
GRANT USAGE ON SCHEMA migrationd TO migrationd_worker;
GRANT EXECUTE ON FUNCTION
        migrationd.task_claim(integer, integer, uuid, text),
        migrationd.task_progress(integer, integer, uuid, bigint, bigint),
        migrationd.task_problem(integer, integer, uuid, text, text),
        migrationd.task_problems(integer, integer, uuid, text[], text[]),
        migrationd.task_add(integer, integer, uuid, jsonb),
        migrationd.task_finish(integer, integer, uuid)
        TO migrationd_worker;
