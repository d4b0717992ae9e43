/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SQL functions of the service and the poll: launch, end, advance, finish, cancel, retry. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define ONE_STEP "[{\"code\": \"work\"}]"

static Reply end(Store *s, const Attempt *a, const char *seen, const char *outcome, const char *permanent) {
        return say(s->service, "SELECT migrationd.attempt_end($1, $2, $3, 'exit-code', 'why', $4)", a->id,
                   seen, outcome, permanent, (char *)NULL);
}

/* lane:stage of the tasks that are launched, at most limit. */
static void assert_launched(Store *s, const char *limit, const char *expected) {
        Attempt a[16];
        char text[256] = "";
        int n;

        n = store_launch(s, limit, a, ELEMENTSOF(a));
        for (int i = 0; i < n; i++) {
                Reply r = say(s->service, "SELECT lane || ':' || stage FROM migrationd.task WHERE id = $1",
                              a[i].task, (char *)NULL);

                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.32s", i > 0 ? " " : "",
                         r.value);
        }
        assert_string_equal(text, expected);
}

static void a_second_unfinished_report_is_refused_by_the_index(void **state) {
        static const char sql[] = "SELECT migrationd.report_create((SELECT max(id) FROM migrationd.plan), "
                                  "'demo', '{}', 1, '', '[]', 0)";
        Store *s = *state;
        Reply r;

        store_run(s, "{}", 1, ONE_STEP);
        r = say(s->service, sql, (char *)NULL);
        assert_string_equal(r.sqlstate, "23505");
        assert_string_equal(r.constraint, "report_unfinished");
        store_ask(s, "SELECT migrationd.report_cancel($1)");
        assert_sqlstate(say(s->service, sql, (char *)NULL), "23505");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_sqlstate(say(s->service, sql, (char *)NULL), "");
        assert_sqlstate(say(s->service,
                            "SELECT migrationd.report_create(2147483647, 'demo', '{}', 1, '', '[]', 0)",
                            (char *)NULL),
                        "23505");
}

static void under_dry_run_only_steps_that_say_so_run(void **state) {
        Store *s = *state;

        store_run(s, "{\"dry_run\": true}", 1,
                  "[{\"code\": \"a\", \"dry_run\": true}, {\"code\": \"b\", \"dry_run\": false}, "
                  "{\"code\": \"c\"}]");
        assert_value(store_ask(s,
                               "SELECT string_agg(state, ' ' ORDER BY id) FROM migrationd.task WHERE "
                               "report_id = $1"),
                     "waiting skipped skipped");
}

static void a_launch_writes_the_intent_with_unit_and_token(void **state) {
        _cleanup_(freep) char *unit = NULL;
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 4, ONE_STEP);
        assert_value(store_ask(s, "SELECT started_at IS NULL FROM migrationd.report WHERE id = $1"), "t");
        assert_int_equal(store_launch(s, "0", &a, 1), 0);
        assert_value(store_ask(s, "SELECT started_at IS NULL FROM migrationd.report WHERE id = $1"), "t");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        unit = text_format("migration-demo-work-%s-%s-1.service", s->report, a.task);
        assert_string_equal(a.unit, unit);
        assert_string_equal(a.step, "work");
        assert_string_equal(a.kind, "main");
        assert_value(store_ask(s,
                               "SELECT concat_ws('|', a.state, t.state, t.attempt, r.started_at IS NULL) "
                               "FROM migrationd.attempt a "
                               "JOIN migrationd.task t ON t.id = a.task_id JOIN migrationd.report r ON r.id "
                               "= a.report_id "
                               "WHERE a.report_id = $1"),
                     "launching|running|1|f");
        assert_int_equal(store_launch(s, "10", &a, 1), 0);
}

static void launches_stay_within_limit_workers_and_parallel(void **state) {
        Store *s = *state;

        store_run(s, "{}", 4, "[{\"code\": \"work\", \"parallel\": 3}]");
        store_set_tasks(s, "2", "('', 0), ('', 0), ('', 0), ('', 0), ('', 0), ('', 0)");
        assert_launched(s, "2", ":0 :0");
        assert_launched(s, "100", ":0");
        assert_launched(s, "100", "");
        store_ask(s, "UPDATE migrationd.step SET parallel = NULL WHERE report_id = $1");
        assert_launched(s, "100", ":0");
        assert_value(say(s->service, "SELECT migrationd.report_set_workers($1, 5)", s->report, (char *)NULL),
                     "running");
        assert_launched(s, "100", ":0");
        assert_launched(s, "100", "");
}

