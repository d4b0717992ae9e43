/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the policies of a step do with an attempt that has failed. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define POLICIES(list) "[{\"code\": \"copy\", \"expand\": true, \"memory_max_bytes\": 100, \"policies\": [" list "]}]"

static void expand(Store *s, const Attempt *a, const char *tasks) {
        _cleanup_(freep) char *argument = text_format("'%s'", tasks);

        say(s->worker, "BEGIN", (char *)NULL);
        assert_string_equal(store_call(s, "task_add", a, argument).message, "");
        assert_string_equal(store_call(s, "task_finish", a, "").message, "");
        assert_string_equal(say(s->worker, "COMMIT", (char *)NULL).message, "");
}

/* A report whose expander has added the tasks of this JSON. */
static void run_expanded(Store *s, const char *steps, const char *tasks) {
        Attempt a;

        store_run(s, "{}", 8, steps);
        a = store_launch_and_claim(s);
        expand(s, &a, tasks);
}

static Attempt launch(Store *s) {
        Attempt a;

        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        return a;
}

static Reply end(Store *s, const Attempt *a, const char *class, const char *permanent) {
        store_ask(s, "UPDATE migrationd.task SET not_before = NULL WHERE report_id = $1");
        return say(s->service,
                   "SELECT migrationd.attempt_end($1, (SELECT state FROM migrationd.attempt WHERE id = $1), 'failed', $2, 'why', $3)",
                   a->id, class, permanent, (char *)NULL);
}

static Reply of_task(Store *s, const Attempt *a, const char *expression) {
        _cleanup_(freep) char *sql = text_format("SELECT %s FROM migrationd.task WHERE id = $1", expression);

        return say(s->service, sql, a->task, (char *)NULL);
}

/* The back-off is over. */
static Attempt again(Store *s) {
        store_ask(s, "UPDATE migrationd.task SET not_before = NULL WHERE report_id = $1");
        return launch(s);
}

static void each_class_has_its_action(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"exit-code\", \"action\": \"fail\"}, {\"class\": \"signal\", \"action\": \"skip\"},"
                                 "{\"class\": \"permanent\", \"action\": \"retry\"}"),
                     "[{}, {}, {}]");
        a = launch(s);
        assert_value(end(s, &a, "signal", "false"), "skipped");
        assert_value(of_task(s, &a, "concat_ws('|', state, class, error, finished_at IS NOT NULL)"), "skipped|signal|why|t");
        assert_value(store_ask(s, "SELECT string_agg(reason, ' ') FROM migrationd.problem WHERE report_id = $1"), "signal: why");
        a = launch(s);
        assert_value(end(s, &a, "permanent", "true"), "waiting");
        assert_value(of_task(s, &a, "not_before >= clock_timestamp() - interval '1s'"), "t");
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "failed");
        assert_value(store_ask(s, "SELECT string_agg(class, ' ' ORDER BY id) FROM migrationd.attempt WHERE report_id = $1"),
                     "signal permanent exit-code");
}

static void skipped_tasks_let_the_report_complete(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"timeout\", \"action\": \"retry\", \"then_action\": \"skip\"}"), "[{}, {\"stage\": 1}]");
        a = launch(s);
        assert_value(end(s, &a, "timeout", "false"), "waiting");
        a = again(s);
        assert_string_equal(a.number, "2");
        assert_value(end(s, &a, "timeout", "false"), "skipped");
        a = store_launch_and_claim(s);
        assert_string_equal(store_call(s, "task_finish", &a, "").message, "");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
}

static void no_more_tasks_are_skipped_than_the_step_allows(void **state) {
        Store *s = *state;
        Attempt a;

        /* The number or the percentage, whichever is more: three of seven. What a program skips itself does not count. */
        run_expanded(s, "[{\"code\": \"copy\", \"expand\": true, \"max_failures\": 9, \"max_skipped\": 1, \"max_skipped_percent\": 50,"
                        " \"policies\": [{\"class\": \"permanent\", \"action\": \"skip\"}]}]", "[{}, {}, {}, {}, {}, {}, {}]");
        a = launch(s);
        assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'skipped', NULL, NULL, false)", a.id, (char *)NULL),
                     "skipped");
        for (int i = 0; i < 3; i++) {
                a = launch(s);
                assert_value(end(s, &a, "permanent", "true"), "skipped");
        }
        a = launch(s);
        assert_value(end(s, &a, "permanent", "true"), "failed");
        assert_value(of_task(s, &a, "concat_ws('|', class, error, tolerated)"),
                     "permanent|why; not skipped: as many were as max-skipped allows|t");
        /* Another class, and what goes well, are as before. */
        a = launch(s);
        assert_value(end(s, &a, "exit-code", "true"), "failed");
        assert_value(of_task(s, &a, "error"), "why");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.problem WHERE report_id = $1"), "3");
}

