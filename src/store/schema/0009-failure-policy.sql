-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a step does with each class of failure: tries again, with more memory, splits the task, skips it, or fails.

-- Written at Run. action: what is done with an attempt that ended in that class; a step without a row for it tries again. attempts:
-- so many attempts of a task may end in this class before then_action follows, NULL: the step's number counts. backoff NULL: the
-- step's. memory_percent and memory_ceiling_bytes: each retry has so much of the memory of the one before, up to the ceiling.
CREATE TABLE migrationd.failure_policy (
        report_id       integer NOT NULL,
        step_ord        integer NOT NULL,
        class           text NOT NULL,
        action          text NOT NULL CHECK (action IN ('retry', 'split', 'skip', 'fail')),
        then_action     text NOT NULL CHECK (then_action IN ('split', 'skip', 'fail')),
        attempts        integer CHECK (attempts BETWEEN 1 AND 100),
        backoff_msec    bigint CHECK (backoff_msec >= 0),
        backoff_max_msec bigint CHECK (backoff_max_msec >= 0),
        memory_percent  integer CHECK (memory_percent > 100),
        memory_ceiling_bytes bigint CHECK (memory_ceiling_bytes > 0),
        PRIMARY KEY (report_id, step_ord, class),
        FOREIGN KEY (report_id, step_ord) REFERENCES migrationd.step,
        CHECK ((memory_percent IS NULL) = (memory_ceiling_bytes IS NULL))
);

-- MemoryMax= of the units; of a step NULL: no limit of ours; of a task NULL: the step's; of an attempt: what it was given.
ALTER TABLE migrationd.step ADD memory_max_bytes bigint CHECK (memory_max_bytes > 0);
ALTER TABLE migrationd.task ADD memory_max_bytes bigint;
ALTER TABLE migrationd.attempt ADD memory_max_bytes bigint;

-- The class of failure that attempt_end() was told; NULL: it has not failed, or that was before this column.
ALTER TABLE migrationd.attempt ADD class text;

-- What a poll tells the next one of an attempt. Not columns of its row: a task keeps that locked as long as its transaction, and one
-- that hangs in a transaction has to be frozen and stopped too. frozen_since_usec: since when it is frozen, NULL: it is not;
-- frozen_usec: how long it was before. Both are of CLOCK_MONOTONIC on the host whose boot the unit does not outlive. stop_class: why
-- the poll stops it, written before it does, and its class unless it finishes all the same; stop_msec: after how long.
CREATE TABLE migrationd.attempt_watch (
        attempt_id      bigint PRIMARY KEY REFERENCES migrationd.attempt,
        frozen_since_usec bigint,
        frozen_usec     bigint NOT NULL DEFAULT 0 CHECK (frozen_usec >= 0),
        stop_class      text CHECK (stop_class IN ('no-progress', 'timeout', 'stopped')),
        stop_msec       bigint,
        CHECK ((stop_class IS NULL) = (stop_msec IS NULL))
);

-- A live attempt is about to be frozen. Returns since when it is, no row: it is not live.
CREATE FUNCTION migrationd.attempt_frozen(p_attempt bigint, p_now_usec bigint) RETURNS SETOF bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        INSERT INTO migrationd.attempt_watch AS w (attempt_id, frozen_since_usec)
                SELECT id, p_now_usec FROM migrationd.attempt WHERE id = p_attempt AND state IN ('launching', 'running')
                ON CONFLICT (attempt_id) DO UPDATE SET frozen_since_usec = coalesce(w.frozen_since_usec, EXCLUDED.frozen_since_usec)
                RETURNING w.frozen_since_usec
$$;

-- It has been thawed. Returns how long it was frozen over all, no row: it was not.
CREATE FUNCTION migrationd.attempt_thawed(p_attempt bigint, p_now_usec bigint) RETURNS SETOF bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.attempt_watch SET frozen_usec = frozen_usec + greatest(0, p_now_usec - frozen_since_usec),
                        frozen_since_usec = NULL
                WHERE attempt_id = p_attempt AND frozen_since_usec IS NOT NULL RETURNING frozen_usec
$$;

