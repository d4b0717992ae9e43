/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SQL functions of control: holds, allowed failures, retry of a part, modes of a pause, ends. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define TWO_STEPS "[{\"code\": \"copy\"}, {\"code\": \"cut_over\", \"held\": true}]"

static void a_held_step_does_not_begin_before_it_is_released(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.report_held($1)"), "0");
        store_complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT code || uid FROM migrationd.report_held($1)"), "cut_over0");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "f");
        assert_int_equal(store_launch(s, "10", &a, 1), 0);
        assert_value(store_request(s, "release", "cut_over"), "running|running");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "1");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        assert_string_equal(a.step, "cut_over");
        store_complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
}

static void a_hold_is_for_a_step_that_is_there_and_has_not_begun(void **state) {
        Store *s = *state;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}, {\"code\": \"check\"}, {\"code\": \"cut_over\"}]");
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_value(store_request(s, "hold", "nowhere"), "running|step");
        assert_value(store_request(s, "hold", "copy"), "running|begun");
        assert_value(store_request(s, "release", ""), "running|held");
        assert_value(store_request(s, "hold", "cut_over"), "running|running");
        assert_value(store_request(s, "hold", "check"), "running|running");
        assert_value(store_ask(s, "SELECT held FROM migrationd.report_overview WHERE id = $1"), "[\"check\", \"cut_over\"]");
        assert_value(store_request(s, "release", "check"), "running|running");
        assert_value(store_request(s, "release", "check"), "running|held");
        assert_value(store_request(s, "release", ""), "running|running");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.step WHERE report_id = $1 AND held_uid IS NOT NULL"), "0");
        assert_value(store_ask(s, "SELECT string_agg(verb || uid, ' ' ORDER BY id) FROM migrationd.event WHERE report_id = $1"),
                     "hold1000 hold1000 release1000 release1000");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        assert_value(store_request(s, "hold", "check"), "canceling|state");
}