static void none_is_skipped_where_none_may_be(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, "[{\"code\": \"copy\", \"expand\": true, \"max_skipped\": 0,"
                        " \"policies\": [{\"class\": \"permanent\", \"action\": \"skip\"}]}]", "[{}, {}]");
        a = launch(s);
        assert_value(end(s, &a, "permanent", "true"), "failed");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.problem WHERE report_id = $1"), "0");
        assert_int_equal(store_launch(s, "1", &a, 1), 0);
}

static void attempts_of_a_class_are_counted_for_themselves(void **state) {
        Store *s = *state;
        Attempt a;

        /* The step allows two attempts, and four that are lost: neither takes from the other. */
        run_expanded(s, POLICIES("{\"class\": \"lost\", \"action\": \"retry\", \"attempts\": 4}"), "[{}]");
        a = launch(s);
        assert_value(end(s, &a, "exit-code", "false"), "waiting");
        for (int i = 0; i < 3; i++) {
                a = again(s);
                assert_value(end(s, &a, "lost", "false"), "waiting");
        }
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "failed");
        assert_value(say(s->service, "SELECT migrationd.report_failed($1)", s->report, (char *)NULL), "t");
        assert_value(say(s->service, "SELECT migrationd.report_retry($1)", s->report, (char *)NULL), "running");
        a = again(s);
        assert_value(end(s, &a, "lost", "false"), "failed");
        assert_string_equal(a.number, "6");
}

static void lost_attempts_leave_the_steps_number_to_the_others(void **state) {
        Store *s = *state;
        Attempt a;

        /* The step allows two attempts. */
        run_expanded(s, POLICIES(""), "[{}]");
        for (int i = 0; i < 5; i++) {
                a = again(s);
                assert_value(end(s, &a, "lost", "false"), "waiting");
        }
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "waiting");
        a = again(s);
        assert_value(end(s, &a, "lost", "false"), "waiting");
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "failed");
        assert_string_equal(a.number, "8");
}

static void a_task_that_is_lost_each_time_has_an_end(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES(""), "[{}]");
        /* 20 do not count, the step allows two that do. */
        for (int i = 0; i < 21; i++) {
                a = again(s);
                assert_value(end(s, &a, "lost", "false"), "waiting");
        }
        a = again(s);
        assert_value(end(s, &a, "lost", "false"), "failed");
        assert_string_equal(a.number, "22");
}

static void lost_attempts_with_a_policy_are_counted_as_it_says(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"lost\", \"action\": \"retry\"}"), "[{}]");
        a = launch(s);
        assert_value(end(s, &a, "lost", "false"), "waiting");
        a = again(s);
        assert_value(end(s, &a, "lost", "false"), "failed");
}

static Reply stop(Store *s, const Attempt *a, const char *class, const char *msec) {
        return say(s->service, "SELECT concat_ws(' ', stop_class, stop_msec) FROM migrationd.attempt_stop($1, $2, $3)", a->id, class,
                   msec, (char *)NULL);
}

static void the_first_reason_of_a_stop_stays_until_the_attempt_ends(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES(""), "[{}]");
        a = store_launch_and_claim(s);
        /* The program hangs in a transaction in which it has counted: neither statement waits for it. */
        say(s->worker, "BEGIN", (char *)NULL);
        assert_string_equal(store_call(s, "task_progress", &a, "0, 7").message, "");
        say(s->service, "SET lock_timeout = '1s'", (char *)NULL);
        assert_value(say(s->service, "SELECT migrationd.attempt_frozen($1, 5000)", a.id, (char *)NULL), "5000");
        assert_value(stop(s, &a, "no-progress", "61000"), "no-progress 61000");
        say(s->worker, "COMMIT", (char *)NULL);
        assert_value(say(s->service, "SELECT migrationd.report_pause($1, 'drain')", s->report, (char *)NULL), "paused");
        assert_value(stop(s, &a, "timeout", "99000"), "no-progress 61000");
        assert_value(say(s->service, "SELECT stop_class FROM migrationd.attempt_watch WHERE attempt_id = $1", a.id, (char *)NULL),
                     "no-progress");
        assert_value(end(s, &a, "no-progress", "false"), "waiting");
        assert_int_equal(stop(s, &a, "timeout", "1").n_rows, 0);
}

static void a_report_that_is_canceled_needs_no_reason(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES(""), "[{}]");
        a = launch(s);
        assert_value(say(s->service, "SELECT migrationd.report_cancel($1)", s->report, (char *)NULL), "canceling");
        assert_int_equal(stop(s, &a, "timeout", "1").n_rows, 0);
}

static void the_times_that_an_attempt_is_frozen_are_summed(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES(""), "[{}]");
        a = launch(s);
