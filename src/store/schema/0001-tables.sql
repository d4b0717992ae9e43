-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tables of the service database. Owner: the role that the service connects as. Each table says who writes it and what NULL
-- means. All times are timestamptz, all sizes bytes, all durations microseconds unless the name says otherwise.

CREATE SCHEMA migrationd;

-- Written by the schema runner, one row for each applied file.
CREATE TABLE migrationd.schema_version (
        version         integer PRIMARY KEY,
        applied_at      timestamptz NOT NULL DEFAULT now()
);

-- Written by CreatePlan and DeletePlan, immutable in between. name NULL: the plan is known by its id only.
CREATE TABLE migrationd.plan (
        id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name            text UNIQUE CHECK (name ~ '^[a-zA-Z][a-zA-Z0-9._-]{0,63}$'),
        migration       text NOT NULL CHECK (migration ~ '^[a-z0-9_]{1,64}$'),
        document        json NOT NULL,
        uid             bigint NOT NULL,
        created_at      timestamptz NOT NULL DEFAULT now()
);

-- One run of a plan. Written by Run, by callers' requests (state, workers, pause_mode: guarded) and by the poll that holds
-- the advisory lock (id, 0). started_at NULL: no task was launched yet. finished_at NULL: unfinished.
CREATE TABLE migrationd.report (
        id                      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        plan_id                 integer NOT NULL REFERENCES migrationd.plan,
        migration               text NOT NULL,
        state                   text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'paused', 'completed',
                                        'failed', 'canceling', 'canceled')),
        pause_mode              text CHECK (pause_mode IN ('drain', 'freeze')),
        workers                 integer NOT NULL CHECK (workers BETWEEN 1 AND 1024),
        options                 jsonb NOT NULL,
        definition_digest       text NOT NULL,
        uid                     bigint NOT NULL,
        wait_reason             text NOT NULL DEFAULT '',
        created_at              timestamptz NOT NULL DEFAULT now(),
        started_at              timestamptz,
        finished_at             timestamptz,
        CHECK ((state = 'paused') = (pause_mode IS NOT NULL)),
        CHECK ((state IN ('completed', 'failed', 'canceled')) = (finished_at IS NOT NULL))
);

-- At most one report may be unfinished: a rule of the database, not a look before the insert.
CREATE UNIQUE INDEX report_unfinished ON migrationd.report ((true)) WHERE state NOT IN ('completed', 'failed', 'canceled');

-- A phase of a report, in the order of ord. Written at Run, its state by the poll. parallel NULL: bounded by the window only.
CREATE TABLE migrationd.step (
        report_id       integer NOT NULL REFERENCES migrationd.report,
        ord             integer NOT NULL CHECK (ord >= 0),
        code            text NOT NULL CHECK (code ~ '^[a-z0-9_]{1,64}$'),
        message         text NOT NULL,
        state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'completed', 'failed', 'canceled')),
        expand          boolean NOT NULL,
        parallel        integer CHECK (parallel >= 1),
        attempts        integer NOT NULL CHECK (attempts BETWEEN 1 AND 100),
        backoff_msec    bigint NOT NULL CHECK (backoff_msec >= 0),
        backoff_max_msec bigint NOT NULL CHECK (backoff_max_msec >= 0),
        on_failure      text NOT NULL CHECK (on_failure IN ('finish', 'stop')),
        started_at      timestamptz,
        finished_at     timestamptz,
        PRIMARY KEY (report_id, ord),
        UNIQUE (report_id, code)
);

-- A unit of work. Written at Run (first tasks) and by an expander's finish; state by the task's own finish and by the poll.
-- attempt: number of the latest attempt, 0 before the first. not_before NULL: at once. class: the failure's class of the
-- latest failed attempt (the unit's own Result=, or lost, permanent, temporary, no-finish).
CREATE TABLE migrationd.task (
        id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id       integer NOT NULL,
        step_ord        integer NOT NULL,
        kind            text NOT NULL CHECK (kind IN ('main', 'expand')),
        lane            text NOT NULL DEFAULT '',
        stage           integer NOT NULL DEFAULT 0 CHECK (stage >= -1),
        state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'completed', 'failed', 'canceled',
                                'skipped')),
        attempt         integer NOT NULL DEFAULT 0,
        max_attempts    integer NOT NULL,
        not_before      timestamptz,
        input           jsonb NOT NULL DEFAULT '{}',
        done            bigint NOT NULL DEFAULT 0 CHECK (done >= 0),
        total           bigint NOT NULL DEFAULT 0 CHECK (total >= done),
        class           text,
        error           text,
        started_at      timestamptz,
        finished_at     timestamptz,
        FOREIGN KEY (report_id, step_ord) REFERENCES migrationd.step
);

