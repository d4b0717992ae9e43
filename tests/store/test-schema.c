/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The schema runner against a real server: each test has a fresh database migrationd. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "store/schema.h"

static PgCluster *cluster;

typedef struct Fixture {
        sd_event *event;
        PgClient *client;
} Fixture;

typedef struct End {
        unsigned done;
        int error;
        char message[512];
} End;

static void on_end(int error, const char *message, void *userdata) {
        End *end = userdata;

        end->done++;
        end->error = error;
        snprintf(end->message, sizeof(end->message), "%s", message);
}

/* As the superuser, in the database "postgres". */
static void administrate(const char *statement) {
        _cleanup_(freep) char *conninfo =
                text_format("host=%s user=postgres dbname=postgres", pg_cluster_socket_directory(cluster));
        _cleanup_(PQfinishp) PGconn *conn = PQconnectdb(conninfo);
        _cleanup_(PQclearp) PGresult *res = PQexec(conn, statement);

        assert_string_equal(PQresultErrorMessage(res), "");
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));

        assert_non_null(f);
        administrate("DROP DATABASE migrationd WITH (FORCE)");
        administrate("CREATE DATABASE migrationd OWNER migrationd");
        assert_int_equal(sd_event_new(&f->event), 0);
        f->client = client_connect(f->event, cluster, "migrationd");
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

static void apply(Fixture *f, PgClient *c, End *end) {
        *end = (End) {};
        assert_int_equal(schema_apply(c, on_end, end), 0);
        assert_true(loop_until(f->event, &end->done, 2 * SOON));
        assert_int_equal(end->done, 1);
}

static void assert_versions(Fixture *f, uint32_t first, uint32_t last) {
        char versions[256] = "";
        Answer a;

        for (uint32_t v = first; v <= last; v++)
                snprintf(versions + strlen(versions), sizeof(versions) - strlen(versions), "%s%u",
                         v > first ? "," : "", v);
        ask_and_wait(f->event, f->client,
                     "SELECT coalesce(string_agg(version::text, ',' ORDER BY version), '') "
                     "FROM migrationd.schema_version",
                     NULL, &a);
        assert_int_equal(a.error, 0);
        assert_string_equal(a.value, versions);
}

/* In autocommit mode two statements have two transactions. */
static void assert_no_transaction(Fixture *f) {
        Answer first, second;

        ask_and_wait(f->event, f->client, "SELECT now()", NULL, &first);
        ask_and_wait(f->event, f->client, "SELECT now()", NULL, &second);
        assert_int_equal(first.error, 0);
        assert_string_not_equal(first.value, second.value);
}

static void an_empty_database_gets_all_files_and_one_row_for_each(void **state) {
        Fixture *f = *state;
        End end;
        Answer a;

        assert_true(schema_version_latest() >= 3);
        apply(f, f->client, &end);
        assert_int_equal(end.error, 0);
        assert_string_equal(end.message, "");
        assert_versions(f, 1, schema_version_latest());

        /* No transaction and no lock is left. */
        ask_and_wait(f->event, f->client, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", NULL,
                     &a);
        assert_string_equal(a.value, "0");
        assert_no_transaction(f);
}

static void applying_again_changes_nothing(void **state) {
        Fixture *f = *state;
        Answer before, after;
        End end;

        apply(f, f->client, &end);
        ask_and_wait(f->event, f->client, "SELECT max(applied_at) FROM migrationd.schema_version", NULL,
                     &before);
        apply(f, f->client, &end);
        assert_int_equal(end.error, 0);
        ask_and_wait(f->event, f->client, "SELECT max(applied_at) FROM migrationd.schema_version", NULL,
                     &after);
        assert_string_equal(before.value, after.value);
        assert_versions(f, 1, schema_version_latest());
}

static void two_services_that_start_at_once_apply_each_file_once(void **state) {
        Fixture *f = *state;
        PgClient *other = client_connect(f->event, cluster, "migrationd");
        End ends[2] = {};

        assert_int_equal(schema_apply(f->client, on_end, &ends[0]), 0);
        assert_int_equal(schema_apply(other, on_end, &ends[1]), 0);
        for (size_t i = 0; i < 2; i++) {
                assert_true(loop_until(f->event, &ends[i].done, 2 * SOON));
                assert_int_equal(ends[i].error, 0);
        }
        assert_versions(f, 1, schema_version_latest());
        pg_client_free(other);
}

static void a_newer_database_is_left_alone(void **state) {
        Fixture *f = *state;
        End end;
        Answer a;

        apply(f, f->client, &end);
        ask_and_wait(f->event, f->client, "INSERT INTO migrationd.schema_version VALUES (1000)", NULL, &a);
        apply(f, f->client, &end);
        assert_int_equal(end.error, -EPROTONOSUPPORT);
        assert_non_null(strstr(end.message, "newer"));
        assert_no_transaction(f);
}