#define FROZEN(now) say(s->service, "SELECT migrationd.attempt_frozen($1, " now ")", a.id, (char *)NULL)
#define THAWED(now) say(s->service, "SELECT migrationd.attempt_thawed($1, " now ")", a.id, (char *)NULL)
        assert_int_equal(THAWED("900").n_rows, 0);
        assert_value(FROZEN("1000"), "1000");
        /* Another poll, which does not know that it is. */
        assert_value(FROZEN("1500"), "1000");
        assert_value(THAWED("3000"), "2000");
        assert_int_equal(THAWED("3500").n_rows, 0);
        assert_value(FROZEN("4000"), "4000");
        assert_value(THAWED("4500"), "2500");
        assert_value(end(s, &a, "exit-code", "false"), "waiting");
        assert_int_equal(FROZEN("5000").n_rows, 0);
}

static void the_back_off_of_a_class_doubles_up_to_its_cap(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"lost\", \"action\": \"retry\", \"attempts\": 9, \"backoff_msec\": 10000,"
                                 "\"backoff_max_msec\": 30000}"),
                     "[{}]");
        for (int i = 0; i < 4; i++) {
                static const char *const most[] = { "10", "20", "30", "30" };
                /* 0.4: a machine that is busy may take a second for the question. */
                _cleanup_(freep) char *range = text_format("not_before - clock_timestamp() BETWEEN interval '%s s' * 0.4 AND "
                                                           "interval '%s s'",
                                                           most[i], most[i]);

                a = again(s);
                assert_value(end(s, &a, "lost", "false"), "waiting");
                assert_value(of_task(s, &a, range), "t");
        }
}

static void tasks_that_fail_together_do_not_return_together(void **state) {
        Store *s = *state;
        Attempt a[40];

        run_expanded(s, "[{\"code\": \"copy\", \"expand\": true, \"backoff_msec\": 3600000, \"backoff_max_msec\": 3600000}]", "[{}]");
        store_ask(s, "UPDATE migrationd.report SET workers = 40 WHERE id = $1");
        store_ask(s, "INSERT INTO migrationd.task (report_id, step_ord, kind, max_attempts) SELECT $1, 0, 'main', 2 FROM generate_series(2, 40)");
        assert_int_equal(store_launch(s, "40", a, 40), 40);
        for (size_t i = 0; i < ELEMENTSOF(a); i++)
                assert_value(say(s->service, "SELECT migrationd.attempt_end($1, 'launching', 'failed', 'exit-code', 'why', false)", a[i].id,
                                 (char *)NULL),
                             "waiting");
        /* Half of the back-off to all of it. That forty of them lie within a quarter of that is as good as impossible. */
        assert_value(store_ask(s, "SELECT concat_ws('|', min(not_before) > clock_timestamp() + interval '25min', "
                                  "max(not_before) <= clock_timestamp() + interval '60min', "
                                  "max(not_before) - min(not_before) > interval '7.5min') FROM migrationd.task WHERE report_id = $1"),
                     "t|t|t");
}

static void memory_grows_up_to_the_ceiling_and_ends_there(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"oom-kill\", \"action\": \"retry\", \"attempts\": 50, \"memory_percent\": 150,"
                                 "\"memory_ceiling_bytes\": 200}"),
                     "[{}]");
        for (int i = 0; i < 2; i++) {
                a = again(s);
                assert_value(end(s, &a, "oom-kill", "false"), "waiting");
        }
        a = again(s);
        assert_value(end(s, &a, "oom-kill", "false"), "failed");
        assert_value(store_ask(s, "SELECT string_agg(memory_max_bytes::text, ' ' ORDER BY id) FROM migrationd.attempt "
                                  "WHERE report_id = $1 AND class IS NOT NULL"),
                     "100 150 200");
}