-- A live attempt is about to be stopped. The first reason stays. No row: it is not live, or its report is being canceled.
CREATE FUNCTION migrationd.attempt_stop(p_attempt bigint, p_class text, p_msec bigint) RETURNS TABLE (stop_class text, stop_msec bigint)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        INSERT INTO migrationd.attempt_watch AS w (attempt_id, stop_class, stop_msec)
                SELECT a.id, p_class, p_msec FROM migrationd.attempt a JOIN migrationd.report r ON r.id = a.report_id
                        WHERE a.id = p_attempt AND a.state IN ('launching', 'running') AND r.state IN ('running', 'paused')
                ON CONFLICT (attempt_id) DO UPDATE SET stop_class = coalesce(w.stop_class, EXCLUDED.stop_class),
                        stop_msec = coalesce(w.stop_msec, EXCLUDED.stop_msec)
                RETURNING w.stop_class, w.stop_msec
$$;

-- split: the task is done in smaller ones. It has become an expander, of its own input, and keeps its counters until it has
-- finished. split_depth: how often what it came from was split, so that a split without effect has an end.
ALTER TABLE migrationd.task ADD split boolean NOT NULL DEFAULT false, ADD split_depth integer NOT NULL DEFAULT 0,
        ADD split_from integer REFERENCES migrationd.task, ADD CHECK (kind = 'expand' OR NOT split);
-- max_skipped: so many tasks, or that percentage of them if it is more, may be skipped by a policy; NULL: any number.
ALTER TABLE migrationd.step ADD max_skipped integer CHECK (max_skipped >= 0),
        ADD max_skipped_percent integer NOT NULL DEFAULT 0 CHECK (max_skipped_percent BETWEEN 0 AND 100);
CREATE INDEX task_split ON migrationd.task (split_from) WHERE split_from IS NOT NULL;