static void a_stage_starts_when_the_one_before_it_in_its_lane_is_done(void **state) {
        Store *s = *state;
        Attempt a[4];

        store_run(s, "{}", 10, ONE_STEP);
        store_set_tasks(s, "2", "('b', 5), ('a', 1), ('a', 0), ('a', 0), ('b', 7), ('c', 0)");
        assert_int_equal(store_launch(s, "10", a, 4), 4);
        assert_value(store_ask(s,
                               "SELECT string_agg(lane || ':' || stage, ' ' ORDER BY id) FROM "
                               "migrationd.task "
                               "WHERE report_id = $1 AND state = 'running'"),
                     "b:5 a:0 a:0 c:0");
        store_complete(s, &a[1]);
        assert_launched(s, "10", "");
        store_complete(s, &a[0]);
        assert_launched(s, "10", "b:7");
        store_complete(s, &a[2]);
        assert_launched(s, "10", "a:1");
}

static void skipped_tasks_do_not_hold_their_stage(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 10, ONE_STEP);
        store_set_tasks(s, "2", "('', 0), ('', 1)");
        assert_int_equal(store_launch(s, "10", &a, 1), 1);
        assert_string_equal(store_claim(s, &a).message, "");
        assert_value(end(s, &a, "running", "skipped", "false"), "skipped");
        assert_launched(s, "10", ":1");
}

static void nothing_is_launched_beside_a_failed_task_or_outside_of_running(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 10, ONE_STEP);
        store_set_tasks(s, "2", "('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        store_ask(s, "SELECT migrationd.report_pause($1, 'drain')");
        assert_launched(s, "10", "");
        store_ask(s, "SELECT migrationd.report_resume($1)");
        assert_value(end(s, &a, "launching", "failed", "true"), "failed");
        assert_launched(s, "10", "");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_launched(s, "10", "");
        assert_value(store_ask(s, "SELECT migrationd.report_retry($1)"), "running");
        assert_launched(s, "10", ":0 :0 :0");
}

static void a_failed_attempt_waits_its_back_off_and_the_last_one_fails_the_task(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1,
                  "[{\"code\": \"work\", \"backoff_msec\": 3600000, \"backoff_max_msec\": 7200000}]");
        a = store_launch_and_claim(s);
        assert_value(end(s, &a, "running", "failed", "false"), "waiting");
        assert_value(store_ask(s,
                               "SELECT concat_ws('|', class, error, not_before - now() BETWEEN '29 min' AND "
                               "'60 min') "
                               "FROM migrationd.task WHERE report_id = $1"),
                     "exit-code|why|t");
        assert_launched(s, "10", "");
        store_ask(s, "UPDATE migrationd.task SET not_before = now() WHERE report_id = $1");
        a = store_launch_and_claim(s);
        assert_string_equal(a.number, "2");
        assert_value(end(s, &a, "running", "failed", "false"), "failed");
        assert_value(store_ask(s,
                               "SELECT finished_at IS NOT NULL AND not_before IS NULL FROM migrationd.task "
                               "WHERE report_id = $1"),
                     "t");
}

static void the_end_of_an_attempt_needs_the_state_that_was_seen(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_value(end(s, &a, "running", "lost", "false"), "NULL");
        assert_string_equal(store_claim(s, &a).message, "");
        /* Claimed since it was seen. */
        assert_value(end(s, &a, "launching", "lost", "false"), "NULL");
        assert_value(store_ask(s, "SELECT state FROM migrationd.attempt WHERE report_id = $1"), "running");
        assert_string_equal(store_call(s, "task_finish", &a, "").message, "");
        assert_value(end(s, &a, "running", "lost", "false"), "NULL");
        assert_value(end(s, &a, "completed", "lost", "false"), "NULL");
        assert_value(store_ask(s,
                               "SELECT t.state || a.state FROM migrationd.task t JOIN migrationd.attempt a "
                               "ON a.task_id = t.id "
                               "WHERE t.report_id = $1"),
                     "completedcompleted");
}