-- What may still be launched or waited for, in launch order; stays small however many tasks are done.
CREATE INDEX task_open ON migrationd.task (report_id, step_ord, lane, stage, id) WHERE state IN ('waiting', 'running');
CREATE INDEX task_step ON migrationd.task (report_id, step_ord, id);
CREATE INDEX task_failed ON migrationd.task (report_id) WHERE state = 'failed';
-- What each launch and each check counts: a report may have a million waiting tasks, these have only the window.
CREATE INDEX task_running ON migrationd.task (report_id) WHERE state = 'running';
CREATE INDEX task_backoff ON migrationd.task (report_id, not_before) WHERE state = 'waiting' AND not_before IS NOT NULL;

-- One start of a task's unit: the joblog. The row is the intent and is committed before the unit is asked for. launcher: the
-- poll's unique bus name, bus_id: the bus instance that gave it. claimed_at NULL: the program never claimed. recorded_at
-- NULL: the unit's result has not been read; a result that could not be read any more stays NULL in its columns.
CREATE TABLE migrationd.attempt (
        id                      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id               integer NOT NULL REFERENCES migrationd.report,
        task_id                 integer NOT NULL REFERENCES migrationd.task,
        number                  integer NOT NULL CHECK (number >= 1),
        token                   uuid NOT NULL DEFAULT gen_random_uuid(),
        state                   text NOT NULL DEFAULT 'launching' CHECK (state IN ('launching', 'running', 'completed', 'failed',
                                        'skipped', 'lost')),
        unit                    text NOT NULL,
        bus_id                  uuid NOT NULL,
        launcher                text NOT NULL,
        invocation_id           text,
        created_at              timestamptz NOT NULL DEFAULT now(),
        claimed_at              timestamptz,
        ended_at                timestamptz,
        recorded_at             timestamptz,
        expanded                boolean NOT NULL DEFAULT false,
        result                  text,
        exit_code               text,
        exit_status             integer,
        cpu_usec                bigint,
        memory_peak_bytes       bigint,
        io_read_bytes           bigint,
        io_write_bytes          bigint,
        started_at              timestamptz,
        exited_at               timestamptz,
        UNIQUE (task_id, number)
);

-- At most one live attempt per task: a rule of the database.
CREATE UNIQUE INDEX attempt_live ON migrationd.attempt (task_id) WHERE state IN ('launching', 'running');
-- What the poll looks at in each check: live attempts and those whose unit's result is still to be read.
CREATE INDEX attempt_open ON migrationd.attempt (report_id) WHERE recorded_at IS NULL;

-- Items that a task could not migrate and was allowed to skip. Written by the task.
CREATE TABLE migrationd.problem (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id       integer NOT NULL REFERENCES migrationd.report,
        task_id         integer NOT NULL REFERENCES migrationd.task,
        item            text NOT NULL,
        reason          text NOT NULL,
        created_at      timestamptz NOT NULL DEFAULT now(),
        UNIQUE (task_id, item)
);
CREATE INDEX problem_report ON migrationd.problem (report_id, id);

-- Every human act, and every change of a report's state, in the transaction that made it: who, what, when. What the poll did has
-- its unit, and uid and pid 0. report_id or plan_id NULL: the act was not on one.
CREATE TABLE migrationd.event (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id       integer,
        plan_id         integer,
        verb            text NOT NULL,
        uid             bigint NOT NULL,
        pid             bigint NOT NULL,
        unit            text NOT NULL,
        detail          jsonb NOT NULL DEFAULT '{}',
        created_at      timestamptz NOT NULL DEFAULT now()
);