static void a_file_that_fails_is_named_and_leaves_nothing(void **state) {
        Fixture *f = *state;
        Answer a;
        End end;

        /* The second statement of the first file fails, the first has been executed then. */
        ask_and_wait(f->event, f->client,
                     "CREATE FUNCTION public.block() RETURNS event_trigger LANGUAGE plpgsql AS "
                     "$$ BEGIN RAISE EXCEPTION 'no tables today'; END $$",
                     NULL, &a);
        assert_int_equal(a.error, 0);
        {
                _cleanup_(PQfinishp) PGconn *conn = pg_cluster_connect(cluster, "postgres");
                _cleanup_(PQclearp) PGresult *res = PQexec(conn,
                                                           "CREATE EVENT TRIGGER block ON ddl_command_start "
                                                           "WHEN TAG IN "
                                                           "('CREATE TABLE') EXECUTE FUNCTION "
                                                           "public.block()");

                assert_string_equal(PQresultErrorMessage(res), "");
        }
        apply(f, f->client, &end);
        assert_int_equal(end.error, -EIO);
        assert_non_null(strstr(end.message, "0001-tables.sql: no tables today"));
        ask_and_wait(f->event, f->client, "SELECT to_regnamespace('migrationd') IS NULL", NULL, &a);
        assert_string_equal(a.value, "t");
}

static void an_object_of_somebody_else_in_the_way_is_an_error(void **state) {
        Fixture *f = *state;
        Answer a;
        End end;

        ask_and_wait(f->event, f->client, "CREATE SCHEMA migrationd", NULL, &a);
        apply(f, f->client, &end);
        assert_int_equal(end.error, -EIO);
        assert_string_equal(end.message,
                            "Cannot bring the database's schema up to date: 0001-tables.sql: "
                            "schema \"migrationd\" already exists");
}

static void statements_of_others_do_not_get_into_the_transaction(void **state) {
        static const SqlStatement sql = { "first", "SELECT now()", 0 };
        Fixture *f = *state;
        Answer first = {}, queued = {}, a;
        End end = {};

        assert_int_equal(schema_apply(f->client, on_end, &end), 0);
        ask(f->client, "SELECT now()", NULL, SOON, &queued);
        assert_int_equal(pg_client_query_first(f->client, &sql, NULL, SOON, on_answer, &first), 0);
        assert_true(loop_until(f->event, &queued.n_calls, 2 * SOON));
        assert_true(loop_until(f->event, &end.done, 2 * SOON));
        assert_int_equal(end.error, 0);
        assert_int_equal(first.error, 0);
        assert_int_equal(queued.error, 0);

        /* applied_at is the time of the transaction that applied. */
        ask_and_wait(f->event, f->client,
                     "SELECT count(*) FROM migrationd.schema_version WHERE applied_at = $1::timestamptz",
                     first.value, &a);
        assert_string_equal(a.value, "0");
        ask_and_wait(f->event, f->client,
                     "SELECT count(*) FROM migrationd.schema_version WHERE applied_at = $1::timestamptz",
                     queued.value, &a);
        assert_string_equal(a.value, "0");
}

static void a_connection_lost_in_the_middle_ends_it_and_the_next_try_succeeds(void **state) {
        _cleanup_(PQfinishp) PGconn *locker = pg_cluster_connect(cluster, "migrationd");
        Fixture *f = *state;
        End end = {};
        Answer a = {};

        /* The runner waits for this lock, so the session is ended in the middle of its transaction. */
        PQclear(PQexec(locker, "SELECT pg_advisory_lock(hashtextextended('migrationd.schema_version', 0))"));
        assert_int_equal(schema_apply(f->client, on_end, &end), 0);
        ask(f->client, "SELECT 1", NULL, SOON, &a);
        for (bool waiting = false; !waiting;) {
                _cleanup_(PQclearp) PGresult *res = NULL;

                assert_true(sd_event_run(f->event, 10 * USEC_PER_MSEC) >= 0);
                res = PQexec(locker,
                             "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                             "NOT granted");
                waiting = PQntuples(res) == 1;
        }
        assert_true(loop_until(f->event, &end.done, SOON));
        assert_int_equal(end.error, -ECONNRESET);
        assert_true(loop_until(f->event, &a.n_calls, SOON));
        assert_int_equal(a.error, 0);
        PQclear(PQexec(locker, "SELECT pg_advisory_unlock_all()"));

        ask_and_wait(f->event, f->client, "SELECT to_regnamespace('migrationd') IS NULL", NULL, &a);
        assert_string_equal(a.value, "t");
        apply(f, f->client, &end);
        assert_int_equal(end.error, 0);
        assert_versions(f, 1, schema_version_latest());
}

static void freeing_the_client_ends_it(void **state) {
        Fixture *f = *state;
        End end = {};

        assert_int_equal(schema_apply(f->client, on_end, &end), 0);
        f->client = pg_client_free(f->client);
        assert_int_equal(end.done, 1);
        assert_int_equal(end.error, -ECANCELED);
}

static void without_a_connection_it_is_refused_at_once(void **state) {
        Fixture *f = *state;
        PgClient *c;
        End end = {};

        assert_int_equal(pg_client_new(f->event, "host=/nowhere", "x", 0, NULL, NULL, NULL, &c), 0);
        assert_int_equal(schema_apply(c, on_end, &end), -ENOTCONN);
        pg_client_free(c);
        assert_int_equal(end.done, 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(an_empty_database_gets_all_files_and_one_row_for_each),
                TEST(applying_again_changes_nothing),
                TEST(two_services_that_start_at_once_apply_each_file_once),
                TEST(a_newer_database_is_left_alone),
                TEST(a_file_that_fails_is_named_and_leaves_nothing),
                TEST(an_object_of_somebody_else_in_the_way_is_an_error),
                TEST(statements_of_others_do_not_get_into_the_transaction),
                TEST(a_connection_lost_in_the_middle_ends_it_and_the_next_try_succeeds),
                TEST(freeing_the_client_ends_it),
                TEST(without_a_connection_it_is_refused_at_once),
        };
        int r;

        r = pg_cluster_new(&cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(cluster);
        return r;
}
