/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/step.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "pulp2to3-sql.h"

/* A transaction that met a deadlock is tried that often, after a random pause of up to that long. Deadlocks
 * need two tasks that take locks in opposite order, which sorting avoids; other programs on Pulp's database
 * do not sort. */
#define BATCH_ATTEMPTS_MAX 10
#define BATCH_PAUSE_MSEC_MAX 500

int step_fail(Step *s, int error, const char *format, ...) {
        va_list ap;

        if (s->error)
                return error;
        va_start(ap, format);
        if (vasprintf(&s->error, format, ap) < 0)
                s->error = NULL;
        va_end(ap);
        return error;
}

int step_fail_database(Step *s, int error) {
        if (streq(s->database.sqlstate, "53100"))
                return step_fail(s, -ENOSPC, "%s; make room on the database server", s->database.error);
        return step_fail(s, error, "%s", s->database.error ?: strerror(-error));
}

int step_fail_task(Step *s, int error) {
        return step_fail(s, error, "%s", migrationd_task_error(s->task));
}

int step_exit_status(int error) {
        switch (error) {
        case -EBADMSG:
        case -EEXIST:
                return MIGRATIOND_EXIT_DATAERR;
        case -ENODATA:
                return MIGRATIOND_EXIT_NOINPUT;
        case -EINVAL:
                return MIGRATIOND_EXIT_CONFIG;
        case -ENOTCONN:
        case -EAGAIN:
        case -ECANCELED:
        case -ESTALE:
        case -ENOSPC:
        case -EDQUOT:
        case -ENOMEM:
                return MIGRATIOND_EXIT_TEMPFAIL;
        default:
                return error < 0 ? MIGRATIOND_EXIT_FAILED : MIGRATIOND_EXIT_COMPLETED;
        }
}

bool step_is_stopping(void) {
        return migrationd_task_stopping() != 0;
}

const char *step_format_number(char buffer[static 24], int64_t value) {
        (void) snprintf(buffer, 24, "%" PRIi64, value);
        return buffer;
}

static int read_option(Step *s, const char *name, bool *ret) {
        json_t *value = json_object_get(json_object_get(s->input, "options"), name);

        if (value && !json_is_boolean(value))
                return step_fail(s, -EBADMSG, "option %s is not a boolean", name);
        *ret = json_is_true(value);
        return 0;
}

static int read_input(Step *s) {
        json_error_t error;
        int r;

        s->input = json_loads(migrationd_task_input(s->task), JSON_REJECT_DUPLICATES, &error);
        if (!s->input)
                return step_fail(s, -EBADMSG, "plan: %s", error.text);
        r = plan_parse(json_object_get(s->input, "plan"), &s->plan, &s->error);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        r = read_option(s, "skip_corrupted", &s->skip_corrupted);
        if (r >= 0)
                r = read_option(s, "validate", &s->check_files);
        if (r >= 0)
                r = read_option(s, "dry_run", &s->dry_run);
        return r < 0 ? r : read_option(s, "verify", &s->verify);
}

int step_open(Step *s, const char *code) {
        int r;

        s->code = code;
        r = migrationd_task_open(&s->task);
        if (r < 0)
                return step_fail_task(s, r);
        r = configuration_load(getenv("PULP2TO3_ROOT") ?: "", &s->configuration, &s->error);
        if (r < 0)
                return r == -ENOMEM ? r : -EINVAL;
        return read_input(s);
}

void step_done(Step *s) {
        database_done(&s->database);
        configuration_free(s->configuration);
        plan_free(s->plan);
        json_decref(s->input);
        migrationd_task_free(s->task);
        problem_list_done(&s->problems);
        free(s->error);
        *s = (Step){};
}

int step_input(Step *s, const char *name, int64_t *ret) {
        json_t *value = json_object_get(json_object_get(s->input, "input"), name);

        if (!json_is_integer(value))
                return step_fail(s, -EBADMSG,
                                 "the task's input has no number \"%s\"; it comes from the step's expander", name);
        *ret = json_integer_value(value);
        return 0;
}

const char *step_lane(const Step *s, const char *plugin) {
        return s->plan->n_plugins > 1 ? plugin : "";
}

static int connect_named(Step *s) {
        char name[64];
        int r;

        (void) snprintf(name, sizeof(name), "migration report %i task %i attempt %i", migrationd_task_report(s->task),
                        migrationd_task_id(s->task), migrationd_task_attempt(s->task));
        s->database.stopping = step_is_stopping;
        r = database_open(&s->database, s->configuration->pulp3_database, name);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int step_connect(Step *s) {
        int r;

        r = connect_named(s);
        if (r < 0)
                return r;
        r = database_lock(&s->database, migrationd_task_report(s->task), migrationd_task_id(s->task));
        return r < 0 ? step_fail_database(s, r) : 0;
}

int step_resume(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "position", sql_batch_read,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           &res);
        if (r == -ENOENT)
                return step_fail(s, -EBADMSG,
                                 "Pulp's database has no schema migrationd_pulp2to3, which the step premigration "
                                 "made; was the database replaced since? Run the plan again");
        if (r < 0)
                return step_fail_database(s, r);
        s->resumed = PQntuples(res) > 0;
        if (!s->resumed)
                return 0;
        s->position = database_int(res, 0, 0);
        s->done = database_int(res, 0, 1);
        s->total = database_int(res, 0, 2);
        s->linked = database_int(res, 0, 3);
        s->copied = database_int(res, 0, 4);
        return step_report(s);
}

