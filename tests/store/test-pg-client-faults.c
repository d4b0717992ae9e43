/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client when the server restarts, crashes, stalls, refuses or is not there. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/text.h"
#include "lib/pg-answer.h"

static PgCluster *cluster;

typedef struct Fixture {
        sd_event *event;
        PgClient *client;
        unsigned n_up, n_down, n_notes;
        usec_t down_at[16];
        char message[512]; /* of the latest loss */
} Fixture;

static usec_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void on_state(PgClient *c, bool connected, const char *message, void *userdata) {
        static const SqlStatement listen = { "listen", "LISTEN migrationd", 0 };
        Fixture *f = userdata;

        assert_true(pg_client_is_connected(c) == connected);
        if (connected) {
                f->n_up++;
                assert_int_equal(pg_client_query_first(c, &listen, NULL, SOON, NULL, NULL), 0);
                return;
        }
        if (f->n_down < ELEMENTSOF(f->down_at))
                f->down_at[f->n_down] = now_usec();
        f->n_down++;
        assert_string_equal(message, pg_client_error(c));
        snprintf(f->message, sizeof(f->message), "%s", message);
}

static void on_notify(_unused_ PgClient *c, _unused_ const char *channel, _unused_ const char *payload,
                      _unused_ bool own_session, void *userdata) {
        ((Fixture *)userdata)->n_notes++;
}

static void connect_to(Fixture *f, const char *conninfo, PgClientFlags flags) {
        assert_int_equal(
                pg_client_new(f->event, conninfo, "faults", flags, on_state, on_notify, f, &f->client), 0);
}

static void connect_to_cluster(Fixture *f, PgClientFlags flags) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(cluster, "migrationd");

        connect_to(f, conninfo, flags);
        assert_true(loop_until(f->event, &f->n_up, SOON));
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));

        assert_non_null(f);
        /* A test that failed may have left it stopped. */
        assert_int_equal(pg_cluster_start(cluster), 0);
        assert_int_equal(sd_event_new(&f->event), 0);
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

static pid_t backend_pid(Fixture *f) {
        Answer a;

        ask_and_wait(f->event, f->client, "SELECT pg_backend_pid()", NULL, &a);
        assert_int_equal(a.error, 0);
        return (pid_t)strtol(a.value, NULL, 10);
}

