/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client against a real server that stays up: statements, results, order, callbacks that free,
 * notifications. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "store/pg-client-internal.h"

static PgCluster *cluster;

typedef struct Fixture {
        sd_event *event;
        PgClient *client;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));

        assert_non_null(f);
        assert_int_equal(sd_event_new(&f->event), 0);
        f->client = client_connect(f->event, cluster, "migrationd");
        pg_answer_order = 0;
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        pg_client_free(f->client);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static void a_parameter_comes_back_as_it_was_and_null_stays_null(void **state) {
        static const SqlStatement two = { "two", "SELECT $1::text || coalesce($2::text, '-')", 2 };
        Fixture *f = *state;
        Answer a;

        ask_and_wait(f->event, f->client, "SELECT $1::text", "it's; DROP \"x\" \\ — ü\n", &a);
        assert_int_equal(a.error, 0);
        assert_string_equal(a.value, "it's; DROP \"x\" \\ — ü\n");

        a = (Answer) {};
        assert_int_equal(
                pg_client_query(f->client, &two, (const char *[]) { "x", NULL }, SOON, on_answer, &a), 0);
        assert_true(loop_until(f->event, &a.n_calls, SOON));
        assert_string_equal(a.value, "x-");
}

static void on_columns(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        unsigned *done = userdata;

        assert_null(error);
        assert_string_equal(pg_get_text(res, 0, "t", "none"), "text");
        assert_string_equal(pg_get_text(res, 1, "t", "none"), "none");
        assert_null(pg_get_text(res, 1, "t", NULL));
        assert_true(pg_get_i64(res, 0, "n", -1) == INT64_MIN);
        assert_true(pg_get_i64(res, 1, "n", -1) == -1);
        assert_true(pg_get_bool(res, 0, "b"));
        assert_false(pg_get_bool(res, 1, "b"));
        *done = 1;
}

static void columns_are_read_by_name_with_a_fallback_for_null(void **state) {
        static const SqlStatement sql = { "columns",
                                          "SELECT * FROM (VALUES ('text', (-9223372036854775808)::bigint, "
                                          "true), "
                                          "(NULL, NULL, NULL)) AS v (t, n, b)",
                                          0 };
        Fixture *f = *state;
        unsigned done = 0;

        assert_int_equal(pg_client_query(f->client, &sql, NULL, SOON, on_columns, &done), 0);
        assert_true(loop_until(f->event, &done, SOON));
}

static void the_session_is_pinned_before_the_first_statement(void **state) {
        static const struct {
                const char *setting, *value;
        } pinned[] = {
                { "search_path", "" },
                { "client_encoding", "UTF8" },
                { "datestyle", "ISO, MDY" },
                { "timezone", "UTC" },
                { "transaction_isolation", "read committed" },
                { "statement_timeout", "30s" },
                { "lock_timeout", "30s" },
                { "idle_in_transaction_session_timeout", "1min" },
                { "client_connection_check_interval", "2s" },
                { "application_name", "test" },
        };
        Fixture *f = *state;
        Answer a;

        for (size_t i = 0; i < ELEMENTSOF(pinned); i++) {
                ask_and_wait(f->event, f->client, "SELECT current_setting($1)", pinned[i].setting, &a);
                assert_int_equal(a.error, 0);
                assert_string_equal(a.value, pinned[i].value);
        }
}

static void options_of_the_connection_string_are_kept_but_do_not_unpin(void **state) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(cluster, "migrationd");
        _cleanup_(freep) char *with =
                text_format("%s options='-c search_path=public -c work_mem=5MB'", conninfo);
        Fixture *f = *state;
        PgClient *c;
        Answer a;

        assert_int_equal(pg_client_new(f->event, with, "x", 0, NULL, NULL, NULL, &c), 0);
        ask_and_wait(f->event, c, "SELECT current_setting('work_mem') || current_setting('search_path')",
                     NULL, &a);
        assert_string_equal(a.value, "5MB");
        pg_client_free(c);
}

static void an_error_carries_sqlstate_constraint_and_one_line(void **state) {
        Fixture *f = *state;
        Answer a;

        ask_and_wait(f->event, f->client, "CREATE TEMP TABLE once (n integer CONSTRAINT once_only UNIQUE)",
                     NULL, &a);
        assert_int_equal(a.error, 0);
        ask_and_wait(f->event, f->client, "INSERT INTO pg_temp.once VALUES (1), (1)", NULL, &a);
        assert_int_equal(a.error, -EIO);
        assert_string_equal(a.sqlstate, "23505");
        assert_string_equal(a.constraint, "once_only");
        assert_string_equal(a.message,
                            "question: duplicate key value violates unique constraint \"once_only\"");

        ask_and_wait(f->event, f->client, "DO $$ BEGIN RAISE 'a\nb\tc' USING ERRCODE = 'MG001'; END $$", NULL,
                     &a);
        assert_string_equal(a.sqlstate, "MG001");
        assert_string_equal(a.constraint, "");
        assert_string_equal(a.message, "question: a b c");

        ask_and_wait(f->event, f->client, "SELECT 'still there'", NULL, &a);
        assert_string_equal(a.value, "still there");
}