static void a_canceling_report_keeps_its_attempts_until_it_is_canceled(void **state) {
        Store *s = *state;
        Attempt a[2];

        store_run(s, "{}", 2, "[{\"code\": \"work\"}, {\"code\": \"later\"}]");
        store_set_tasks(s, "2", "('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 2), 2);
        store_complete(s, &a[0]);
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "f");
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_pause($1, 'drain')"), "NULL");
        assert_value(end(s, &a[1], "launching", "lost", "false"), "NULL");
        assert_launched(s, "10", "");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(store_ask(s,
                               "SELECT string_agg(state, ' ' ORDER BY step_ord, id) FROM migrationd.task "
                               "WHERE report_id = $1"),
                     "completed canceled canceled canceled");
        assert_value(store_ask(s,
                               "SELECT string_agg(state, ' ' ORDER BY ord) FROM migrationd.step WHERE "
                               "report_id = $1"),
                     "canceled canceled");
        assert_value(store_ask(s,
                               "SELECT string_agg(state, ' ' ORDER BY id) FROM migrationd.attempt WHERE "
                               "report_id = $1"),
                     "completed lost");
        assert_value(store_ask(s,
                               "SELECT state || (finished_at IS NOT NULL) FROM migrationd.report WHERE id = "
                               "$1"),
                     "canceledtrue");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "f");
}

static void a_paused_report_can_be_canceled_and_a_finished_one_cannot(void **state) {
        Store *s = *state;

        store_run(s, "{}", 2, ONE_STEP);
        assert_value(store_ask(s, "SELECT migrationd.report_pause($1, 'freeze')"), "paused");
        assert_value(store_ask(s, "SELECT migrationd.report_pause($1, 'freeze')"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "canceling");
        assert_value(store_ask(s, "SELECT migrationd.report_pause($1, 'drain')"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_resume($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_retry($1)"), "NULL");
        assert_value(say(s->service, "SELECT migrationd.report_set_workers($1, 3)", s->report, (char *)NULL),
                     "NULL");
}

static void steps_advance_in_order_and_the_report_completes_last(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 2, "[{\"code\": \"a\"}, {\"code\": \"b\"}]");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        a = store_launch_and_claim(s);
        assert_string_equal(a.step, "a");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "f");
        assert_string_equal(store_call(s, "task_finish", &a, "").message, "");
        /* Not before the step has been written. */
        assert_int_equal(store_launch(s, "10", &a, 1), 0);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "1");
        a = store_launch_and_claim(s);
        assert_string_equal(a.step, "b");
        assert_string_equal(store_call(s, "task_finish", &a, "").message, "");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "NULL");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "t");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "f");
        assert_value(store_ask(s,
                               "SELECT string_agg(state || (finished_at >= started_at), ' ') FROM "
                               "migrationd.step "
                               "WHERE report_id = $1"),
                     "completedtrue completedtrue");
}

static void a_report_fails_only_when_no_attempt_lives_and_retry_gives_one_more_attempt(void **state) {
        Store *s = *state;
        Attempt a[2];

        store_run(s, "{}", 2, ONE_STEP);
        store_set_tasks(s, "2", "('', 0), ('', 0), ('', 0)");
        assert_int_equal(store_launch(s, "2", a, 2), 2);
        assert_value(end(s, &a[0], "launching", "failed", "true"), "failed");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        assert_value(store_ask(s, "SELECT migrationd.report_retry($1)"), "NULL");
        store_complete(s, &a[1]);
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        assert_value(store_ask(s,
                               "SELECT r.state || ' ' || t.state FROM migrationd.report r JOIN "
                               "migrationd.step t ON "
                               "t.report_id = r.id WHERE r.id = $1"),
                     "failed failed");

        assert_value(store_ask(s, "SELECT migrationd.report_retry($1)"), "running");
        assert_value(store_ask(s,
                               "SELECT string_agg(concat_ws(':', state, attempt, max_attempts), ' ' ORDER BY "
                               "id) FROM "
                               "migrationd.task WHERE report_id = $1"),
                     "waiting:1:3 completed:1:2 waiting:0:2");
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        assert_int_equal(store_launch(s, "10", a, 2), 2);
        assert_string_equal(a[0].number, "2");
}

