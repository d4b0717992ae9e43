/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* On which host a report is run, and how it comes to another. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

/* The service's session is of that host from now on. */
static void host(Store *s, const char *name) {
        say(s->service, "SELECT set_config('migrationd.host_id', $1, false), set_config('migrationd.host', 'name of ' || $1, false)", name,
            (char *)NULL);
}

static Reply lock(Store *s) {
        return store_ask(s, "SELECT concat_ws('|', locked, coalesce(elsewhere, 'here')) FROM migrationd.report_lock($1)");
}

static void a_report_is_bound_to_the_host_it_was_started_on(void **state) {
        Store *s = *state;

        host(s, "a");
        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        assert_value(lock(s), "t|here");
        store_assert_why(s, "step copy: 0 of at most 1 tasks run, 1 wait");
        host(s, "b");
        /* The same session, so it gets the lock, as when the other host has none. */
        assert_value(lock(s), "t|name of a");
        assert_value(store_ask(s, "SELECT wait_reason LIKE 'host name of a runs it, %' FROM migrationd.report WHERE id = $1"), "t");
        store_ask(s, "UPDATE migrationd.report SET wait_reason = '' WHERE id = $1");
        say(s->service, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        store_assert_why(s, "host name of a runs it, and has no connection to the database now; %: migrationctl move %");
        assert_value(say(s->worker, "SELECT pg_try_advisory_lock($1, 0)", s->report, (char *)NULL), "t");
        assert_value(lock(s), "f|name of a");
        store_assert_why(s, "step copy: 0 of at most 1 tasks run, 1 wait");
}

static void a_report_without_a_host_belongs_to_the_first_poll(void **state) {
        Store *s = *state;

        host(s, "");
        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        assert_value(store_ask(s, "SELECT host_id IS NULL FROM migrationd.report WHERE id = $1"), "t");
        host(s, "b");
        assert_value(lock(s), "t|here");
        host(s, "a");
        assert_value(lock(s), "t|name of b");
}

static void a_report_is_moved_only_when_no_session_of_it_is_left(void **state) {
        Store *s = *state;
        Attempt a;

        host(s, "a");
        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        a = store_launch_and_claim(s);
        assert_value(store_request(s, "move", ""), "running|running");
        host(s, "b");
        assert_value(store_request(s, "move", ""), "running|sessions");
        say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        assert_value(say(s->worker, "SELECT pg_try_advisory_lock($1, 0)", s->report, (char *)NULL), "t");
        assert_value(store_request(s, "move", ""), "running|sessions");
        assert_value(lock(s), "f|name of a");
        say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        assert_value(store_request(s, "move", ""), "running|running");
        assert_value(lock(s), "t|here");
        host(s, "a");
        assert_value(lock(s), "t|name of b");
        host(s, "b");
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'running', 'lost', 'lost', 'why', false)", a.id, (char *)NULL),
                     "waiting");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(store_request(s, "move", ""), "canceled|state");
}

static void a_failed_report_is_run_by_the_host_that_retries_it(void **state) {
        Store *s = *state;
        Attempt a;

        host(s, "a");
        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"attempts\": 1}]");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        store_fail(s, &a, "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        host(s, "b");
        assert_value(lock(s), "t|name of a");
        assert_value(store_request(s, "retry", "{}"), "failed|running");
        assert_value(lock(s), "t|here");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(a_report_is_bound_to_the_host_it_was_started_on),
                TEST(a_report_without_a_host_belongs_to_the_first_poll),
                TEST(a_report_is_moved_only_when_no_session_of_it_is_left),
                TEST(a_failed_report_is_run_by_the_host_that_retries_it),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
