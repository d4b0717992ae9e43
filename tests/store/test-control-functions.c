/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SQL functions of control: holds, allowed failures, retry of a part, why something waits, and on which host. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define TWO_STEPS "[{\"code\": \"copy\"}, {\"code\": \"cut_over\", \"held\": true}]"

/* n tasks in the first step instead of its own; values: (lane, stage). */
static void set_tasks(Store *s, const char *values) {
        _cleanup_(freep) char *sql = text_format("INSERT INTO migrationd.task (report_id, step_ord, kind, lane, stage, max_attempts) "
                                                 "SELECT $1, 0, 'main', lane, stage, 1 FROM (VALUES %s) AS v (lane, stage)",
                                                 values);

        assert_string_equal(store_ask(s, "DELETE FROM migrationd.task WHERE report_id = $1 AND step_ord = 0").message, "");
        assert_string_equal(store_ask(s, sql).message, "");
}

static Reply request(Store *s, const char *verb, const char *argument) {
        return say(s->service, "SELECT concat_ws('|', before, after, refused) FROM migrationd.api_report_request($1, $2, $3, 1000, 7, '')",
                   s->report, verb, argument, (char *)NULL);
}

static Reply why_task(Store *s, const char *task) {
        return say(s->service, "SELECT why FROM migrationd.api_why($1, $2)", s->report, task, (char *)NULL);
}

static void fail_attempt(Store *s, const Attempt *a, const char *class) {
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', $2, 'why', false)", a->id, class,
                         (char *)NULL),
                     "failed");
}

static void complete(Store *s, const Attempt *a) {
        assert_string_equal(store_claim(s, a).message, "");
        assert_string_equal(store_call(s, "task_finish", a, "").message, "");
}

static void assert_why(Store *s, const char *pattern) {
        Reply r = say(s->service, "SELECT why LIKE $2, why FROM migrationd.api_why($1, NULL)", s->report, pattern, (char *)NULL);

        assert_string_equal(r.message, "");
        if (!streq(r.value, "t"))
                fail_msg("'%s' is not like '%s'", store_ask(s, "SELECT why FROM migrationd.api_why($1, NULL)").value, pattern);
}

static void a_held_step_does_not_begin_before_it_is_released(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.report_held($1)"), "0");
        complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT code || uid FROM migrationd.report_held($1)"), "cut_over0");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "f");
        assert_int_equal(store_launch(s, "10", &a, 1), 0);
        assert_value(request(s, "release", "cut_over"), "running|running");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "1");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        assert_string_equal(a.step, "cut_over");
        complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
}

static void a_hold_is_for_a_step_that_is_there_and_has_not_begun(void **state) {
        Store *s = *state;

        store_run(s, "{}", 1, "[{\"code\": \"copy\"}, {\"code\": \"check\"}, {\"code\": \"cut_over\"}]");
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_value(request(s, "hold", "nowhere"), "running|step");
        assert_value(request(s, "hold", "copy"), "running|begun");
        assert_value(request(s, "release", ""), "running|held");
        assert_value(request(s, "hold", "cut_over"), "running|running");
        assert_value(request(s, "hold", "check"), "running|running");
        assert_value(store_ask(s, "SELECT held FROM migrationd.report_overview WHERE id = $1"), "[\"check\", \"cut_over\"]");
        assert_value(request(s, "release", "check"), "running|running");
        assert_value(request(s, "release", "check"), "running|held");
        assert_value(request(s, "release", ""), "running|running");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.step WHERE report_id = $1 AND held_uid IS NOT NULL"), "0");
        assert_value(store_ask(s, "SELECT string_agg(verb || uid, ' ' ORDER BY id) FROM migrationd.event WHERE report_id = $1"),
                     "hold1000 hold1000 release1000 release1000");
        assert_value(request(s, "cancel", ""), "running|canceling");
        assert_value(request(s, "hold", "check"), "canceling|state");
}