static void retry_is_refused_while_another_report_is_unfinished(void **state) {
        Store *s = *state;
        char first[12];
        Attempt a;
        Reply r;

        store_run(s, "{}", 2, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_value(end(s, &a, "launching", "failed", "true"), "failed");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "t");
        memcpy(first, s->report, sizeof(first));
        store_run(s, "{}", 2, ONE_STEP);
        r = say(s->service, "SELECT migrationd.report_retry($1)", first, (char *)NULL);
        assert_string_equal(r.sqlstate, "23505");
        assert_string_equal(r.constraint, "report_unfinished");
        assert_value(say(s->service, "SELECT state FROM migrationd.task WHERE report_id = $1", first,
                         (char *)NULL),
                     "failed");
}

static void the_result_of_a_live_attempt_is_not_stored_unless_its_report_is_canceling(void **state) {
        static const char record[] = "SELECT migrationd.attempt_record($1, 'exit-code', 'exited', 1, NULL, NULL, NULL, "
                                     "NULL, NULL, NULL, NULL)";
        static const char unrecorded[] = "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND recorded_at "
                                         "IS NULL";
        Store *s = *state;
        Attempt a;

        /* Seen as launching, claimed since: the end is a lost race, and the attempt has to stay in the poll's sight. */
        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        assert_value(end(s, &a, "launching", "failed", "false"), "NULL");
        assert_value(say(s->service, record, a.id, (char *)NULL), "f");
        assert_value(store_ask(s, unrecorded), "1");
        assert_value(end(s, &a, "running", "failed", "false"), "waiting");
        assert_value(say(s->service, record, a.id, (char *)NULL), "t");
        assert_value(store_ask(s, unrecorded), "0");

        assert_value(store_ask(s, "UPDATE migrationd.task SET not_before = NULL WHERE report_id = $1 RETURNING 1"), "1");
        a = store_launch_and_claim(s);
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "canceling");
        assert_value(say(s->service, record, a.id, (char *)NULL), "t");
}

static void the_result_of_a_unit_is_stored_once(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_value(end(s, &a, "launching", "failed", "false"), "waiting");
        assert_sqlstate(say(s->service,
                            "SELECT migrationd.attempt_record($1, 'success', 'exited', 0, 5, NULL, 7, 8, "
                            "1000000, 0, "
                            "'inv')",
                            a.id, (char *)NULL),
                        "");
        assert_sqlstate(say(s->service,
                            "SELECT migrationd.attempt_record($1, 'signal', 'killed', 9, 0, 0, 0, 0, 0, 0, "
                            "'other')",
                            a.id, (char *)NULL),
                        "");
        assert_value(store_ask(s,
                               "SELECT concat_ws('|', result, exit_code, exit_status, cpu_usec, "
                               "memory_peak_bytes IS NULL, "
                               "io_read_bytes, io_write_bytes, extract(epoch FROM started_at)::integer, "
                               "exited_at IS NULL, "
                               "invocation_id) FROM migrationd.attempt WHERE report_id = $1"),
                     "success|exited|0|5|t|7|8|1|t|inv");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(a_second_unfinished_report_is_refused_by_the_index),
                TEST(under_dry_run_only_steps_that_say_so_run),
                TEST(a_launch_writes_the_intent_with_unit_and_token),
                TEST(launches_stay_within_limit_workers_and_parallel),
                TEST(a_stage_starts_when_the_one_before_it_in_its_lane_is_done),
                TEST(skipped_tasks_do_not_hold_their_stage),
                TEST(nothing_is_launched_beside_a_failed_task_or_outside_of_running),
                TEST(a_failed_attempt_waits_its_back_off_and_the_last_one_fails_the_task),
                TEST(the_end_of_an_attempt_needs_the_state_that_was_seen),
                TEST(a_canceling_report_keeps_its_attempts_until_it_is_canceled),
                TEST(a_paused_report_can_be_canceled_and_a_finished_one_cannot),
                TEST(steps_advance_in_order_and_the_report_completes_last),
                TEST(a_report_fails_only_when_no_attempt_lives_and_retry_gives_one_more_attempt),
                TEST(retry_is_refused_while_another_report_is_unfinished),
                TEST(the_result_of_a_live_attempt_is_not_stored_unless_its_report_is_canceling),
                TEST(the_result_of_a_unit_is_stored_once),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
