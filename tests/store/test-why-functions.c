/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Why a report or a task waits, and that nothing is said that is over. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define TWO_STEPS "[{\"code\": \"copy\"}, {\"code\": \"cut_over\", \"held\": true}]"

/* The worker's session stands for the poll. */
static void poll_comes(Store *s) {
        assert_value(say(s->worker, "SELECT pg_try_advisory_lock($1, 0)", s->report, (char *)NULL), "t");
}

static void poll_goes(Store *s) {
        assert_value(say(s->worker, "SELECT pg_advisory_unlock($1, 0)", s->report, (char *)NULL), "t");
}

static void poll_says(Store *s, const char *reason) {
        assert_value(say(s->service, "UPDATE migrationd.report SET wait_reason = $2 WHERE id = $1 RETURNING 'said'", s->report, reason,
                         (char *)NULL),
                     "said");
}

static void a_report_says_why_it_waits(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"backoff_msec\": 60000, \"backoff_max_msec\": 60000, \"attempts\": 2}]");
        poll_comes(s);
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_int_equal(store_launch(s, "8", &a, 1), 1);
        store_assert_why(s, "step copy: 1 of at most 1 tasks run, 0 wait");
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'exit-code', 'x', false)", a.id,
                         (char *)NULL),
                     "waiting");
        store_assert_why(s, "step copy: back-off of a failed task until 20%");
        assert_value(store_request(s, "pause", "drain"), "running|paused");
        store_assert_why(s, "paused by uid 1000 since 20%: no new task starts");
        assert_value(store_request(s, "resume", ""), "paused|running");
        assert_value(store_request(s, "pause", "freeze"), "running|paused");
        store_assert_why(s, "frozen by uid 1000 since 20%");
        assert_value(store_request(s, "resume", ""), "paused|running");
        poll_says(s, "for the moon");
        store_assert_why(s, "for the moon");
        assert_value(say(s->service, "SELECT count(*) FROM migrationd.api_why(2147483647, NULL)", (char *)NULL), "0");
}

static void what_is_said_of_a_wait_goes_with_it(void **state) {
        static const char *const said = "SELECT wait_reason FROM migrationd.report WHERE id = $1";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 4, TWO_STEPS);
        poll_comes(s);
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_int_equal(store_launch(s, "8", &a, 1), 1);
        poll_says(s, "held before step cut_over");
        assert_value(store_request(s, "release", "cut_over"), "running|running");
        assert_value(store_ask(s, said), "");
        assert_value(store_request(s, "hold", "cut_over"), "running|running");

        poll_says(s, "throttled to 1 of 4 tasks at once: no");
        store_ask(s, "SELECT migrationd.report_throttle($1, 1, 'no')");
        assert_value(store_ask(s, said), "throttled to 1 of 4 tasks at once: no");
        store_ask(s, "SELECT migrationd.report_throttle($1, NULL, '')");
        assert_value(store_ask(s, said), "");

        poll_says(s, "of before the pause");
        assert_value(store_request(s, "pause", "drain"), "running|paused");
        assert_value(store_ask(s, said), "");
        poll_says(s, "paused by uid 1000");
        /* It is still that. */
        assert_value(store_request(s, "release", "cut_over"), "paused|paused");
        assert_value(store_ask(s, said), "paused by uid 1000");
        store_ask(s, "UPDATE migrationd.report SET wait_reason = migrationd.report_paused(id) WHERE id = $1");
        store_assert_why(s, "paused by uid 1000 since 20__-__-__ __:__:_____: no new task starts");
        poll_says(s, "freezing a unit: no, trying again");
        store_assert_why(s, "paused by uid 1000 since 20%: no new task starts; freezing a unit: no, trying again");
        assert_value(store_request(s, "resume", ""), "paused|running");
        assert_value(store_ask(s, said), "");
        store_assert_why(s, "step copy: 1 of at most 4 tasks run, 0 wait");

        poll_says(s, "thawing a unit");
        assert_value(store_request(s, "cancel", ""), "running|canceling");
        store_assert_why(s, "canceling by uid 1000 since 20%: what runs is being stopped");
        poll_says(s, "canceling: 1 unit is being stopped");
        store_assert_why(s, "canceling: 1 unit is being stopped");
}