static void an_error_in_a_script_names_its_line_and_undoes_all_of_it(void **state) {
        static const SqlStatement script = { "0007-x.sql",
                                             "CREATE TEMP TABLE ä (n integer);\nSELECT 'ö\n';\nSELECT 1, "
                                             "nothing;\n",
                                             0 };
        Fixture *f = *state;
        Answer a = {};

        assert_int_equal(pg_client_query_next(f->client, &script, NULL, true, SOON, on_answer, &a), 0);
        assert_true(loop_until(f->event, &a.n_calls, SOON));
        assert_int_equal(a.error, -EIO);
        assert_string_equal(a.message, "0007-x.sql line 4: column \"nothing\" does not exist");
        ask_and_wait(f->event, f->client, "SELECT to_regclass('pg_temp.ä') IS NULL", NULL, &a);
        assert_string_equal(a.value, "t");
}

static void a_statement_that_fails_only_at_its_commit_has_failed(void **state) {
        Fixture *f = *state;
        Answer a;

        ask_and_wait(f->event, f->client,
                     "CREATE TEMP TABLE late (n integer CONSTRAINT late_one UNIQUE DEFERRABLE "
                     "INITIALLY DEFERRED)",
                     NULL, &a);
        assert_int_equal(a.error, 0);
        /* The server says INSERT 0 2 first, and the error after it. */
        ask_and_wait(f->event, f->client, "INSERT INTO pg_temp.late VALUES (1), (1)", NULL, &a);
        assert_int_equal(a.error, -EIO);
        assert_string_equal(a.sqlstate, "23505");
        assert_string_equal(a.constraint, "late_one");
}

static void copy_drops_the_connection_and_the_next_statement_gets_a_new_one(void **state) {
        Fixture *f = *state;
        Answer a;

        ask_and_wait(f->event, f->client, "COPY (SELECT 1) TO STDOUT", NULL, &a);
        assert_int_equal(a.error, -ECONNRESET);
        ask_and_wait(f->event, f->client, "SELECT 2", NULL, &a);
        assert_string_equal(a.value, "2");
}

static void ten_thousand_statements_keep_their_order(void **state) {
        enum { N = 10000 };
        Fixture *f = *state;
        Answer *answers = calloc(N, sizeof(Answer));
        char number[12];

        assert_non_null(answers);
        for (unsigned i = 0; i < N; i++) {
                snprintf(number, sizeof(number), "%u", i);
                ask(f->client, "SELECT $1::text", number, 6 * SOON, &answers[i]);
        }
        assert_true(loop_until(f->event, &answers[N - 1].n_calls, 6 * SOON));
        for (unsigned i = 0; i < N; i++) {
                snprintf(number, sizeof(number), "%u", i);
                assert_int_equal(answers[i].error, 0);
                assert_int_equal(answers[i].n_calls, 1);
                assert_int_equal(answers[i].order, i + 1);
                assert_string_equal(answers[i].value, number);
        }
        free(answers);
}

static void first_statements_go_before_the_queue_in_the_order_of_their_calls(void **state) {
        static const SqlStatement sql = { "one", "SELECT 1", 0 };
        Fixture *f = *state;
        Answer queued[2] = {}, first[2] = {};

        for (size_t i = 0; i < 2; i++) {
                ask(f->client, "SELECT 1", NULL, SOON, &queued[i]);
                assert_int_equal(pg_client_query_first(f->client, &sql, NULL, SOON, on_answer, &first[i]), 0);
        }
        assert_true(loop_until(f->event, &queued[1].n_calls, SOON));
        assert_int_equal(first[0].order, 1);
        assert_int_equal(first[1].order, 2);
        assert_int_equal(queued[0].order, 3);
        assert_int_equal(queued[1].order, 4);
}

static void eight_megabytes_go_there_and_back(void **state) {
        enum { SIZE = 8 * 1024 * 1024 };
        Fixture *f = *state;
        char *big = malloc(SIZE + 1);
        Answer a;

        assert_non_null(big);
        memset(big, 'x', SIZE);
        big[SIZE] = '\0';
        ask_and_wait(f->event, f->client, "SELECT length($1::text)", big, &a);
        assert_string_equal(a.value, "8388608");
        ask_and_wait(f->event, f->client, "SELECT $1::text", big, &a);
        assert_int_equal(a.error, 0);
        assert_int_equal(a.n_rows, 1);
        free(big);
}

/* Frees the client from the callback of the first of three statements. */
typedef struct Freeing {
        Fixture *fixture;
        unsigned done;
} Freeing;

static void on_answer_free(PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        static const SqlStatement sql = { "late", "SELECT 1", 0 };
        Freeing *f = userdata;

        assert_null(error);
        f->fixture->client = pg_client_free(c);
        /* Still there, and takes nothing any more; so is the result. */
        assert_string_equal(PQgetvalue(res, 0, 0), "1");
        assert_int_equal(pg_client_query(c, &sql, NULL, SOON, NULL, NULL), -ESHUTDOWN);
        assert_null(pg_client_free(c));
        f->done = 1;
}

