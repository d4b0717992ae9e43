/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib/pg-answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "base/text.h"
#include "store/schema.h"

unsigned pg_answer_order;

static usec_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

bool loop_until(sd_event *event, const unsigned *what, usec_t timeout_usec) {
        usec_t now = now_usec(), end = now + timeout_usec;

        for (; *what == 0; now = now_usec()) {
                if (now >= end)
                        return false;
                assert_true(sd_event_run(event, end - now) >= 0);
        }
        return true;
}

static void copy(char *to, size_t size, const char *from) {
        snprintf(to, size, "%s", from);
}

void on_answer(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Answer *a = userdata;

        a->n_calls++;
        a->order = ++pg_answer_order;
        if (error) {
                assert_null(res);
                a->error = error->error;
                copy(a->sqlstate, sizeof(a->sqlstate), error->sqlstate);
                copy(a->constraint, sizeof(a->constraint), error->constraint);
                copy(a->message, sizeof(a->message), error->message);
                return;
        }
        a->n_rows = PQntuples(res);
        if (a->n_rows > 0)
                copy(a->value, sizeof(a->value), PQgetisnull(res, 0, 0) ? "NULL" : PQgetvalue(res, 0, 0));
}

void ask(PgClient *c, const char *text, const char *param, usec_t timeout_usec, Answer *answer) {
        const SqlStatement sql = { "question", text, param ? 1 : 0 };

        assert_int_equal(pg_client_query(c, &sql, &param, timeout_usec, on_answer, answer), 0);
}

void ask_and_wait(sd_event *event, PgClient *c, const char *text, const char *param, Answer *answer) {
        *answer = (Answer) {};
        ask(c, text, param, SOON, answer);
        assert_true(loop_until(event, &answer->n_calls, 2 * SOON));
}

PgClient *client_connect(sd_event *event, PgCluster *cluster, const char *role) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(cluster, role);
        PgClient *c;
        Answer a;

        assert_non_null(conninfo);
        assert_int_equal(pg_client_new(event, conninfo, "test", 0, NULL, NULL, NULL, &c), 0);
        ask_and_wait(event, c, "SELECT 1", NULL, &a);
        assert_int_equal(a.error, 0);
        return c;
}

typedef struct SchemaEnd {
        unsigned done;
        int error;
} SchemaEnd;

static void on_schema(int error, const char *message, void *userdata) {
        SchemaEnd *end = userdata;

        *end = (SchemaEnd) { 1, error };
        if (error < 0)
                fprintf(stderr, "%s\n", message);
}

int store_cluster_new(PgCluster **ret) {
        _cleanup_(pg_cluster_freep) PgCluster *cluster = NULL;
        sd_event *event;
        PgClient *c;
        SchemaEnd end = {};
        int r;

        r = pg_cluster_new(&cluster);
        if (r < 0)
                return r;
        assert_int_equal(sd_event_new(&event), 0);
        c = client_connect(event, cluster, "migrationd");
        assert_int_equal(schema_apply(c, on_schema, &end), 0);
        assert_true(loop_until(event, &end.done, 2 * SOON));
        pg_client_free(c);
        sd_event_unref(event);
        if (end.error < 0)
                return end.error;
        *ret = TAKE_PTR(cluster);
        return 0;
}
