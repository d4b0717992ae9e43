/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is shown of progress: sums that never go back, and time in which nobody worked taken out. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

static void assert_shown(Store *s, const char *wanted) {
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.report_overview WHERE id = $1"), wanted);
}

/* What the running step's clock shows, -1: no step is running. */
static void assert_busy_seconds(Store *s, const char *wanted) {
        assert_value(store_ask(s, "SELECT coalesce(busy_usec / 1000000, -1) FROM migrationd.report_overview WHERE id = $1"), wanted);
}

static void a_task_that_counts_anew_takes_nothing_back(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        a = store_launch_and_claim(s);
        assert_string_equal(store_call(s, "task_progress", &a, "7, 10").message, "");
        assert_shown(s, "7/10");
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'running', 'failed', 'signal', 'x', false)", a.id, (char *)NULL),
                     "waiting");
        assert_value(say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL), "");
        store_ask(s, "UPDATE migrationd.task SET not_before = NULL WHERE report_id = $1");
        a = store_launch_and_claim(s);
        assert_string_equal(store_call(s, "task_progress", &a, "2, 8").message, "");
        assert_shown(s, "7/10");
        /* The program's own numbers are what it is held to. */
        assert_sqlstate(store_call(s, "task_progress", &a, "9"), "MG004");
        assert_string_equal(store_call(s, "task_progress", &a, "8").message, "");
        assert_shown(s, "8/10");
        assert_string_equal(store_call(s, "task_finish", &a, "").message, "");
        assert_shown(s, "10/10");
}

static void what_was_counted_before_this_version_is_still_shown(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        a = store_launch_and_claim(s);
        store_ask(s, "UPDATE migrationd.task SET done = 5, total = 9 WHERE report_id = $1");
        assert_shown(s, "5/9");
        assert_string_equal(store_call(s, "task_progress", &a, "3, 6").message, "");
        assert_shown(s, "5/9");
}

static void the_clock_of_a_step_stands_still_while_the_report_is_paused(void **state) {
        Store *s = *state;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        assert_busy_seconds(s, "100");
        assert_value(say(s->service, "SELECT migrationd.report_pause($1, 'freeze')", s->report, (char *)NULL), "paused");
        store_ask(s, "UPDATE migrationd.report SET paused_at = paused_at - interval '60 s' WHERE id = $1");
        assert_busy_seconds(s, "40");
        assert_value(say(s->service, "SELECT migrationd.report_resume($1)", s->report, (char *)NULL), "running");
        assert_busy_seconds(s, "40");
        assert_value(say(s->service, "SELECT migrationd.report_pause($1, 'drain')", s->report, (char *)NULL), "paused");
        store_ask(s, "UPDATE migrationd.report SET paused_at = paused_at - interval '10 s' WHERE id = $1");
        assert_value(say(s->service, "SELECT migrationd.report_resume($1)", s->report, (char *)NULL), "running");
        assert_busy_seconds(s, "30");
}

static void the_time_before_a_retry_is_not_the_steps(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"attempts\": 1}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        a = store_launch_and_claim(s);
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'running', 'failed', 'signal', 'x', false)", a.id, (char *)NULL),
                     "failed");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_busy_seconds(s, "-1");
        store_ask(s, "UPDATE migrationd.step SET finished_at = finished_at - interval '80 s' WHERE report_id = $1");
        assert_value(say(s->service, "SELECT migrationd.report_retry($1)", s->report, (char *)NULL), "running");
        assert_busy_seconds(s, "20");
}

static Reply throttle(Store *s, const char *window, const char *reason) {
        return *window ? say(s->service, "SELECT migrationd.report_throttle($1, $2, $3)", s->report, window, reason, (char *)NULL)
                       : say(s->service, "SELECT migrationd.report_throttle($1, NULL, $2)", s->report, reason, (char *)NULL);
}

static void what_a_throttle_takes_is_not_the_steps(void **state) {
        Store *s = *state;

        store_run(s, "{}", 4, "[{\"code\": \"copy\"}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        assert_value(throttle(s, "0", "it is hot"), "t");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '40 s' WHERE id = $1");
        assert_busy_seconds(s, "60");
        assert_value(throttle(s, "1", "recovering"), "t");
        assert_busy_seconds(s, "60");
        /* With one of four tasks, a quarter of the time is worked. */
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '40 s' WHERE id = $1");
        assert_busy_seconds(s, "30");
        assert_value(throttle(s, "", ""), "t");
        assert_busy_seconds(s, "30");
}