static void allowed_failures_let_the_others_start(void **state) {
        Store *s = *state;
        Attempt a[8];

        store_run(s, "{}", 8, "[{\"code\": \"copy\", \"max_failures\": 1}]");
        store_set_tasks(s, "1", "('', 0), ('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 8), 2);
        store_fail(s, &a[0], "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_int_equal(store_launch(s, "1", &a[2], 1), 1);
        store_fail(s, &a[1], "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "t");
        assert_int_equal(store_launch(s, "1", &a[3], 1), 0);
        store_complete(s, &a[2]);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_report_with_allowed_failures_fails_when_nothing_more_can_run(void **state) {
        Store *s = *state;
        Attempt a[8];

        store_run(s, "{}", 8, "[{\"code\": \"copy\", \"max_failures_percent\": 50}, {\"code\": \"after\"}]");
        /* Lane a fails in its first stage: its second never starts. Lane b goes on. */
        store_set_tasks(s, "1", "('a', 0), ('a', 1), ('b', 0), ('b', 1)");
        assert_int_equal(store_launch(s, "8", a, 8), 2);
        store_fail(s, &a[0], "timeout");
        store_complete(s, &a[1]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_int_equal(store_launch(s, "8", a, 8), 1);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        store_complete(s, &a[0]);
        assert_int_equal(store_launch(s, "8", a, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_ask(s, "SELECT string_agg(state, ' ' ORDER BY id) FROM migrationd.task WHERE report_id = $1"),
                     "waiting failed waiting completed completed");
}

static void a_retry_of_a_class_starts_exactly_those_tasks_again(void **state) {
        Store *s = *state;
        Attempt a[8];

        store_run(s, "{}", 8, "[{\"code\": \"copy\", \"max_failures\": 9}, {\"code\": \"after\"}]");
        store_set_tasks(s, "1", "('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "8", a, 8), 3);
        store_fail(s, &a[0], "timeout");
        store_fail(s, &a[1], "oom-kill");
        store_complete(s, &a[2]);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_request(s, "retry", "{\"class\": \"signal\"}"), "failed|tasks");
        assert_value(store_request(s, "retry", "{\"step\": \"nowhere\"}"), "failed|step");
        assert_value(store_request(s, "retry", "{\"step\": \"after\"}"), "failed|tasks");
        assert_value(store_request(s, "retry", "{\"step\": \"copy\", \"class\": \"oom-kill\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", &a[3], 1), 1);
        assert_string_equal(a[3].task, a[1].task);
        store_complete(s, &a[3]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(say(s->service, "SELECT migrationd.report_retry($1)", s->report, (char *)NULL), "running");
        assert_int_equal(store_launch(s, "8", &a[3], 1), 1);
        assert_string_equal(a[3].task, a[0].task);
        store_complete(s, &a[3]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "1");
}

/* Three tasks of five have failed, of two classes, with one allowed; two have never run. */
static void fail_three_of_five(Store *s, Attempt a[static 8]) {
        store_run(s, "{}", 3, "[{\"code\": \"copy\", \"attempts\": 1, \"max_failures\": 1, "
                           "\"policies\": [{\"class\": \"timeout\", \"action\": \"split\"}]}]");
        store_set_tasks(s, "1", "('', 0), ('', 0), ('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "8", a, 8), 3);
        store_fail(s, &a[0], "signal");
        store_fail(s, &a[1], "exit-code");
        store_fail(s, &a[2], "signal");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_retry_of_a_part_starts_nothing_that_was_not_asked_for(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(store_request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[1].task);
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_true(startswith(store_ask(s, "SELECT migrationd.task_why($1, max(id)) FROM migrationd.task WHERE report_id = $1").value,
                               "only tasks that were retried start"));
        store_complete(s, &b[0]);
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        /* Nothing that failed is left out any more: the run goes on. */
        assert_value(store_request(s, "retry", "{}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 3);
        assert_string_equal(b[0].task, a[0].task);
        assert_string_equal(b[1].task, a[2].task);
        assert_true(atoi(b[2].task) > atoi(a[2].task));
}

static void a_retry_that_leaves_no_more_than_is_allowed_lets_all_go_on(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(store_request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 3);
        assert_string_equal(b[0].task, a[0].task);
        assert_string_equal(b[1].task, a[2].task);
        assert_true(atoi(b[2].task) > atoi(a[2].task));
}

static void what_a_retried_task_is_split_into_starts_as_well(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(store_request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'timeout', 'why', false)", b[0].id,
                         (char *)NULL),
                     "split");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].kind, "expand");
        assert_string_equal(store_claim(s, &b[0]).message, "");
        say(s->worker, "BEGIN", (char *)NULL);
        assert_string_equal(store_call(s, "task_add", &b[0], "'[{}, {}]'").message, "");
        assert_string_equal(store_call(s, "task_finish", &b[0], "").message, "");
        assert_string_equal(say(s->worker, "COMMIT", (char *)NULL).message, "");
        assert_int_equal(store_launch(s, "8", b, 8), 2);
        store_complete(s, &b[0]);
        /* The failures that were left alone do not count: one more is allowed, not two. */
        store_fail(s, &b[1], "signal");
        assert_value(store_ask(s, "SELECT tolerated FROM migrationd.task WHERE report_id = $1 ORDER BY id DESC LIMIT 1"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_retried_task_that_was_not_started_is_asked_for_again_or_not_at_all(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        store_ask(s, "UPDATE migrationd.step SET max_failures = 0 WHERE report_id = $1");
        store_ask(s, "UPDATE migrationd.report SET workers = 1 WHERE id = $1");
        assert_value(store_request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[0].task);
        store_fail(s, &b[0], "signal");
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        /* The third task waits, retried. Not of this class, so it waits on. */
        assert_value(store_request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[1].task);
        store_complete(s, &b[0]);
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[0].task);
}

static void a_paused_report_takes_the_other_mode_and_stays_paused(void **state) {
#define MODE "SELECT concat_ws('|', state, pause_mode, paused_at = (SELECT min(created_at) FROM migrationd.plan)) FROM migrationd.report " \
        "WHERE id = $1"
        Store *s = *state;

        store_run(s, "{}", 1, TWO_STEPS);
        assert_value(store_request(s, "pause", "drain"), "running|paused");
        store_ask(s, "UPDATE migrationd.report SET paused_at = (SELECT min(created_at) FROM migrationd.plan) WHERE id = $1");
        assert_value(store_request(s, "pause", "freeze"), "paused|paused");
        assert_value(store_ask(s, MODE), "paused|freeze|t");
        store_assert_why(s, "frozen by uid 1000 since 20%");
        /* Nothing to be done, and no event. The caller's answer is made of this. */
        assert_value(store_request(s, "pause", "freeze"), "paused|state");
        assert_value(store_request(s, "pause", "drain"), "paused|paused");
        assert_value(store_ask(s, MODE), "paused|drain|t");
        assert_value(store_ask(s, "SELECT string_agg(verb || ':' || (detail->>'argument'), ' ' ORDER BY id) FROM migrationd.event "
                                  "WHERE report_id = $1"),
                     "pause:drain pause:freeze pause:drain");
        assert_value(store_request(s, "cancel", ""), "paused|canceling");
        assert_value(store_request(s, "pause", "freeze"), "canceling|state");
}

static void each_end_is_an_event_of_the_poll(void **state) {
        static const char events[] = "SELECT string_agg(concat_ws(':', verb, uid, pid, replace(unit, $1, 'R'), detail->>'before'), ' ' ORDER BY id) FROM migrationd.event WHERE report_id::text = $1";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"attempts\": 1}]");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        store_fail(s, &a, "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        assert_value(store_request(s, "retry", "{}"), "failed|running");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        store_complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
        assert_value(say(s->service, events, s->report, (char *)NULL),
                     "failed:0:0:migrationd-poll@R.service:running retry:1000:7::failed "
                     "completed:0:0:migrationd-poll@R.service:running");
        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(say(s->service, events, s->report, (char *)NULL),
                     "cancel:1000:7::running canceled:0:0:migrationd-poll@R.service:canceling");
}

static void attempts_that_a_cancel_ended_have_that_class(void **state) {
        Store *s = *state;
        Attempt a[2];

        store_run(s, "{}", 2, "[{\"code\": \"copy\"}]");
        store_set_tasks(s, "1", "('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 2), 2);
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'signal', 'why', true)", a[0].id, (char *)NULL),
                     "failed");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(store_ask(s, "SELECT string_agg(state || ' ' || class, ', ' ORDER BY id) FROM migrationd.attempt WHERE report_id = $1"),
                     "failed signal, lost canceled");
}

static void a_refused_hold_or_release_says_what_can_be(void **state) {
#define CHOICE "SELECT concat_ws('|', refused, choice) FROM migrationd.api_report_request($1, $2, $3, 1000, 7, '')"
        Store *s = *state;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}, {\"code\": \"check\"}, {\"code\": \"cut_over\"}]");
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_value(say(s->service, CHOICE, s->report, "hold", "copy", (char *)NULL), "begun|check, cut_over");
        assert_value(say(s->service, CHOICE, s->report, "hold", "nowhere", (char *)NULL), "step|check, cut_over");
        assert_value(say(s->service, CHOICE, s->report, "release", "", (char *)NULL), "held");
        assert_value(store_request(s, "hold", "check"), "running|running");
        assert_value(say(s->service, CHOICE, s->report, "release", "cut_over", (char *)NULL), "held|check");
}

static void only_counters_that_move_are_progress(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"progress_timeout_msec\": 5000}]");
        a = store_launch_and_claim(s);
#define PROGRESS "SELECT coalesce(progress_at::text, 'none') FROM migrationd.attempt WHERE report_id = $1"
        assert_value(store_ask(s, PROGRESS), "none");
        assert_string_equal(store_call(s, "task_progress", &a, "0, 0").message, "");
        assert_value(store_ask(s, PROGRESS), "none");
        assert_string_equal(store_call(s, "task_progress", &a, "0, 9").message, "");
        assert_value(store_ask(s, "SELECT progress_at > claimed_at FROM migrationd.attempt WHERE report_id = $1"), "t");
        store_ask(s, "UPDATE migrationd.attempt SET progress_at = NULL WHERE report_id = $1");
        assert_string_equal(store_call(s, "task_progress", &a, "0").message, "");
        assert_value(store_ask(s, PROGRESS), "none");
        assert_string_equal(store_call(s, "task_progress", &a, "1").message, "");
        assert_value(store_ask(s, "SELECT progress_at > claimed_at FROM migrationd.attempt WHERE report_id = $1"), "t");
}

static void each_end_is_a_row_for_the_hook_if_there_is_one(void **state) {
        static const char hooks[] = "SELECT string_agg(replace(instance, $1, 'R'), ' ' ORDER BY id) FROM migrationd.hook";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"one\"}, {\"code\": \"two\"}]");
        assert_int_equal(store_launch(s, "8", &a, 1), 1);
        store_complete(s, &a);
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_value(say(s->service, hooks, s->report, (char *)NULL), "NULL");
        store_ask(s, "UPDATE migrationd.report SET hook = 'tell@.service' WHERE id = $1");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(say(s->service, hooks, s->report, (char *)NULL), "R:two R");
        assert_sqlstate(store_ask(s, "UPDATE migrationd.report SET hook = 'tell.service' WHERE id = $1"), "23514");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(a_held_step_does_not_begin_before_it_is_released),
                TEST(a_hold_is_for_a_step_that_is_there_and_has_not_begun),
                TEST(allowed_failures_let_the_others_start),
                TEST(a_report_with_allowed_failures_fails_when_nothing_more_can_run),
                TEST(a_retry_of_a_class_starts_exactly_those_tasks_again),
                TEST(a_retry_of_a_part_starts_nothing_that_was_not_asked_for),
                TEST(a_retry_that_leaves_no_more_than_is_allowed_lets_all_go_on),
                TEST(what_a_retried_task_is_split_into_starts_as_well),
                TEST(a_retried_task_that_was_not_started_is_asked_for_again_or_not_at_all),
                TEST(a_paused_report_takes_the_other_mode_and_stays_paused),
                TEST(each_end_is_an_event_of_the_poll),
                TEST(attempts_that_a_cancel_ended_have_that_class),
                TEST(a_refused_hold_or_release_says_what_can_be),
                TEST(only_counters_that_move_are_progress),
                TEST(each_end_is_a_row_for_the_hook_if_there_is_one),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
