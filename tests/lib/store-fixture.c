/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib/store-fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"

#define PARAMS_MAX 8

PgCluster *store_cluster;

int store_setup(void **state) {
        Store *s = calloc(1, sizeof(Store));

        assert_non_null(s);
        s->service = pg_cluster_connect(store_cluster, "migrationd");
        s->worker = pg_cluster_connect(store_cluster, "migrationd_worker");
        assert_non_null(s->service);
        assert_non_null(s->worker);
        assert_value(say(s->service,
                         "TRUNCATE migrationd.plan, migrationd.report, migrationd.step, migrationd.task, "
                         "migrationd.attempt, migrationd.attempt_watch, migrationd.problem, migrationd.hook, migrationd.failure_policy",
                         (char *)NULL),
                     "");
        *state = s;
        return 0;
}

int store_teardown(void **state) {
        Store *s = *state;

        PQfinish(s->worker);
        PQfinish(s->service);
        free(s);
        return 0;
}

static void copy(char *to, size_t size, const char *from) {
        size_t n = from ? strnlen(from, size - 1) : 0;

        if (n > 0)
                memcpy(to, from, n);
        to[n] = '\0';
}

static Reply reply_from(PGresult *res) {
        Reply r = { .n_rows = PQntuples(res) };

        if (r.n_rows > 0)
                copy(r.value, sizeof(r.value), PQgetisnull(res, 0, 0) ? "NULL" : PQgetvalue(res, 0, 0));
        copy(r.sqlstate, sizeof(r.sqlstate), PQresultErrorField(res, PG_DIAG_SQLSTATE));
        copy(r.constraint, sizeof(r.constraint), PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME));
        copy(r.message, sizeof(r.message), PQresultErrorMessage(res));
        return r;
}

Reply say(PGconn *conn, const char *sql, ...) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        const char *params[PARAMS_MAX];
        int n = 0;
        va_list ap;

        va_start(ap, sql);
        while ((params[n] = va_arg(ap, const char *))) {
                n++;
                assert_true(n < PARAMS_MAX);
        }
        va_end(ap);
        res = PQexecParams(conn, sql, n, NULL, params, NULL, NULL, 0);
        return reply_from(res);
}

void store_run(Store *s, const char *options, unsigned workers, const char *steps) {
        _cleanup_(freep) char *n = text_format("%u", workers);
        Reply plan, report;

        plan = say(s->service,
                   "INSERT INTO migrationd.plan (migration, document, uid) VALUES ('demo', '{\"a\": 1}', 0) "
                   "RETURNING id",
                   (char *)NULL);
        assert_string_equal(plan.message, "");
        report = say(s->service,
                     "SELECT migrationd.report_create($1, 'demo', $2, $3, 'digest', (SELECT jsonb_agg("
                     "'{\"message\": \"m\", \"expand\": false, \"attempts\": 2, \"backoff_msec\": 0, "
                     "\"backoff_max_msec\": 0, "
                     "\"on_failure\": \"finish\"}' || e) FROM jsonb_array_elements($4::jsonb) e), 0)",
                     plan.value, options, n, steps, (char *)NULL);
        assert_string_equal(report.message, "");
        copy(s->report, sizeof(s->report), report.value);
        say(s->service, "SELECT migrationd.report_advance($1)", s->report, (char *)NULL);
}

int store_launch(Store *s, const char *limit, Attempt *ret, int n) {
        const char *params[] = { s->report, limit };
        _cleanup_(PQclearp) PGresult *res = NULL;
        int rows;

        res = PQexecParams(s->service,
                           "SELECT attempt_id, task, number, token, step, kind, unit FROM "
                           "migrationd.report_launch("
                           "$1, $2, ':1.1', 'a0000000-0000-0000-0000-000000000001') ORDER BY task",
                           2, NULL, params, NULL, NULL, 0);
        assert_string_equal(PQresultErrorMessage(res), "");
        rows = PQntuples(res);
        for (int i = 0; i < MIN(rows, n); i++) {
                copy(ret[i].id, sizeof(ret[i].id), PQgetvalue(res, i, 0));
                copy(ret[i].task, sizeof(ret[i].task), PQgetvalue(res, i, 1));
                copy(ret[i].number, sizeof(ret[i].number), PQgetvalue(res, i, 2));
                copy(ret[i].token, sizeof(ret[i].token), PQgetvalue(res, i, 3));
                copy(ret[i].step, sizeof(ret[i].step), PQgetvalue(res, i, 4));
                copy(ret[i].kind, sizeof(ret[i].kind), PQgetvalue(res, i, 5));
                copy(ret[i].unit, sizeof(ret[i].unit), PQgetvalue(res, i, 6));
        }
        return rows;
}

Reply store_claim(Store *s, const Attempt *a) {
        assert_string_equal(
                say(s->worker, "SELECT pg_advisory_lock($1, $2)", s->report, a->task, (char *)NULL).message,
                "");
        return say(s->worker,
                   "SELECT concat_ws('|', report, input, done, total) FROM migrationd.task_claim($1, $2, $3, "
                   "'abc')",
                   a->task, a->number, a->token, (char *)NULL);
}

Attempt store_launch_and_claim(Store *s) {
        Attempt a;

        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_string_equal(store_claim(s, &a).message, "");
        return a;
}

Reply store_call(Store *s, const char *function, const Attempt *a, const char *arguments) {
        _cleanup_(freep) char *sql = text_format("SELECT migrationd.%s($1, $2, $3%s%s)", function,
                                                 *arguments ? ", " : "", arguments);

        return say(s->worker, sql, a->task, a->number, a->token, (char *)NULL);
}

Reply store_ask(Store *s, const char *sql) {
        return say(s->service, sql, s->report, (char *)NULL);
}

void store_set_tasks(Store *s, const char *attempts, const char *values) {
        _cleanup_(freep) char *sql = text_format("INSERT INTO migrationd.task (report_id, step_ord, kind, lane, stage, max_attempts) "
                                                 "SELECT $1, 0, 'main', lane, stage, %s FROM (VALUES %s) AS v (lane, stage)",
                                                 attempts, values);

        assert_string_equal(store_ask(s, "DELETE FROM migrationd.task WHERE report_id = $1 AND step_ord = 0").message, "");
        assert_string_equal(store_ask(s, sql).message, "");
}

Reply store_request(Store *s, const char *verb, const char *argument) {
        return say(s->service, "SELECT concat_ws('|', before, after, refused) FROM migrationd.api_report_request($1, $2, $3, 1000, 7, '')",
                   s->report, verb, argument, (char *)NULL);
}

void store_complete(Store *s, const Attempt *a) {
        assert_string_equal(store_claim(s, a).message, "");
        assert_string_equal(store_call(s, "task_finish", a, "").message, "");
}

void store_fail(Store *s, const Attempt *a, const char *class) {
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', $2, 'why', false)", a->id, class,
                         (char *)NULL),
                     "failed");
}

void store_assert_why(Store *s, const char *pattern) {
        Reply r = say(s->service, "SELECT why LIKE $2, why FROM migrationd.api_why($1, NULL)", s->report, pattern, (char *)NULL);

        assert_string_equal(r.message, "");
        if (!streq(r.value, "t"))
                fail_msg("'%s' is not like '%s'", store_ask(s, "SELECT why FROM migrationd.api_why($1, NULL)").value, pattern);
}

Reply store_why_task(Store *s, const char *task) {
        return say(s->service, "SELECT why FROM migrationd.api_why($1, $2)", s->report, task, (char *)NULL);
}