static void a_split_puts_smaller_tasks_in_the_place_of_one(void **state) {
        Store *s = *state;
        _cleanup_(freep) char *document = NULL;
        Attempt a, b;

        run_expanded(s, POLICIES("{\"class\": \"oom-kill\", \"action\": \"split\"}"),
                     "[{\"lane\": \"l\", \"stage\": 3, \"input\": {\"n\": 8}, \"total\": 8}, {\"lane\": \"l\", \"stage\": 4, \"total\": 5}]");
        a = store_launch_and_claim(s);
        assert_string_equal(store_call(s, "task_progress", &a, "2").message, "");
        assert_value(end(s, &a, "oom-kill", "false"), "split");
        assert_value(say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL), "");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.report_overview WHERE id = $1"), "2/13");
        assert_int_equal(store_launch(s, "8", &b, 1), 1);
        assert_string_equal(b.task, a.task);
        assert_string_equal(b.kind, "expand");
        document = text_format("%s|{\"plan\" : {\"a\": 1}, \"options\" : {}, \"input\" : {\"n\": 8}, "
                               "\"split\" : {\"class\" : \"oom-kill\", \"done\" : 2, \"total\" : 8}}|0|0",
                               s->report);
        assert_value(store_claim(s, &b), document);
        assert_sqlstate(store_call(s, "task_finish", &b, ""), "MG003");
        assert_string_equal(store_call(s, "task_progress", &b, "1, 1").message, "");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.report_overview WHERE id = $1"), "2/13");
        expand(s, &b, "[{\"total\": 3, \"lane\": \"x\"}, {\"total\": 3, \"stage\": 9}]");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.report_overview WHERE id = $1"), "2/13");
        /* In the old one's place: the later stage waits for them. */
        assert_value(store_ask(s, "SELECT string_agg(lane || stage || state || split_depth, ' ' ORDER BY id) FROM migrationd.task "
                                  "WHERE report_id = $1 AND kind = 'main'"),
                     "l4waiting0 l3waiting1 l3waiting1");
        assert_int_equal(store_launch(s, "8", &b, 1), 2);
}

static void a_split_that_gives_the_same_task_again_has_an_end(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"oom-kill\", \"action\": \"split\"}"), "[{}]");
        for (int i = 0; i < 10; i++) {
                a = launch(s);
                assert_value(end(s, &a, "oom-kill", "false"), "split");
                a = store_launch_and_claim(s);
                expand(s, &a, "[{}]");
        }
        a = launch(s);
        assert_value(end(s, &a, "oom-kill", "false"), "failed");
}

static void an_expander_is_neither_split_nor_skipped(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 8, POLICIES("{\"class\": \"oom-kill\", \"action\": \"split\"}, {\"class\": \"signal\", \"action\": \"skip\"}"));
        a = launch(s);
        assert_value(end(s, &a, "oom-kill", "false"), "failed");
        store_ask(s, "UPDATE migrationd.report SET state = 'canceled', finished_at = now() WHERE id = $1");
        store_run(s, "{}", 8, POLICIES("{\"class\": \"oom-kill\", \"action\": \"split\"}, {\"class\": \"signal\", \"action\": \"skip\"}"));
        a = launch(s);
        assert_value(end(s, &a, "signal", "false"), "failed");
}

static void a_split_is_tried_as_often_as_a_task(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, POLICIES("{\"class\": \"oom-kill\", \"action\": \"split\"}"), "[{}]");
        a = launch(s);
        assert_value(end(s, &a, "oom-kill", "false"), "split");
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "waiting");
        a = again(s);
        assert_value(end(s, &a, "exit-code", "false"), "failed");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(say(s->service, "SELECT migrationd.report_retry($1)", s->report, (char *)NULL), "running");
        a = again(s);
        assert_string_equal(a.kind, "expand");
}

static void a_clock_that_was_set_back_makes_no_back_off_longer(void **state) {
        Store *s = *state;
        Attempt a;

        run_expanded(s, "[{\"code\": \"copy\", \"expand\": true, \"backoff_msec\": 60000, \"backoff_max_msec\": 60000}]", "[{}]");
        a = launch(s);
        assert_value(end(s, &a, "exit-code", "false"), "waiting");
        assert_int_equal(store_launch(s, "1", &a, 1), 0);
        /* Written when the clock was an hour ahead. */
        store_ask(s, "UPDATE migrationd.task SET not_before = not_before + interval '1h' WHERE report_id = $1 AND state = 'waiting'");
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(each_class_has_its_action),
                TEST(skipped_tasks_let_the_report_complete),
                TEST(no_more_tasks_are_skipped_than_the_step_allows),
                TEST(none_is_skipped_where_none_may_be),
                TEST(attempts_of_a_class_are_counted_for_themselves),
                TEST(lost_attempts_leave_the_steps_number_to_the_others),
                TEST(a_task_that_is_lost_each_time_has_an_end),
                TEST(lost_attempts_with_a_policy_are_counted_as_it_says),
                TEST(the_first_reason_of_a_stop_stays_until_the_attempt_ends),
                TEST(a_report_that_is_canceled_needs_no_reason),
                TEST(the_times_that_an_attempt_is_frozen_are_summed),
                TEST(the_back_off_of_a_class_doubles_up_to_its_cap),
                TEST(a_clock_that_was_set_back_makes_no_back_off_longer),
                TEST(tasks_that_fail_together_do_not_return_together),
                TEST(memory_grows_up_to_the_ceiling_and_ends_there),
                TEST(a_split_puts_smaller_tasks_in_the_place_of_one),
                TEST(a_split_that_gives_the_same_task_again_has_an_end),
                TEST(an_expander_is_neither_split_nor_skipped),
                TEST(a_split_is_tried_as_often_as_a_task),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