static void a_throttle_takes_of_what_a_step_may_use(void **state) {
        Store *s = *state;

        store_run(s, "{}", 4, "[{\"code\": \"copy\", \"parallel\": 2}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        /* Two of two run: nothing is taken. */
        assert_value(throttle(s, "3", "it is warm"), "t");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '40 s' WHERE id = $1");
        assert_busy_seconds(s, "100");
        /* One of two. */
        assert_value(throttle(s, "1", "it is hot"), "t");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '40 s' WHERE id = $1");
        assert_busy_seconds(s, "80");
}

static Reply set_workers(Store *s, const char *workers) {
        return say(s->service, "SELECT migrationd.report_set_workers($1, $2)", s->report, workers, (char *)NULL);
}

static void another_number_of_workers_changes_nothing_of_what_was(void **state) {
        Store *s = *state;

        store_run(s, "{}", 4, "[{\"code\": \"copy\"}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        assert_value(throttle(s, "1", "it is hot"), "t");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '40 s' WHERE id = $1");
        assert_busy_seconds(s, "70");
        assert_value(set_workers(s, "1"), "running");
        assert_busy_seconds(s, "70");
        /* One of one: nothing is taken. */
        store_ask(s, "UPDATE migrationd.step SET started_at = started_at - interval '10 s' WHERE report_id = $1");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '10 s' WHERE id = $1");
        assert_busy_seconds(s, "80");
        assert_value(set_workers(s, "100"), "running");
        assert_busy_seconds(s, "80");
        assert_value(throttle(s, "", ""), "t");
        assert_value(set_workers(s, "2"), "running");
        assert_value(store_ask(s, "SELECT concat_ws('|', workers, throttle_window, throttled_at) FROM migrationd.report WHERE id = $1"), "2");
        assert_busy_seconds(s, "80");
}

static void a_throttle_tells_of_its_begin_its_stop_and_its_end(void **state) {
        Store *s = *state;

        store_run(s, "{}", 8, "[{\"code\": \"copy\"}]");
        assert_value(throttle(s, "4", "it is warm"), "t");
        assert_value(throttle(s, "4", "it is hot"), "t");
        assert_value(throttle(s, "2", "it is hot"), "t");
        assert_value(throttle(s, "0", "it burns"), "t");
        assert_value(throttle(s, "1", "recovering"), "t");
        assert_value(throttle(s, "", ""), "t");
        assert_value(store_ask(s, "SELECT string_agg(concat_ws(':', coalesce(detail->>'window', 'none'), detail->>'reason'), ' ' ORDER BY id) "
                                  "FROM migrationd.event WHERE report_id = $1 AND verb = 'throttle'"),
                     "4:it is warm 0:it burns none:");
}

static void a_report_that_leaves_running_is_not_throttled_any_more(void **state) {
        Store *s = *state;

        store_run(s, "{}", 8, "[{\"code\": \"copy\"}]");
        store_ask(s, "UPDATE migrationd.step SET started_at = clock_timestamp() - interval '100.5 s' WHERE report_id = $1");
        assert_value(throttle(s, "0", "it is hot"), "t");
        store_ask(s, "UPDATE migrationd.report SET throttled_at = throttled_at - interval '50 s' WHERE id = $1");
        assert_value(say(s->service, "SELECT migrationd.report_pause($1, 'drain')", s->report, (char *)NULL), "paused");
        assert_value(store_ask(s, "SELECT concat_ws('|', throttle_window, throttle_reason, throttled_at) FROM migrationd.report "
                                  "WHERE id = $1"),
                     "");
        assert_busy_seconds(s, "50");
        assert_value(throttle(s, "0", "it is hot"), "f");
        assert_value(say(s->service, "SELECT migrationd.report_resume($1)", s->report, (char *)NULL), "running");
        assert_busy_seconds(s, "50");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(a_task_that_counts_anew_takes_nothing_back),
                TEST(what_was_counted_before_this_version_is_still_shown),
                TEST(the_clock_of_a_step_stands_still_while_the_report_is_paused),
                TEST(the_time_before_a_retry_is_not_the_steps),
                TEST(what_a_throttle_takes_is_not_the_steps),
                TEST(a_throttle_takes_of_what_a_step_may_use),
                TEST(another_number_of_workers_changes_nothing_of_what_was),
                TEST(a_throttle_tells_of_its_begin_its_stop_and_its_end),
                TEST(a_report_that_leaves_running_is_not_throttled_any_more),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