/* Queues a statement that takes a minute and runs the loop until the server executes it. */
static void ask_long(Fixture *f, usec_t timeout_usec, Answer *answer) {
        _cleanup_(PQfinishp) PGconn *observer = pg_cluster_connect(cluster, "migrationd");
        usec_t end = now_usec() + SOON;

        assert_non_null(observer);
        *answer = (Answer) {};
        ask(f->client, "SELECT pg_sleep(60)", NULL, timeout_usec, answer);
        for (bool running = false; !running;) {
                _cleanup_(PQclearp) PGresult *res = NULL;

                assert_true(now_usec() < end);
                assert_true(sd_event_run(f->event, 10 * USEC_PER_MSEC) >= 0);
                res = PQexec(observer, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
                running = PQntuples(res) > 0;
        }
}

static void after_a_restart_what_was_queued_runs_and_what_was_in_flight_is_reported(void **state) {
        Fixture *f = *state;
        Answer in_flight, before[2] = {}, between = {}, after = {};

        connect_to_cluster(f, 0);
        ask_long(f, 3 * SOON, &in_flight);
        for (size_t i = 0; i < 2; i++)
                ask(f->client, "SELECT 'before'", NULL, 3 * SOON, &before[i]);

        pg_answer_order = 0;
        assert_int_equal(pg_cluster_stop(cluster, SIGINT), 0);
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_int_equal(in_flight.n_calls, 1);
        assert_int_equal(in_flight.error, -ECONNRESET);
        assert_string_equal(in_flight.sqlstate, "57P01");
        assert_int_equal(before[0].n_calls, 0);
        assert_false(pg_client_is_connected(f->client));
        ask(f->client, "SELECT 'between'", NULL, 3 * SOON, &between);

        assert_int_equal(pg_cluster_start(cluster), 0);
        f->n_up = 0;
        assert_true(loop_until(f->event, &f->n_up, SOON));
        ask(f->client, "SELECT 'after'", NULL, 3 * SOON, &after);
        assert_true(loop_until(f->event, &after.n_calls, SOON));
        assert_string_equal(before[0].value, "before");
        assert_string_equal(between.value, "between");
        assert_string_equal(after.value, "after");
        assert_int_equal(in_flight.order, 1);
        assert_int_equal(before[0].order, 2);
        assert_int_equal(before[1].order, 3);
        assert_int_equal(between.order, 4);
        assert_int_equal(after.order, 5);

        /* The state handler has listened again. */
        ask_and_wait(f->event, f->client, "SELECT pg_notify('migrationd', '')", NULL, &after);
        assert_true(loop_until(f->event, &f->n_notes, SOON));
}

static void after_a_crash_the_same_holds(void **state) {
        Fixture *f = *state;
        Answer in_flight, queued = {};

        connect_to_cluster(f, 0);
        ask_long(f, 3 * SOON, &in_flight);
        ask(f->client, "SELECT 'queued'", NULL, 3 * SOON, &queued);
        assert_int_equal(pg_cluster_stop(cluster, SIGQUIT), 0);
        assert_true(loop_until(f->event, &in_flight.n_calls, SOON));
        assert_int_equal(in_flight.error, -ECONNRESET);
        assert_int_equal(pg_cluster_start(cluster), 0);
        assert_true(loop_until(f->event, &queued.n_calls, SOON));
        assert_string_equal(queued.value, "queued");
        assert_int_equal(in_flight.n_calls, 1);
}

static void an_idle_client_notices_the_restart_and_connects_again(void **state) {
        Fixture *f = *state;

        connect_to_cluster(f, 0);
        assert_int_equal(pg_cluster_stop(cluster, SIGINT), 0);
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_non_null(strstr(f->message, "server closed the connection"));
        assert_null(strchr(f->message, '\n'));
        f->n_up = 0;
        assert_int_equal(pg_cluster_start(cluster), 0);
        assert_true(loop_until(f->event, &f->n_up, SOON));
        assert_string_equal(pg_client_error(f->client), "");
}

static void a_fail_fast_client_fails_what_it_cannot_send(void **state) {
        Fixture *f = *state;
        Answer in_flight, queued = {}, down = {}, up;

        connect_to_cluster(f, PG_CLIENT_FAIL_FAST);
        ask_long(f, 3 * SOON, &in_flight);
        ask(f->client, "SELECT 1", NULL, 3 * SOON, &queued);
        assert_int_equal(pg_cluster_stop(cluster, SIGINT), 0);
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_int_equal(in_flight.error, -ECONNRESET);
        assert_int_equal(queued.error, -ENOTCONN);
        assert_int_equal(queued.n_calls, 1);

        /* Not from within the call. */
        ask(f->client, "SELECT 1", NULL, 3 * SOON, &down);
        assert_int_equal(down.n_calls, 0);
        assert_true(loop_until(f->event, &down.n_calls, SOON));
        assert_int_equal(down.error, -ENOTCONN);

        f->n_up = 0;
        assert_int_equal(pg_cluster_start(cluster), 0);
        assert_true(loop_until(f->event, &f->n_up, SOON));
        ask_and_wait(f->event, f->client, "SELECT 'up'", NULL, &up);
        assert_string_equal(up.value, "up");
}

static void first_statements_fail_with_their_session(void **state) {
        static const SqlStatement sql = { "lock", "SELECT pg_advisory_lock(1)", 0 };
        Fixture *f = *state;
        Answer in_flight, first = {};

        connect_to_cluster(f, 0);
        ask_long(f, 3 * SOON, &in_flight);
        assert_int_equal(pg_client_query_first(f->client, &sql, NULL, 3 * SOON, on_answer, &first), 0);
        assert_int_equal(pg_cluster_stop(cluster, SIGINT), 0);
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_int_equal(first.error, -ENOTCONN);
        assert_int_equal(pg_client_query_first(f->client, &sql, NULL, 3 * SOON, on_answer, &first),
                         -ENOTCONN);
        assert_int_equal(first.n_calls, 1);
        assert_int_equal(pg_cluster_start(cluster), 0);
}

static void a_stopped_backend_hits_the_deadline_and_the_next_statement_a_new_one(void **state) {
        enum { SIZE = 16 * 1024 * 1024 };
        Fixture *f = *state;
        char *big = malloc(SIZE + 1);
        usec_t begin, end, answered = 0, longest = 0;
        Answer stalled = {}, next = {};
        pid_t pid;

        assert_non_null(big);
        memset(big, 'x', SIZE);
        big[SIZE] = '\0';
        connect_to_cluster(f, 0);
        pid = backend_pid(f);
        assert_int_equal(kill(pid, SIGSTOP), 0);

        /* More than the socket takes. */
        begin = now_usec();
        ask(f->client, "SELECT length($1::text)", big, 500 * USEC_PER_MSEC, &stalled);
        ask(f->client, "SELECT pg_backend_pid()", NULL, SOON, &next);
        while (next.n_calls == 0 && (end = now_usec()) < begin + SOON) {
                assert_true(sd_event_run(f->event, 10 * USEC_PER_MSEC) >= 0);
                longest = MAX(longest, now_usec() - end);
                if (stalled.n_calls == 1 && answered == 0)
                        answered = now_usec();
        }
        assert_int_equal(kill(pid, SIGCONT), 0);
        free(big);

        assert_int_equal(stalled.error, -ETIMEDOUT);
        assert_string_equal(stalled.message, "question: no answer to statement question within 500ms");
        assert_true(answered >= begin + 500 * USEC_PER_MSEC);
        assert_int_equal(next.error, 0);
        assert_int_not_equal(strtol(next.value, NULL, 10), pid);
        /* Nothing has blocked: the backend is stopped until the loop above ends. */
        assert_in_range(longest, 0, SOON / 4);
}

static void the_server_ends_a_statement_whose_client_has_given_up(void **state) {
        _cleanup_(closep) int fd = -EBADF;
        Fixture *f = *state;
        Answer a;

        connect_to_cluster(f, 0);
        fd = pidfd_open(backend_pid(f), 0);
        assert_true(fd >= 0);
        ask_long(f, USEC_PER_SEC, &a);
        assert_true(loop_until(f->event, &a.n_calls, SOON));
        assert_int_equal(a.error, -ETIMEDOUT);
        /* By client_connection_check_interval (2 s), not by the statement's end (60 s) or statement_timeout
         * (30 s). */
        assert_int_equal(poll(&(struct pollfd) { .fd = fd, .events = POLLIN }, 1, 10000), 1);
}

static void a_deadline_in_the_queue_leaves_the_connection_alone(void **state) {
        Fixture *f = *state;
        Answer slow = {}, queued = {};
        pid_t pid;

        connect_to_cluster(f, 0);
        pid = backend_pid(f);
        ask(f->client, "SELECT pg_sleep(1)", NULL, SOON, &slow);
        ask(f->client, "SELECT 1", NULL, 100 * USEC_PER_MSEC, &queued);
        assert_true(loop_until(f->event, &queued.n_calls, SOON));
        assert_int_equal(queued.error, -ETIMEDOUT);
        assert_int_equal(slow.n_calls, 0);
        assert_true(loop_until(f->event, &slow.n_calls, SOON));
        assert_int_equal(slow.error, 0);
        assert_int_equal(backend_pid(f), pid);
        assert_int_equal(f->n_down, 0);
}

static void on_answer_free(PgClient *c, const PgError *error, _unused_ PGresult *res, void *userdata) {
        *(unsigned *)userdata = (unsigned)-error->error;
        pg_client_free(c);
}

static void the_callback_of_a_lost_statement_may_free_the_client(void **state) {
        static const SqlStatement sleep = { "sleep", "SELECT pg_sleep(60)", 0 };
        Fixture *f = *state;
        unsigned error = 0;
        Answer rest = {};

        connect_to_cluster(f, 0);
        assert_int_equal(
                pg_client_query(f->client, &sleep, NULL, 300 * USEC_PER_MSEC, on_answer_free, &error), 0);
        ask(f->client, "SELECT 1", NULL, SOON, &rest);
        assert_true(loop_until(f->event, &error, SOON));
        f->client = NULL;
        assert_int_equal(error, ETIMEDOUT);
        assert_int_equal(rest.error, -ECANCELED);
        assert_int_equal(f->n_down, 0);

        /* Fail fast: the rest of a queue that is just being failed. */
        connect_to(f, "host=/nowhere", PG_CLIENT_FAIL_FAST);
        error = 0;
        rest = (Answer) {};
        assert_int_equal(pg_client_query(f->client, &sleep, NULL, SOON, on_answer_free, &error), 0);
        ask(f->client, "SELECT 1", NULL, SOON, &rest);
        assert_true(loop_until(f->event, &error, SOON));
        f->client = NULL;
        assert_int_equal(error, ENOTCONN);
        assert_int_equal(rest.n_calls, 1);
        assert_int_equal(rest.error, -ECANCELED);
}

static void a_refused_connection_backs_off(void **state) {
        static const usec_t expected_msec[] = { 100, 200, 400, 800, 1600 };
        Fixture *f = *state;
        unsigned enough = 0;
        Answer a = {};

        connect_to(f, "host=/nowhere", 0);
        ask(f->client, "SELECT 1", NULL, USEC_PER_SEC, &a);
        for (usec_t end = now_usec() + SOON; !enough && now_usec() < end;
             enough = f->n_down > ELEMENTSOF(expected_msec))
                assert_true(sd_event_run(f->event, USEC_PER_SEC) >= 0);

        for (size_t i = 0; i < ELEMENTSOF(expected_msec); i++) {
                usec_t delay = f->down_at[i + 1] - f->down_at[i];

                /* It counts from the beginning of the loop's iteration, a little earlier; at most a quarter
                 * of jitter; and the machine may be busy. */
                assert_in_range(delay, expected_msec[i] * USEC_PER_MSEC * 3 / 4,
                                expected_msec[i] * USEC_PER_MSEC * 5 / 4 + 3 * USEC_PER_SEC);
        }
        assert_int_equal(a.n_calls, 1);
        assert_int_equal(a.error, -ENOTCONN);
        assert_non_null(strstr(a.message, "/nowhere"));
        assert_int_equal(f->n_up, 0);
}

static void a_server_that_never_answers_is_given_up_after_the_connect_timeout(void **state) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        _cleanup_(freep) char *conninfo = text_format("host=%s port=1", pg_cluster_socket_directory(cluster));
        usec_t begin = now_usec();
        Fixture *f = *state;
        Answer a = {};

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.1",
                 pg_cluster_socket_directory(cluster));
        assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);

        connect_to(f, conninfo, 0);
        ask(f->client, "SELECT 1", NULL, 200 * USEC_PER_MSEC, &a);
        assert_true(loop_until(f->event, &a.n_calls, SOON));
        assert_int_equal(a.error, -ENOTCONN);
        assert_in_range(now_usec() - begin, 200 * USEC_PER_MSEC, PG_CLIENT_CONNECT_TIMEOUT_USEC - 1);
        assert_int_equal(f->n_down, 0);

        assert_true(loop_until(f->event, &f->n_down, 2 * PG_CLIENT_CONNECT_TIMEOUT_USEC));
        assert_in_range(f->down_at[0] - begin, PG_CLIENT_CONNECT_TIMEOUT_USEC - USEC_PER_SEC,
                        PG_CLIENT_CONNECT_TIMEOUT_USEC + SOON / 2);
        assert_string_equal(f->message, "the database server did not answer in time");
}