static void a_report_without_a_poll_says_so(void **state) {
        static const char *const none = "no poll runs it; see: systemctl status migrationd-poll@%.service migrationd-poll@%.timer";
        static const char *const same = "SELECT wait_reason = migrationd.report_why(id) FROM migrationd.report_overview WHERE id = $1";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        store_assert_why(s, none);
        assert_value(store_ask(s, same), "t");
        poll_comes(s);
        assert_value(store_ask(s, same), "f");
        poll_goes(s);
        assert_value(store_ask(s, same), "t");
        /* One is being started. */
        assert_value(store_ask(s, "INSERT INTO migrationd.event (report_id, verb, uid, pid, unit) VALUES ($1, 'retry', 0, 1, '') "
                                  "RETURNING 'asked'"), "asked");
        assert_value(store_ask(s, same), "f");
        assert_value(store_ask(s, "UPDATE migrationd.event SET created_at = created_at - interval '4 s' WHERE report_id = $1 "
                                  "RETURNING 'long ago'"), "long ago");
        assert_value(store_ask(s, same), "t");
        poll_comes(s);
        a = store_launch_and_claim(s);
        store_assert_why(s, "step copy: 1 of at most 1 tasks run, 0 wait");
        poll_says(s, "for the moon");
        poll_goes(s);
        /* A task's session is not a poll. */
        store_assert_why(s, none);
        assert_true(strstr(store_why_task(s, a.task).value, " runs since 20"));
        assert_value(store_request(s, "pause", "drain"), "running|paused");
        store_assert_why(s, "paused by uid 1000 since 20%: no new task starts, and no poll runs it; see: systemctl status %");
        assert_value(store_request(s, "resume", ""), "paused|running");
        assert_value(store_request(s, "pause", "freeze"), "running|paused");
        store_assert_why(s, "frozen by uid 1000 since 20%, and no poll runs it; see: systemctl status %");
        assert_value(store_request(s, "cancel", ""), "paused|canceling");
        store_assert_why(s, "canceling by uid 1000 since 20%, and no poll runs it; see: systemctl status %");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        store_assert_why(s, "canceled since 20%: it waits for nothing");
}

static void a_task_says_why_it_waits(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        poll_comes(s);
        store_set_tasks(s, "1", "('', 0), ('', 0), ('', 1)");
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_int_equal(store_launch(s, "8", &a, 1), 1);
        assert_true(strstr(store_why_task(s, a.task).value, "is being started since 20"));
        assert_string_equal(store_claim(s, &a).message, "");
        assert_true(strstr(store_why_task(s, a.task).value, " runs since 20"));
        assert_true(startswith(store_ask(s, "SELECT migrationd.task_why($1, (SELECT id FROM migrationd.task WHERE report_id = $1 AND "
                                            "step_ord = 0 ORDER BY id OFFSET 1 LIMIT 1))")
                                       .value,
                               "the window is full: step copy: 1 of at most 1 tasks run"));
        assert_true(startswith(store_ask(s, "SELECT migrationd.task_why($1, (SELECT id FROM migrationd.task WHERE report_id = $1 AND "
                                            "stage = 1))")
                                       .value,
                               "stage 1 of its lane waits for stage 0, such as task "));
        assert_true(startswith(store_ask(s, "SELECT migrationd.task_why($1, (SELECT id FROM migrationd.task WHERE report_id = $1 AND "
                                            "step_ord = 1))")
                                       .value,
                               "step cut_over has not begun: "));
        assert_value(store_why_task(s, "2147483647"), "NULL");
        store_assert_why(s, "step copy: 1 of at most 1 tasks run, 2 wait");
        store_ask(s, "UPDATE migrationd.report SET workers = 3 WHERE id = $1");
        store_assert_why(s, "step copy: 1 of at most 3 tasks run, 2 wait, 1 of them for an earlier stage of their lane");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(a_report_says_why_it_waits),
                TEST(what_is_said_of_a_wait_goes_with_it),
                TEST(a_report_without_a_poll_says_so),
                TEST(a_task_says_why_it_waits),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