/* A report that is tried again after another one has read its dump would work on rows that are not its own.
 */
static int check_dump(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "dump", sql_dump_report, DATABASE_NO_PARAMS, &res);
        if (r < 0 && r != -ENOENT)
                return step_fail_database(s, r);
        if (r < 0 || PQntuples(res) == 0)
                return step_fail(s, -EBADMSG, "Pulp's database holds no dump; run the plan again");
        if (database_int(res, 0, 0) != migrationd_task_report(s->task))
                return step_fail(s, -EBADMSG,
                                 "the tables in Pulp's database are those of report %" PRIi64 ", which read %s "
                                 "since; run the plan again",
                                 database_int(res, 0, 0), PQgetvalue(res, 0, 1));
        return 0;
}

int step_attach(Step *s) {
        int r;

        r = step_connect(s);
        if (r >= 0)
                r = check_dump(s);
        return r < 0 ? r : step_resume(s);
}

int step_attach_expander(Step *s) {
        int r;

        r = connect_named(s);
        return r < 0 ? r : check_dump(s);
}

int step_write_problems(Step *s) {
        _cleanup_(freep) char *problems = NULL;
        int r;

        if (s->problems.n == 0)
                return 0;
        problems = problem_list_format(&s->problems);
        if (!problems)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_query(&s->database, "problems", sql_batch_problem,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task)), problems),
                           NULL);
        if (r < 0)
                return step_fail_database(s, r);
        problem_list_clear(&s->problems);
        return 0;
}

int step_batch_write(Step *s) {
        int r;

        r = step_write_problems(s);
        if (r < 0)
                return r;
        r = database_query(&s->database, "position", sql_batch_write,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task)), STEP_NUMBER(s->position),
                                           STEP_NUMBER(s->done), STEP_NUMBER(s->total), STEP_NUMBER(s->linked),
                                           STEP_NUMBER(s->copied)),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int step_problem(Step *s, const char *item, const char *reason) {
        int r = 0;

        if (problem_list_is_full(&s->problems))
                r = step_write_problems(s);
        if (r >= 0 && problem_list_add(&s->problems, item, reason) < 0)
                r = step_fail(s, -ENOMEM, "out of memory");
        return r;
}

/* Sends up to a page of problems, of which the statement has at most PROBLEM_LIST_MAX; returns how many. */
static int send_problems(Step *s) {
        const char *items[PROBLEM_LIST_MAX], *reasons[PROBLEM_LIST_MAX];
        _cleanup_(PQclearp) PGresult *res = NULL;
        int n, r;

        r = database_query(&s->database, "problems", sql_batch_problems,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task)), STEP_NUMBER(s->problem_sent),
                                           STEP_NUMBER(PROBLEM_LIST_MAX)),
                           &res);
        if (r < 0)
                return step_fail_database(s, r);
        n = PQntuples(res);
        if (n == 0)
                return 0;
        for (int i = 0; i < n; i++) {
                items[i] = PQgetvalue(res, i, 1);
                reasons[i] = PQgetvalue(res, i, 2);
        }
        r = migrationd_task_problems(s->task, (size_t) n, items, reasons);
        if (r < 0)
                return step_fail_task(s, r);
        for (int i = 0; i < n; i++)
                log_warning("skipped %s: %s", items[i], reasons[i]);
        s->problem_sent = database_int(res, n - 1, 0);
        return n;
}

int step_report(Step *s) {
        int r;

        r = migrationd_task_progress(s->task, s->done, s->total);
        if (r < 0)
                return step_fail_task(s, r);
        do
                r = send_problems(s);
        while (r > 0);
        if (r >= 0 && step_is_stopping())
                return step_fail(s, -ECANCELED, "stopped by SIGTERM; what is committed stays");
        return r;
}

static void pause_randomly(void) {
        (void) poll(NULL, 0, 1 + (int) (random() % BATCH_PAUSE_MSEC_MAX));
}

static int try_batch(Step *s, int (*batch)(Step *s, void *userdata), void *userdata) {
        int r;

        r = database_begin(&s->database);
        if (r < 0)
                return step_fail_database(s, r);
        r = batch(s, userdata);
        if (r >= 0)
                r = step_batch_write(s);
        if (r >= 0) {
                r = database_commit(&s->database);
                if (r < 0)
                        r = step_fail_database(s, r);
        }
        return r;
}

int step_run_batch(Step *s, int (*batch)(Step *s, void *userdata), void *userdata) {
        const Step before = *s;
        int r;

        for (int attempt = 1;; attempt++) {
                r = try_batch(s, batch, userdata);
                if (r >= 0)
                        return step_report(s);
                database_rollback(&s->database);
                problem_list_clear(&s->problems);
                s->position = before.position;
                s->done = before.done;
                s->total = before.total;
                s->linked = before.linked;
                s->copied = before.copied;
                if (r != -EAGAIN || attempt == BATCH_ATTEMPTS_MAX || step_is_stopping())
                        return r;
                log_notice("trying the batch again: %s", s->error);
                free(s->error);
                s->error = NULL;
                pause_randomly();
        }
}