static void a_password_is_in_no_error(void **state) {
        _cleanup_(freep) char *conninfo = text_format("host=%s user=open-sesame password=sesame "
                                                      "dbname=migrationd",
                                                      pg_cluster_socket_directory(cluster));
        Fixture *f = *state;
        Answer a = {};

        /* The server repeats the user's name, which holds the password here. */
        connect_to(f, conninfo, PG_CLIENT_FAIL_FAST);
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_non_null(strstr(f->message, "role \"open-******\" does not exist"));
        ask_and_wait(f->event, f->client, "SELECT 1", NULL, &a);
        assert_null(strstr(a.message, "sesame"));
        assert_null(strstr(pg_client_error(f->client), "sesame"));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(after_a_restart_what_was_queued_runs_and_what_was_in_flight_is_reported),
                TEST(after_a_crash_the_same_holds),
                TEST(an_idle_client_notices_the_restart_and_connects_again),
                TEST(a_fail_fast_client_fails_what_it_cannot_send),
                TEST(first_statements_fail_with_their_session),
                TEST(a_stopped_backend_hits_the_deadline_and_the_next_statement_a_new_one),
                TEST(the_server_ends_a_statement_whose_client_has_given_up),
                TEST(a_deadline_in_the_queue_leaves_the_connection_alone),
                TEST(the_callback_of_a_lost_statement_may_free_the_client),
                TEST(a_refused_connection_backs_off),
                TEST(a_server_that_never_answers_is_given_up_after_the_connect_timeout),
                TEST(a_password_is_in_no_error),
        };
        int r;

        r = pg_cluster_new(&cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(cluster);
        return r;
}