static void a_callback_may_free_the_client_and_the_rest_is_canceled(void **state) {
        static const SqlStatement sql = { "one", "SELECT 1", 0 };
        Freeing freeing = { *state };
        Answer rest[2] = {};

        assert_int_equal(pg_client_query(freeing.fixture->client, &sql, NULL, SOON, on_answer_free, &freeing),
                         0);
        for (size_t i = 0; i < 2; i++)
                ask(freeing.fixture->client, "SELECT 1", NULL, SOON, &rest[i]);
        assert_true(loop_until(freeing.fixture->event, &freeing.done, SOON));
        for (size_t i = 0; i < 2; i++) {
                assert_int_equal(rest[i].n_calls, 1);
                assert_int_equal(rest[i].error, -ECANCELED);
        }
}

static void on_state_free(PgClient *c, bool connected, _unused_ const char *message, void *userdata) {
        assert_true(connected);
        assert_true(pg_client_is_connected(c));
        assert_string_equal(pg_client_error(c), "");
        pg_client_free(c);
        *(unsigned *)userdata = 1;
}

static void the_state_handler_may_free_the_client(void **state) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(cluster, "migrationd");
        Fixture *f = *state;
        unsigned done = 0;
        PgClient *c;
        Answer a = {};

        assert_int_equal(pg_client_new(f->event, conninfo, "x", 0, on_state_free, NULL, &done, &c), 0);
        assert_false(pg_client_is_connected(c));
        ask(c, "SELECT 1", NULL, SOON, &a);
        assert_true(loop_until(f->event, &done, SOON));
        assert_int_equal(a.error, -ECANCELED);
}

typedef struct Notes {
        unsigned n;
        bool own_session, free;
        char channel[32], payload[32];
} Notes;

static void on_notify(PgClient *c, const char *channel, const char *payload, bool own_session,
                      void *userdata) {
        Notes *n = userdata;

        n->n++;
        n->own_session = own_session;
        snprintf(n->channel, sizeof(n->channel), "%s", channel);
        snprintf(n->payload, sizeof(n->payload), "%s", payload);
        if (n->free)
                pg_client_free(c);
}

static void a_notification_arrives_and_says_whether_it_is_our_own(void **state) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(cluster, "migrationd");
        Fixture *f = *state;
        Notes notes = {};
        PgClient *c;
        Answer a;

        assert_int_equal(pg_client_new(f->event, conninfo, "x", 0, NULL, on_notify, &notes, &c), 0);
        ask_and_wait(f->event, c, "LISTEN migrationd", NULL, &a);
        assert_int_equal(a.error, 0);

        ask_and_wait(f->event, f->client, "SELECT pg_notify('migrationd', '7')", NULL, &a);
        assert_true(loop_until(f->event, &notes.n, SOON));
        assert_false(notes.own_session);
        assert_string_equal(notes.channel, "migrationd");
        assert_string_equal(notes.payload, "7");

        notes = (Notes) {};
        ask_and_wait(f->event, c, "SELECT pg_notify('migrationd', '8')", NULL, &a);
        assert_true(loop_until(f->event, &notes.n, SOON));
        assert_true(notes.own_session);
        assert_string_equal(notes.payload, "8");

        notes = (Notes) { .free = true };
        ask_and_wait(f->event, f->client, "SELECT pg_notify('migrationd', '9') FROM generate_series(1, 3)",
                     NULL, &a);
        assert_true(loop_until(f->event, &notes.n, SOON));
        assert_int_equal(notes.n, 1);
}

static void a_connection_string_that_cannot_be_parsed_is_refused(void **state) {
        Fixture *f = *state;
        PgClient *c = NULL;

        assert_int_equal(pg_client_new(f->event, "host=/x secret", "x", 0, NULL, NULL, NULL, &c), -EINVAL);
        assert_int_equal(pg_client_new(f->event, "no_such_setting=1", "x", 0, NULL, NULL, NULL, &c), -EINVAL);
        assert_null(c);
        assert_null(pg_client_free(NULL));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(a_parameter_comes_back_as_it_was_and_null_stays_null),
                TEST(columns_are_read_by_name_with_a_fallback_for_null),
                TEST(the_session_is_pinned_before_the_first_statement),
                TEST(options_of_the_connection_string_are_kept_but_do_not_unpin),
                TEST(an_error_carries_sqlstate_constraint_and_one_line),
                TEST(an_error_in_a_script_names_its_line_and_undoes_all_of_it),
                TEST(a_statement_that_fails_only_at_its_commit_has_failed),
                TEST(copy_drops_the_connection_and_the_next_statement_gets_a_new_one),
                TEST(ten_thousand_statements_keep_their_order),
                TEST(first_statements_go_before_the_queue_in_the_order_of_their_calls),
                TEST(eight_megabytes_go_there_and_back),
                TEST(a_callback_may_free_the_client_and_the_rest_is_canceled),
                TEST(the_state_handler_may_free_the_client),
                TEST(a_notification_arrives_and_says_whether_it_is_our_own),
                TEST(a_connection_string_that_cannot_be_parsed_is_refused),
        };
        int r;

        r = pg_cluster_new(&cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(cluster);
        return r;
}