static void allowed_failures_let_the_others_start(void **state) {
        Store *s = *state;
        Attempt a[8];

        store_run(s, "{}", 8, "[{\"code\": \"copy\", \"max_failures\": 1}]");
        set_tasks(s, "('', 0), ('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 8), 2);
        fail_attempt(s, &a[0], "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_int_equal(store_launch(s, "1", &a[2], 1), 1);
        fail_attempt(s, &a[1], "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "t");
        assert_int_equal(store_launch(s, "1", &a[3], 1), 0);
        complete(s, &a[2]);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_report_with_allowed_failures_fails_when_nothing_more_can_run(void **state) {
        Store *s = *state;
        Attempt a[8];

        store_run(s, "{}", 8, "[{\"code\": \"copy\", \"max_failures_percent\": 50}, {\"code\": \"after\"}]");
        /* Lane a fails in its first stage: its second never starts. Lane b goes on. */
        set_tasks(s, "('a', 0), ('a', 1), ('b', 0), ('b', 1)");
        assert_int_equal(store_launch(s, "8", a, 8), 2);
        fail_attempt(s, &a[0], "timeout");
        complete(s, &a[1]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_int_equal(store_launch(s, "8", a, 8), 1);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        complete(s, &a[0]);
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
        set_tasks(s, "('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "8", a, 8), 3);
        fail_attempt(s, &a[0], "timeout");
        fail_attempt(s, &a[1], "oom-kill");
        complete(s, &a[2]);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(request(s, "retry", "{\"class\": \"signal\"}"), "failed|tasks");
        assert_value(request(s, "retry", "{\"step\": \"nowhere\"}"), "failed|step");
        assert_value(request(s, "retry", "{\"step\": \"after\"}"), "failed|tasks");
        assert_value(request(s, "retry", "{\"step\": \"copy\", \"class\": \"oom-kill\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", &a[3], 1), 1);
        assert_string_equal(a[3].task, a[1].task);
        complete(s, &a[3]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(say(s->service, "SELECT migrationd.report_retry($1)", s->report, (char *)NULL), "running");
        assert_int_equal(store_launch(s, "8", &a[3], 1), 1);
        assert_string_equal(a[3].task, a[0].task);
        complete(s, &a[3]);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "1");
}

/* Three tasks of five have failed, of two classes, with one allowed; two have never run. */
static void fail_three_of_five(Store *s, Attempt a[static 8]) {
        store_run(s, "{}", 3, "[{\"code\": \"copy\", \"attempts\": 1, \"max_failures\": 1, "
                           "\"policies\": [{\"class\": \"timeout\", \"action\": \"split\"}]}]");
        set_tasks(s, "('', 0), ('', 0), ('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "8", a, 8), 3);
        fail_attempt(s, &a[0], "signal");
        fail_attempt(s, &a[1], "exit-code");
        fail_attempt(s, &a[2], "signal");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_retry_of_a_part_starts_nothing_that_was_not_asked_for(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[1].task);
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "f");
        assert_true(startswith(store_ask(s, "SELECT migrationd.task_why($1, max(id)) FROM migrationd.task WHERE report_id = $1").value,
                               "only tasks that were retried start"));
        complete(s, &b[0]);
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_is_failing($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        /* Nothing that failed is left out any more: the run goes on. */
        assert_value(request(s, "retry", "{}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 3);
        assert_string_equal(b[0].task, a[0].task);
        assert_string_equal(b[1].task, a[2].task);
        assert_true(atoi(b[2].task) > atoi(a[2].task));
}

static void a_retry_that_leaves_no_more_than_is_allowed_lets_all_go_on(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 3);
        assert_string_equal(b[0].task, a[0].task);
        assert_string_equal(b[1].task, a[2].task);
        assert_true(atoi(b[2].task) > atoi(a[2].task));
}

static void what_a_retried_task_is_split_into_starts_as_well(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        assert_value(request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
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
        complete(s, &b[0]);
        /* The failures that were left alone do not count: one more is allowed, not two. */
        fail_attempt(s, &b[1], "signal");
        assert_value(store_ask(s, "SELECT tolerated FROM migrationd.task WHERE report_id = $1 ORDER BY id DESC LIMIT 1"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
}

static void a_retried_task_that_was_not_started_is_asked_for_again_or_not_at_all(void **state) {
        Store *s = *state;
        Attempt a[8], b[8];

        fail_three_of_five(s, a);
        store_ask(s, "UPDATE migrationd.step SET max_failures = 0 WHERE report_id = $1");
        store_ask(s, "UPDATE migrationd.report SET workers = 1 WHERE id = $1");
        assert_value(request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[0].task);
        fail_attempt(s, &b[0], "signal");
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        /* The third task waits, retried. Not of this class, so it waits on. */
        assert_value(request(s, "retry", "{\"class\": \"exit-code\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[1].task);
        complete(s, &b[0]);
        assert_int_equal(store_launch(s, "8", b, 8), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(request(s, "retry", "{\"class\": \"signal\"}"), "failed|running");
        assert_int_equal(store_launch(s, "8", b, 8), 1);
        assert_string_equal(b[0].task, a[0].task);
}

static void a_paused_report_takes_the_other_mode_and_stays_paused(void **state) {
#define MODE "SELECT concat_ws('|', state, pause_mode, paused_at = (SELECT min(created_at) FROM migrationd.plan)) FROM migrationd.report " \
        "WHERE id = $1"
        Store *s = *state;

        store_run(s, "{}", 1, TWO_STEPS);
        assert_value(request(s, "pause", "drain"), "running|paused");
        store_ask(s, "UPDATE migrationd.report SET paused_at = (SELECT min(created_at) FROM migrationd.plan) WHERE id = $1");
        assert_value(request(s, "pause", "freeze"), "paused|paused");
        assert_value(store_ask(s, MODE), "paused|freeze|t");
        assert_why(s, "frozen by uid 1000 since 20%");
        /* Nothing to be done, and no event. The caller's answer is made of this. */
        assert_value(request(s, "pause", "freeze"), "paused|state");
        assert_value(request(s, "pause", "drain"), "paused|paused");
        assert_value(store_ask(s, MODE), "paused|drain|t");
        assert_value(store_ask(s, "SELECT string_agg(verb || ':' || (detail->>'argument'), ' ' ORDER BY id) FROM migrationd.event "
                                  "WHERE report_id = $1"),
                     "pause:drain pause:freeze pause:drain");
        assert_value(request(s, "cancel", ""), "paused|canceling");
        assert_value(request(s, "pause", "freeze"), "canceling|state");
}

static void each_end_is_an_event_of_the_poll(void **state) {
        static const char events[] = "SELECT string_agg(concat_ws(':', verb, uid, pid, replace(unit, $1, 'R'), detail->>'before'), ' ' ORDER BY id) FROM migrationd.event WHERE report_id::text = $1";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"attempts\": 1}]");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        fail_attempt(s, &a, "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        assert_value(request(s, "retry", "{}"), "failed|running");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        complete(s, &a);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
        assert_value(say(s->service, events, s->report, (char *)NULL),
                     "failed:0:0:migrationd-poll@R.service:running retry:1000:7::failed "
                     "completed:0:0:migrationd-poll@R.service:running");
        store_run(s, "{}", 1, "[{\"code\": \"copy\"}]");
        assert_value(request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(say(s->service, events, s->report, (char *)NULL),
                     "cancel:1000:7::running canceled:0:0:migrationd-poll@R.service:canceling");
}

static void attempts_that_a_cancel_ended_have_that_class(void **state) {
        Store *s = *state;
        Attempt a[2];

        store_run(s, "{}", 2, "[{\"code\": \"copy\"}]");
        set_tasks(s, "('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 2), 2);
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'signal', 'why', true)", a[0].id, (char *)NULL),
                     "failed");
        assert_value(request(s, "cancel", ""), "running|canceling");
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
        assert_value(request(s, "hold", "check"), "running|running");
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
        complete(s, &a);
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_value(say(s->service, hooks, s->report, (char *)NULL), "NULL");
        store_ask(s, "UPDATE migrationd.report SET hook = 'tell@.service' WHERE id = $1");
        assert_value(request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(say(s->service, hooks, s->report, (char *)NULL), "R:two R");
        assert_sqlstate(store_ask(s, "UPDATE migrationd.report SET hook = 'tell.service' WHERE id = $1"), "23514");
}

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
        assert_why(s, "step copy: 1 of at most 1 tasks run, 0 wait");
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'exit-code', 'x', false)", a.id,
                         (char *)NULL),
                     "waiting");
        assert_why(s, "step copy: back-off of a failed task until 20%");
        assert_value(request(s, "pause", "drain"), "running|paused");
        assert_why(s, "paused by uid 1000 since 20%: no new task starts");
        assert_value(request(s, "resume", ""), "paused|running");
        assert_value(request(s, "pause", "freeze"), "running|paused");
        assert_why(s, "frozen by uid 1000 since 20%");
        assert_value(request(s, "resume", ""), "paused|running");
        poll_says(s, "for the moon");
        assert_why(s, "for the moon");
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
        assert_value(request(s, "release", "cut_over"), "running|running");
        assert_value(store_ask(s, said), "");
        assert_value(request(s, "hold", "cut_over"), "running|running");

        poll_says(s, "throttled to 1 of 4 tasks at once: no");
        store_ask(s, "SELECT migrationd.report_throttle($1, 1, 'no')");
        assert_value(store_ask(s, said), "throttled to 1 of 4 tasks at once: no");
        store_ask(s, "SELECT migrationd.report_throttle($1, NULL, '')");
        assert_value(store_ask(s, said), "");

        poll_says(s, "of before the pause");
        assert_value(request(s, "pause", "drain"), "running|paused");
        assert_value(store_ask(s, said), "");
        poll_says(s, "paused by uid 1000");
        /* It is still that. */
        assert_value(request(s, "release", "cut_over"), "paused|paused");
        assert_value(store_ask(s, said), "paused by uid 1000");
        store_ask(s, "UPDATE migrationd.report SET wait_reason = migrationd.report_paused(id) WHERE id = $1");
        assert_why(s, "paused by uid 1000 since 20__-__-__ __:__:_____: no new task starts");
        poll_says(s, "freezing a unit: no, trying again");
        assert_why(s, "paused by uid 1000 since 20%: no new task starts; freezing a unit: no, trying again");
        assert_value(request(s, "resume", ""), "paused|running");
        assert_value(store_ask(s, said), "");
        assert_why(s, "step copy: 1 of at most 4 tasks run, 0 wait");

        poll_says(s, "thawing a unit");
        assert_value(request(s, "cancel", ""), "running|canceling");
        assert_why(s, "canceling by uid 1000 since 20%: what runs is being stopped");
        poll_says(s, "canceling: 1 unit is being stopped");
        assert_why(s, "canceling: 1 unit is being stopped");
}

static void a_report_without_a_poll_says_so(void **state) {
        static const char *const none = "no poll runs it; see: systemctl status migrationd-poll@%.service migrationd-poll@%.timer";
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        assert_why(s, none);
        poll_comes(s);
        a = store_launch_and_claim(s);
        assert_why(s, "step copy: 1 of at most 1 tasks run, 0 wait");
        poll_says(s, "for the moon");
        poll_goes(s);
        /* A task's session is not a poll. */
        assert_why(s, none);
        assert_true(strstr(why_task(s, a.task).value, " runs since 20"));
        assert_value(request(s, "pause", "drain"), "running|paused");
        assert_why(s, "paused by uid 1000 since 20%: no new task starts, and no poll runs it; see: systemctl status %");
        assert_value(request(s, "resume", ""), "paused|running");
        assert_value(request(s, "pause", "freeze"), "running|paused");
        assert_why(s, "frozen by uid 1000 since 20%, and no poll runs it; see: systemctl status %");
        assert_value(request(s, "cancel", ""), "paused|canceling");
        assert_why(s, "canceling by uid 1000 since 20%, and no poll runs it; see: systemctl status %");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_why(s, "canceled since 20%: it waits for nothing");
}

static void a_task_says_why_it_waits(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, TWO_STEPS);
        poll_comes(s);
        set_tasks(s, "('', 0), ('', 0), ('', 1)");
        store_ask(s, "SELECT migrationd.report_advance($1)");
        assert_int_equal(store_launch(s, "8", &a, 1), 1);
        assert_true(strstr(why_task(s, a.task).value, "is being started since 20"));
        assert_string_equal(store_claim(s, &a).message, "");
        assert_true(strstr(why_task(s, a.task).value, " runs since 20"));
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
        assert_value(why_task(s, "2147483647"), "NULL");
        assert_why(s, "step copy: 1 of at most 1 tasks run, 2 wait");
        store_ask(s, "UPDATE migrationd.report SET workers = 3 WHERE id = $1");
        assert_why(s, "step copy: 1 of at most 3 tasks run, 2 wait, 1 of them for an earlier stage of their lane");
}

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
        assert_why(s, "step copy: 0 of at most 1 tasks run, 1 wait");
        host(s, "b");
        /* The same session, so it gets the lock, as when the other host has none. */
        assert_value(lock(s), "t|name of a");
        assert_value(store_ask(s, "SELECT wait_reason LIKE 'host name of a runs it, %' FROM migrationd.report WHERE id = $1"), "t");
        store_ask(s, "UPDATE migrationd.report SET wait_reason = '' WHERE id = $1");
        say(s->service, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        assert_why(s, "host name of a runs it, and has no connection to the database now; %: migrationctl move %");
        assert_value(say(s->worker, "SELECT pg_try_advisory_lock($1, 0)", s->report, (char *)NULL), "t");
        assert_value(lock(s), "f|name of a");
        assert_why(s, "step copy: 0 of at most 1 tasks run, 1 wait");
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
        assert_value(request(s, "move", ""), "running|running");
        host(s, "b");
        assert_value(request(s, "move", ""), "running|sessions");
        say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        assert_value(say(s->worker, "SELECT pg_try_advisory_lock($1, 0)", s->report, (char *)NULL), "t");
        assert_value(request(s, "move", ""), "running|sessions");
        assert_value(lock(s), "f|name of a");
        say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL);
        assert_value(request(s, "move", ""), "running|running");
        assert_value(lock(s), "t|here");
        host(s, "a");
        assert_value(lock(s), "t|name of b");
        host(s, "b");
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'running', 'lost', 'lost', 'why', false)", a.id, (char *)NULL),
                     "waiting");
        assert_value(request(s, "cancel", ""), "running|canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(request(s, "move", ""), "canceled|state");
}

static void a_failed_report_is_run_by_the_host_that_retries_it(void **state) {
        Store *s = *state;
        Attempt a;

        host(s, "a");
        store_run(s, "{}", 1, "[{\"code\": \"copy\", \"attempts\": 1}]");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        fail_attempt(s, &a, "exit-code");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        host(s, "b");
        assert_value(lock(s), "t|name of a");
        assert_value(request(s, "retry", "{}"), "failed|running");
        assert_value(lock(s), "t|here");
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
                TEST(a_report_says_why_it_waits),
                TEST(what_is_said_of_a_wait_goes_with_it),
                TEST(a_report_without_a_poll_says_so),
                TEST(a_task_says_why_it_waits),
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