-- As before; elements of p_steps may also have memory_max_bytes, max_skipped, max_skipped_percent, and policies: an array of {class,
-- action, then_action, attempts, backoff_msec, backoff_max_msec, memory_percent, memory_ceiling_bytes}.
CREATE OR REPLACE FUNCTION migrationd.report_create(p_plan integer, p_migration text, p_options jsonb, p_workers integer, p_digest text,
        p_steps jsonb, p_uid bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_report integer;
BEGIN
        INSERT INTO migrationd.report (plan_id, migration, state, options, workers, definition_digest, uid)
                VALUES (p_plan, p_migration, 'running', p_options, p_workers, p_digest, p_uid)
                RETURNING id INTO v_report;
        INSERT INTO migrationd.step (report_id, ord, code, message, expand, parallel, attempts, backoff_msec, backoff_max_msec,
                        on_failure, held_uid, max_failures, max_failures_percent, max_skipped, max_skipped_percent,
                        progress_timeout_msec, memory_max_bytes)
                SELECT v_report, n - 1, e->>'code', e->>'message', (e->>'expand')::boolean, (e->>'parallel')::integer,
                        (e->>'attempts')::integer, (e->>'backoff_msec')::bigint, (e->>'backoff_max_msec')::bigint, e->>'on_failure',
                        CASE WHEN (e->>'held')::boolean THEN p_uid END, coalesce((e->>'max_failures')::integer, 0),
                        coalesce((e->>'max_failures_percent')::integer, 0), (e->>'max_skipped')::integer,
                        coalesce((e->>'max_skipped_percent')::integer, 0), (e->>'progress_timeout_msec')::bigint,
                        (e->>'memory_max_bytes')::bigint
                FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS x (e, n);
        INSERT INTO migrationd.failure_policy
                SELECT v_report, n - 1, p->>'class', p->>'action', coalesce(p->>'then_action', 'fail'), (p->>'attempts')::integer,
                        (p->>'backoff_msec')::bigint, (p->>'backoff_max_msec')::bigint, (p->>'memory_percent')::integer,
                        (p->>'memory_ceiling_bytes')::bigint
                FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS x (e, n), jsonb_array_elements(e->'policies') AS y (p);
        INSERT INTO migrationd.task (report_id, step_ord, kind, stage, state, max_attempts)
                SELECT v_report, n - 1, CASE WHEN (e->>'expand')::boolean THEN 'expand' ELSE 'main' END,
                        CASE WHEN (e->>'expand')::boolean THEN -1 ELSE 0 END,
                        CASE WHEN coalesce((p_options->>'dry_run')::boolean, false) AND
                                NOT coalesce((e->>'dry_run')::boolean, false) THEN 'skipped' ELSE 'waiting' END,
                        (e->>'attempts')::integer
                FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS x (e, n) ORDER BY n;
        RETURN v_report;
END $$;

-- As before; the document of a task that is being split has also split: {class, done, total} of the attempt that failed. Its own
-- counters are those of an expander, none.
CREATE OR REPLACE FUNCTION migrationd.task_claim(p_task integer, p_attempt integer, p_token uuid, p_invocation text DEFAULT NULL)
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
        RETURN QUERY SELECT t.report_id, CASE WHEN t.split THEN json_build_object('plan', p.document, 'options', r.options, 'input', t.input,
                                'split', json_build_object('class', t.class, 'done', t.done, 'total', t.total))
                        ELSE json_build_object('plan', p.document, 'options', r.options, 'input', t.input) END::text,
                        CASE WHEN t.split THEN 0 ELSE t.done END, CASE WHEN t.split THEN 0 ELSE t.total END
                FROM migrationd.task t JOIN migrationd.report r ON r.id = t.report_id JOIN migrationd.plan p ON p.id = r.plan_id
                WHERE t.id = p_task;
END $$;

-- As before; the tasks that a split adds take its lane and stage, whatever is said of them.
CREATE OR REPLACE FUNCTION migrationd.task_add(p_task integer, p_attempt integer, p_token uuid, p_tasks jsonb) RETURNS integer
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
        INSERT INTO migrationd.task (report_id, step_ord, kind, lane, stage, max_attempts, input, total, split_from, split_depth,
                        retried)
                SELECT t.report_id, t.step_ord, 'main', CASE WHEN t.split THEN t.lane ELSE coalesce(e->>'lane', '') END,
                        CASE WHEN t.split THEN t.stage ELSE coalesce((e->'stage')::integer, 0) END, s.attempts,
                        coalesce(e->'input', '{}'), coalesce((e->'total')::bigint, 0), CASE WHEN t.split THEN t.id END,
                        t.split_depth + t.split::integer, t.retried
                FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord,
                        jsonb_array_elements(p_tasks) WITH ORDINALITY AS x (e, n)
                WHERE t.id = p_task
                ORDER BY n;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        UPDATE migrationd.attempt SET expanded = true WHERE id = v_id;
        RETURN v_count;
END $$;

-- As before; memory_max_bytes: MemoryMax= of the unit, NULL: none of ours. A task whose back-off ends later than any back-off of its
-- step can is due: the clock was ahead when it was written, and has been set back. After a Retry that left more failures alone than
-- are allowed, only what was retried is due.
DROP FUNCTION migrationd.report_launch(integer, integer, text, uuid);
CREATE FUNCTION migrationd.report_launch(p_report integer, p_limit integer, p_launcher text, p_bus uuid)
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
        -- And a second for what is not exact.
        v_longest := interval '1 second' + interval '1 millisecond' * greatest(v_step.backoff_max_msec,
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
                                attempt < max_attempts AND (retried OR NOT v_step.retry_only) AND (not_before IS NULL OR
                                not_before NOT BETWEEN clock_timestamp() AND clock_timestamp() + v_longest)
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

-- Whether an attempt that has failed, and has its class stored, is one of those that the step allows. One that a policy counts by itself
-- is not, nor one that is lost, as after a reset of the host, which says nothing of the task: 20 of them, since a task that takes its
-- host down each time has to have an end too.
CREATE FUNCTION migrationd.failure_counts(p_task migrationd.task, p_class text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce((SELECT attempts IS NULL FROM migrationd.failure_policy
                        WHERE report_id = p_task.report_id AND step_ord = p_task.step_ord AND class = p_class),
                p_class <> 'lost' OR (SELECT count(*) FROM migrationd.attempt WHERE task_id = p_task.id AND class = 'lost') > 20)
$$;

-- A number of tasks of a step, or that percentage of all of them if it is more.
CREATE FUNCTION migrationd.step_share(p_step migrationd.step, p_number integer, p_percent integer) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT greatest(p_number, CASE WHEN p_percent > 0 THEN
                (SELECT count(*) FROM migrationd.task WHERE report_id = (p_step).report_id AND step_ord = (p_step).ord AND
                        (kind = 'main' OR split)) * p_percent / 100 ELSE 0 END)
$$;

-- Whether a policy may skip one more task of that one's step. What a program skipped itself, with exit status 77, has no class.
CREATE FUNCTION migrationd.task_may_be_skipped(p_task migrationd.task) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT s.max_skipped IS NULL OR migrationd.step_share(s, s.max_skipped, s.max_skipped_percent) >
                (SELECT count(*) FROM migrationd.task WHERE report_id = p_task.report_id AND step_ord = p_task.step_ord AND
                        state = 'skipped' AND class IS NOT NULL)
                FROM migrationd.step s WHERE s.report_id = p_task.report_id AND s.ord = p_task.step_ord
$$;

-- What is done about an attempt that has failed, is of the task's latest number and has its class stored: retry, split, skip or fail.
-- Without a policy a task is tried again as often as its step says, unless p_permanent. An expander is neither skipped nor split.
-- over: the task would be skipped, and fails because as many were as may be.
CREATE FUNCTION migrationd.failure_act(p_task migrationd.task, p_class text, p_permanent boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        -- Halves of halves: by then a task is a thousandth of what it was.
        c_depth_max CONSTANT integer := 10;
        v_policy migrationd.failure_policy;
        v_act text;
        v_left boolean;
BEGIN
        SELECT * INTO v_policy FROM migrationd.failure_policy
                WHERE report_id = p_task.report_id AND step_ord = p_task.step_ord AND class = p_class;
        v_act := coalesce(v_policy.action, 'retry');
        IF v_act = 'retry' THEN
                v_left := CASE WHEN v_policy.action IS NULL AND p_permanent THEN false
                        WHEN v_policy.action IS NULL AND NOT migrationd.failure_counts(p_task, p_class) THEN true
                        WHEN v_policy.attempts IS NULL THEN p_task.attempt < p_task.max_attempts
                        ELSE (SELECT count(*) FROM migrationd.attempt WHERE task_id = p_task.id AND class = p_class) < v_policy.attempts END;
                -- It had the most that it may have: another attempt would end the same way.
                IF EXISTS (SELECT FROM migrationd.attempt WHERE task_id = p_task.id AND number = p_task.attempt AND
                                memory_max_bytes >= v_policy.memory_ceiling_bytes) THEN
                        v_left := false;
                END IF;
                IF v_left THEN
                        RETURN 'retry';
                END IF;
                v_act := coalesce(v_policy.then_action, 'fail');
        END IF;
        RETURN CASE WHEN p_task.kind <> 'main' OR (v_act = 'split' AND p_task.split_depth >= c_depth_max) THEN 'fail'
                WHEN v_act = 'skip' AND NOT migrationd.task_may_be_skipped(p_task) THEN 'over' ELSE v_act END;
END $$;

-- As before, by the policies of the step. Returns the task's new state, or split: it waits, for being split.
CREATE OR REPLACE FUNCTION migrationd.attempt_end(p_attempt bigint, p_seen text, p_outcome text, p_class text, p_error text, p_permanent boolean)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
        v_attempt migrationd.attempt;
        v_task migrationd.task;
        v_policy migrationd.failure_policy;
        v_act text;
        v_failed boolean := p_outcome <> 'skipped';
        v_error text := p_error;
BEGIN
        SELECT * INTO v_attempt FROM migrationd.attempt WHERE id = p_attempt;
        PERFORM FROM migrationd.report WHERE id = v_attempt.report_id FOR NO KEY UPDATE;
        PERFORM FROM migrationd.task WHERE id = v_attempt.task_id FOR NO KEY UPDATE;
        UPDATE migrationd.attempt SET state = p_outcome, ended_at = clock_timestamp(), class = CASE WHEN v_failed THEN p_class END
                WHERE id = p_attempt AND state = p_seen AND state IN ('launching', 'running') AND EXISTS (
                        SELECT FROM migrationd.report WHERE id = v_attempt.report_id AND state IN ('running', 'paused'));
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        SELECT * INTO v_task FROM migrationd.task
                WHERE id = v_attempt.task_id AND attempt = v_attempt.number AND state = 'running';
        IF NOT FOUND THEN
                RETURN NULL;
        END IF;
        v_act := CASE WHEN v_failed THEN migrationd.failure_act(v_task, p_class, p_permanent) ELSE 'skip' END;
        IF v_act = 'over' THEN
                v_act := 'fail';
                v_error := coalesce(p_error || '; ', '') || 'not skipped: as many were as max-skipped allows';
        END IF;
        SELECT * INTO v_policy FROM migrationd.failure_policy
                WHERE report_id = v_task.report_id AND step_ord = v_task.step_ord AND class = p_class;
        UPDATE migrationd.task t SET
                        state = CASE v_act WHEN 'skip' THEN 'skipped' WHEN 'fail' THEN 'failed' ELSE 'waiting' END,
                        class = CASE WHEN v_failed THEN p_class END,
                        error = CASE WHEN v_failed THEN v_error END,
                        finished_at = CASE WHEN v_act IN ('skip', 'fail') THEN clock_timestamp() END,
                        -- Back-off doubles with each attempt up to the cap, and from half to all of it is waited, at random: what
                        -- failed together, in one outage, does not return together.
                        not_before = CASE WHEN v_act = 'retry' THEN clock_timestamp() + (1 + random()) / 2 * interval '1 millisecond' *
                                least(coalesce(v_policy.backoff_msec, s.backoff_msec) * power(2, least(t.attempt - 1, 30)),
                                        coalesce(v_policy.backoff_max_msec, s.backoff_max_msec)) END,
                        -- Attempts that do not count leave the step's number to the other classes.
                        max_attempts = CASE WHEN v_act = 'split' THEN t.attempt + s.attempts
                                WHEN v_act = 'retry' AND NOT migrationd.failure_counts(v_task, p_class) THEN t.max_attempts + 1
                                ELSE t.max_attempts END,
                        memory_max_bytes = CASE WHEN v_act = 'retry' AND v_policy.memory_percent IS NOT NULL THEN
                                least(v_attempt.memory_max_bytes * v_policy.memory_percent / 100, v_policy.memory_ceiling_bytes)
                                ELSE t.memory_max_bytes END,
                        kind = CASE WHEN v_act = 'split' THEN 'expand' ELSE t.kind END,
                        split = t.split OR v_act = 'split'
                FROM migrationd.step s
                WHERE t.id = v_task.id AND s.report_id = t.report_id AND s.ord = t.step_ord;
        IF v_act = 'fail' THEN
                PERFORM migrationd.task_tolerate(v_task.id);
        ELSIF v_act = 'skip' AND v_failed THEN
                INSERT INTO migrationd.problem (report_id, task_id, item, reason)
                        VALUES (v_task.report_id, v_task.id, 'task ' || v_task.id, p_class || ': ' || p_error)
                        ON CONFLICT (task_id, item) DO UPDATE SET reason = EXCLUDED.reason;
        END IF;
        RETURN CASE v_act WHEN 'split' THEN 'split' WHEN 'retry' THEN 'waiting' WHEN 'skip' THEN 'skipped' ELSE 'failed' END;
END $$;

-- How many tasks of a step may fail.
CREATE FUNCTION migrationd.step_failures_allowed(p_step migrationd.step) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT migrationd.step_share(p_step, (p_step).max_failures, (p_step).max_failures_percent)
$$;

-- As before; a task that could not be split counts as one that failed. Failures that a Retry left alone do not count when they
-- are more than is allowed anyway: then it is about what was retried.
CREATE OR REPLACE FUNCTION migrationd.task_tolerate(p_task integer) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
        UPDATE migrationd.task t SET tolerated = true FROM migrationd.step s
                WHERE t.id = p_task AND t.state = 'failed' AND (t.kind = 'main' OR t.split) AND s.report_id = t.report_id AND
                        s.ord = t.step_ord AND (SELECT count(*) FROM migrationd.task f WHERE f.report_id = t.report_id AND
                                f.state = 'failed' AND f.step_ord = t.step_ord AND (f.retried OR NOT s.retry_only)) <=
                                migrationd.step_failures_allowed(s)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrationd FROM PUBLIC;
