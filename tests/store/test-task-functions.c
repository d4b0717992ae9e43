/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SQL contract with task programs, as the role that they have: claim, progress, problem, add, finish. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <poll.h>

#include "base/text.h"
#include "lib/pg-answer.h"
#include "lib/store-fixture.h"

#define ONE_STEP "[{\"code\": \"work\"}]"
#define EXPAND_STEP "[{\"code\": \"work\", \"expand\": true}]"

static void the_workers_role_may_execute_six_functions_and_read_nothing(void **state) {
        Store *s = *state;

        assert_value(say(s->service,
                         "SELECT string_agg(proname, ',' ORDER BY proname) FROM pg_proc "
                         "WHERE pronamespace = 'migrationd'::regnamespace AND "
                         "has_function_privilege('migrationd_worker', oid, 'EXECUTE')",
                         (char *)NULL),
                     "task_add,task_claim,task_finish,task_problem,task_problems,task_progress");
        assert_value(say(s->service,
                         "SELECT count(*) FROM pg_class WHERE relnamespace = 'migrationd'::regnamespace AND "
                         "relkind IN ('r', 'v', 'm', 'p', 'f') AND "
                         "(has_table_privilege('migrationd_worker', oid, 'SELECT, INSERT, UPDATE, DELETE, "
                         "TRUNCATE, REFERENCES, "
                         "TRIGGER') OR has_any_column_privilege('migrationd_worker', oid, 'SELECT, INSERT, "
                         "UPDATE, REFERENCES'))",
                         (char *)NULL),
                     "0");
        assert_value(say(s->service,
                         "SELECT count(*) FROM pg_class WHERE relnamespace = 'migrationd'::regnamespace AND "
                         "CASE relkind WHEN 'S' THEN has_sequence_privilege('migrationd_worker', oid, "
                         "'USAGE, SELECT, UPDATE') END",
                         (char *)NULL),
                     "0");
        assert_sqlstate(say(s->worker, "SELECT FROM migrationd.task", (char *)NULL), "42501");
        assert_sqlstate(say(s->worker, "SELECT migrationd.report_cancel(1)", (char *)NULL), "42501");
        assert_sqlstate(say(s->worker, "CREATE TABLE migrationd.x ()", (char *)NULL), "42501");
}

static void a_claim_without_the_exclusive_session_lock_is_refused(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_sqlstate(store_call(s, "task_claim", &a, ""), "MG004");

        say(s->worker, "SELECT pg_advisory_lock($1, 0)", s->report, (char *)NULL);
        say(s->worker, "SELECT pg_advisory_lock($1)", a.task, (char *)NULL);
        say(s->worker, "SELECT pg_advisory_lock_shared($1, $2)", s->report, a.task, (char *)NULL);
        assert_sqlstate(store_call(s, "task_claim", &a, ""), "MG004");
        say(s->worker, "SELECT pg_advisory_unlock_all()", (char *)NULL);

        /* Held by another session. */
        say(s->service, "SELECT pg_advisory_lock($1, $2)", s->report, a.task, (char *)NULL);
        assert_sqlstate(store_call(s, "task_claim", &a, ""), "MG004");
        assert_value(store_ask(s, "SELECT state FROM migrationd.attempt WHERE report_id = $1"), "launching");
        say(s->service, "SELECT pg_advisory_unlock_all()", (char *)NULL);

        assert_string_equal(store_claim(s, &a).sqlstate, "");
}

static void a_claim_returns_plan_options_input_and_position(void **state) {
        _cleanup_(freep) char *expected = NULL;
        Store *s = *state;
        Attempt a;

        store_run(s, "{\"x\": true}", 1, ONE_STEP);
        store_ask(s,
                  "UPDATE migrationd.task SET done = 3, total = 9, input = '{\"n\": 5}' WHERE report_id = "
                  "$1");
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        expected = text_format("%s|{\"plan\" : {\"a\": 1}, \"options\" : {\"x\": true}, \"input\" : {\"n\": "
                               "5}}|3|9",
                               s->report);
        assert_value(store_claim(s, &a), expected);
        assert_value(store_ask(s,
                               "SELECT concat_ws('|', state, invocation_id, claimed_at IS NOT NULL) FROM "
                               "migrationd.attempt "
                               "WHERE report_id = $1"),
                     "running|abc|t");
}

static void an_attempt_is_claimed_once(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        assert_sqlstate(store_claim(s, &a), "MG001");
        assert_value(store_call(s, "task_progress", &a, "0, 5"), "");
}

static void another_token_number_or_task_is_a_stale_attempt(void **state) {
        Store *s = *state;
        Attempt a, other;

        store_run(s, "{}", 1, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        other = a;
        snprintf(other.token, sizeof(other.token), "%s", "00000000-0000-0000-0000-000000000000");
        assert_sqlstate(store_claim(s, &other), "MG001");
        other = a;
        snprintf(other.number, sizeof(other.number), "%s", "2");
        assert_sqlstate(store_claim(s, &other), "MG001");
        /* Not claimed yet: may not count. */
        assert_sqlstate(store_call(s, "task_progress", &a, "0, 5"), "MG001");

        assert_string_equal(store_claim(s, &a).sqlstate, "");
        other = a;
        snprintf(other.token, sizeof(other.token), "%s", "00000000-0000-0000-0000-000000000000");
        assert_sqlstate(store_call(s, "task_progress", &other, "0, 5"), "MG001");
        assert_sqlstate(store_call(s, "task_problem", &other, "'i', 'r'"), "MG001");
        assert_sqlstate(store_call(s, "task_problems", &other, "'{i}', '{r}'"), "MG001");
        assert_sqlstate(store_call(s, "task_add", &other, "'[]'"), "MG001");
        assert_sqlstate(store_call(s, "task_finish", &other, ""), "MG001");
        snprintf(other.task, sizeof(other.task), "%s", "2147483647");
        assert_sqlstate(store_call(s, "task_progress", &other, "0, 5"), "MG001");
}

static void an_attempt_that_was_ended_is_stale_even_when_the_next_one_runs(void **state) {
        Store *s = *state;
        Attempt first, second;

        store_run(s, "{}", 1, ONE_STEP);
        first = store_launch_and_claim(s);
        assert_value(say(s->service,
                         "SELECT migrationd.attempt_end($1, 'running', 'lost', 'lost', '', false)", first.id,
                         (char *)NULL),
                     "waiting");
        assert_sqlstate(store_call(s, "task_finish", &first, ""), "MG001");
        second = store_launch_and_claim(s);
        assert_string_equal(second.number, "2");
        assert_sqlstate(store_call(s, "task_progress", &first, "0, 5"), "MG001");
        assert_value(store_call(s, "task_progress", &second, "0, 5"), "");
}

static void a_canceling_report_refuses_everything(void **state) {
        static const struct {
                const char *function, *arguments;
        } calls[] = {
                { "task_progress", "0, 5" },
                { "task_problem", "'i', 'r'" },
                { "task_problems", "'{i}', '{r}'" },
                { "task_add", "'[]'" },
                { "task_finish", "" },
        };
        Store *s = *state;
        Attempt a, unclaimed;

        store_run(s, "{}", 2, "[{\"code\": \"work\", \"expand\": true}]");
        a = store_launch_and_claim(s);
        store_ask(s,
                  "INSERT INTO migrationd.task (report_id, step_ord, kind, stage, max_attempts) VALUES ($1, "
                  "0, 'main', -1, 2)");
        assert_int_equal(store_launch(s, "1", &unclaimed, 1), 1);
        assert_value(store_ask(s, "SELECT migrationd.report_cancel($1)"), "canceling");
        assert_sqlstate(store_claim(s, &unclaimed), "MG002");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                assert_sqlstate(store_call(s, calls[i].function, &a, calls[i].arguments), "MG002");

        assert_value(store_ask(s, "SELECT migrationd.report_canceled($1)"), "t");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                assert_sqlstate(store_call(s, calls[i].function, &a, calls[i].arguments), "MG002");
        assert_sqlstate(store_claim(s, &a), "MG002");
}

static void a_paused_report_lets_its_tasks_go_on(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        assert_int_equal(store_launch(s, "1", &a, 1), 1);
        assert_value(store_ask(s, "SELECT migrationd.report_pause($1, 'drain')"), "paused");
        assert_string_equal(store_claim(s, &a).sqlstate, "");
        assert_value(store_call(s, "task_progress", &a, "1, 1"), "");
        assert_value(store_call(s, "task_finish", &a, ""), "");
}

static void counters_stay_between_zero_and_the_total(void **state) {
        static const char *const refused[] = { "1", "6, 5", "-1, 5", "NULL, 5", "0, -1" };
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                assert_sqlstate(store_call(s, "task_progress", &a, refused[i]), "MG004");

        assert_value(store_call(s, "task_progress", &a, "2, 5"), "");
        assert_value(store_call(s, "task_progress", &a, "5"), "");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.task WHERE report_id = $1"),
                     "5/5");
        assert_sqlstate(store_call(s, "task_progress", &a, "6"), "MG004");
        /* A later attempt may count anew what it finds. */
        assert_value(store_call(s, "task_progress", &a, "0, 3000000000"), "");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.task WHERE report_id = $1"),
                     "0/3000000000");
}

static void a_finish_needs_full_counters_and_ends_the_attempt(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        store_call(s, "task_progress", &a, "2, 5");
        assert_sqlstate(store_call(s, "task_finish", &a, ""), "MG003");
        assert_value(store_ask(s, "SELECT state FROM migrationd.task WHERE report_id = $1"), "running");
        store_call(s, "task_progress", &a, "5");
        assert_value(store_call(s, "task_finish", &a, ""), "");
        assert_value(store_ask(s,
                               "SELECT concat_ws('|', t.state, a.state, t.finished_at IS NULL, a.ended_at IS "
                               "NULL) FROM "
                               "migrationd.task t JOIN migrationd.attempt a ON a.task_id = t.id WHERE "
                               "t.report_id = $1"),
                     "completed|completed|f|f");
        assert_sqlstate(store_call(s, "task_finish", &a, ""), "MG001");
        assert_sqlstate(store_call(s, "task_progress", &a, "5"), "MG001");
}

static void a_task_that_never_counted_ends_with_one_of_one_and_tells_the_listeners(void **state) {
        Store *s = *state;
        PGnotify *n;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        say(s->service, "LISTEN migrationd", (char *)NULL);
        assert_value(store_call(s, "task_finish", &a, ""), "");
        assert_value(store_ask(s, "SELECT done || '/' || total FROM migrationd.task WHERE report_id = $1"),
                     "1/1");
        n = PQnotifies(s->service);
        assert_non_null(n);
        assert_string_equal(n->relname, "migrationd");
        assert_string_equal(n->extra, s->report);
        PQfreemem(n);
}

static void added_tasks_are_committed_only_with_the_finish(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, EXPAND_STEP);
        a = store_launch_and_claim(s);
        assert_string_equal(a.kind, "expand");
        assert_sqlstate(store_call(s, "task_add", &a, "'[{}]'"), "MG003");

        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(store_call(s, "task_add", &a, "'[{}]'"), "1");
        assert_value(store_call(s, "task_progress", &a, "0, 1"), "");
        assert_sqlstate(say(s->worker, "COMMIT", (char *)NULL), "MG003");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.task WHERE report_id = $1"), "1");

        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(store_call(s, "task_add", &a,
                                "'[{\"lane\": \"file\", \"stage\": 2, \"input\": {\"k\": 1}, \"total\": 10}, "
                                "{}]'"),
                     "2");
        assert_value(store_call(s, "task_add", &a, "'[]'"), "0");
        assert_value(store_call(s, "task_add", &a, "'[{\"lane\": \"last\"}]'"), "1");
        assert_value(store_call(s, "task_finish", &a, ""), "");
        assert_string_equal(say(s->worker, "COMMIT", (char *)NULL).message, "");
        assert_value(store_ask(s,
                               "SELECT string_agg(concat_ws(':', kind, lane, stage, state, max_attempts, "
                               "input, done, total), ' ' "
                               "ORDER BY id) FROM migrationd.task WHERE report_id = $1 AND kind = 'main'"),
                     "main:file:2:waiting:2:{\"k\": 1}:0:10 main::0:waiting:2:{}:0:0 "
                     "main:last:0:waiting:2:{}:0:0");
}

static void what_is_added_is_checked_element_by_element(void **state) {
        static const char *const refused[] = {
                "NULL",
                "'null'",
                "'{}'",
                "'1'",
                "'[1]'",
                "'[{}, null]'",
                "'[[]]'",
                "'[{\"unknown\": 1}]'",
                "'[{\"lane\": 1}]'",
                "'[{\"lane\": null}]'",
                "'[{\"stage\": -1}]'",
                "'[{\"stage\": \"1\"}]'",
                "'[{\"stage\": 1.5}]'",
                "'[{\"stage\": 2147483648}]'",
                "'[{\"stage\": 1e100}]'",
                "'[{\"total\": -1}]'",
                "'[{\"total\": 9223372036854775808}]'",
                "'[{\"input\": []}]'",
                "'[{\"input\": null}]'",
                "jsonb_build_array(jsonb_build_object('lane', repeat('x', 256)))",
        };
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, EXPAND_STEP);
        a = store_launch_and_claim(s);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                Reply r = store_call(s, "task_add", &a, refused[i]);

                if (!streq(r.sqlstate, "MG004"))
                        print_message("%s: %s\n", refused[i], r.message);
                assert_string_equal(r.sqlstate, "MG004");
        }
        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(
                store_call(s, "task_add", &a, "'[{\"stage\": 2147483647, \"total\": 9223372036854775807}]'"),
                "1");
        say(s->worker, "ROLLBACK", (char *)NULL);
}

static void only_an_expander_adds_tasks(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        assert_sqlstate(store_call(s, "task_add", &a, "'[{}]'"), "MG004");
        assert_sqlstate(store_call(s, "task_add", &a, "'[]'"), "MG004");
}

static void a_problem_is_kept_once_per_item_with_its_latest_reason(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        assert_value(store_call(s, "task_problem", &a, "'a.iso', 'short'"), "");
        assert_value(store_call(s, "task_problem", &a, "'a.iso', 'missing'"), "");
        assert_value(store_call(s, "task_problem", &a, "'b.iso', 'short'"), "");
        assert_value(store_ask(s,
                               "SELECT string_agg(item || ':' || reason, ' ' ORDER BY id) FROM "
                               "migrationd.problem "
                               "WHERE report_id = $1"),
                     "a.iso:missing b.iso:short");
        assert_sqlstate(store_call(s, "task_problem", &a, "NULL, 'r'"), "MG004");
        assert_sqlstate(store_call(s, "task_problem", &a, "'i', NULL"), "MG004");
}

static void many_problems_come_in_one_call_in_their_order(void **state) {
        static const char *const wrong[] = { "NULL, '{r}'",        "'{i}', NULL",       "'{i,j}', '{r}'",
                                             "'{i,NULL}', '{r,s}'", "'{i,j}', '{r,NULL}'" };
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        assert_value(store_call(s, "task_problems", &a, "'{}', '{}'"), "");
        assert_value(store_call(s, "task_problem", &a, "'b', 'old'"), "");
        assert_value(store_call(s, "task_problems", &a, "'{d,a,b,a}', '{1,2,3,4}'"), "");
        /* Twice the same after it is cut. */
        assert_value(store_call(s, "task_problems", &a,
                                "ARRAY[repeat('x', 1024) || 'y', repeat('x', 1025)], ARRAY['5', repeat('6', 5000)]"),
                     "");
        assert_value(store_ask(s,
                               "SELECT string_agg(left(item, 1) || left(reason, 1), ' ' ORDER BY id) || ' ' || "
                               "max(octet_length(item)) || ' ' || max(octet_length(reason)) FROM migrationd.problem "
                               "WHERE report_id = $1"),
                     "b3 d1 a4 x6 1024 4096");
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert_sqlstate(store_call(s, "task_problems", &a, wrong[i]), "MG004");
        assert_sqlstate(store_call(s, "task_problems", &a,
                                   "array_fill('i'::text, ARRAY[1001]), array_fill('r'::text, ARRAY[1001])"),
                        "MG004");
        assert_value(store_call(s, "task_problems", &a,
                                "(SELECT array_agg('n' || i) FROM generate_series(1, 1000) i), "
                                "array_fill('r'::text, ARRAY[1000])"),
                     "");
        assert_value(store_ask(s, "SELECT count(*) FROM migrationd.problem WHERE report_id = $1"), "1004");
}

static void long_items_are_cut_at_a_character_to_their_bytes(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        /* 1024 characters of four bytes that do not compress would not fit the index. */
        assert_value(store_call(s, "task_problem", &a,
                                "(SELECT string_agg(chr(65536 + i * 7919 % 50000), '') FROM "
                                "generate_series(1, 2000) i), repeat('€', 5000)"),
                     "");
        assert_value(store_ask(s,
                               "SELECT octet_length(item) || '/' || octet_length(reason) FROM "
                               "migrationd.problem "
                               "WHERE report_id = $1"),
                     "1024/4095");
        assert_value(store_call(s, "task_problem", &a, "repeat('x', 1023) || 'ü', repeat('x', 4096)"), "");
        assert_value(store_ask(s,
                               "SELECT octet_length(item) || '/' || octet_length(reason) FROM "
                               "migrationd.problem "
                               "WHERE report_id = $1 ORDER BY id DESC"),
                     "1023/4096");
}

static void a_frozen_worker_keeps_nobody_waiting_but_the_end_of_its_attempt(void **state) {
        Store *s = *state;
        Attempt a, b;

        store_run(s, "{}", 2, ONE_STEP);
        a = store_launch_and_claim(s);
        store_ask(s,
                  "INSERT INTO migrationd.task (report_id, step_ord, kind, max_attempts) VALUES ($1, 0, "
                  "'main', 2)");
        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(store_call(s, "task_problem", &a, "'i', 'r'"), "");
        assert_value(store_call(s, "task_progress", &a, "1, 5"), "");

        say(s->service, "SET lock_timeout = '200ms'", (char *)NULL);
        assert_int_equal(store_launch(s, "1", &b, 1), 1);
        assert_value(store_ask(s, "SELECT migrationd.report_advance($1)"), "0");
        assert_value(say(s->service,
                         "SELECT after FROM migrationd.api_report_request($1, 'pause', 'freeze', 0, 0, '')",
                         s->report, (char *)NULL),
                     "paused");
        assert_value(store_ask(s, "SELECT migrationd.report_resume($1)"), "running");
        assert_value(store_ask(s, "SELECT migrationd.report_completed($1)"), "f");
        assert_value(store_ask(s, "SELECT migrationd.report_failed($1)"), "f");
        assert_sqlstate(say(s->service,
                            "SELECT migrationd.attempt_end($1, 'running', 'lost', 'lost', '', false)", a.id,
                            (char *)NULL),
                        "55P03");
        assert_value(say(s->service,
                         "SELECT after FROM migrationd.api_report_request($1, 'cancel', NULL, 0, 0, '')",
                         s->report, (char *)NULL),
                     "canceling");
        assert_sqlstate(store_call(s, "task_progress", &a, "1, 5"), "MG002");
}

/* Runs a statement of the service that waits for a lock of the worker's transaction, returns when it waits.
 */
static void send_until_it_waits(Store *s, const char *sql, const char *param) {
        _cleanup_(freep) char *pid = text_format("%d", PQbackendPID(s->service));
        usec_t tries = SOON / (10 * USEC_PER_MSEC);

        assert_true(PQsendQueryParams(s->service, sql, 1, NULL, &param, NULL, NULL, 0));
        while (!streq(say(s->worker, "SELECT cardinality(pg_blocking_pids($1)) > 0", pid, (char *)NULL).value,
                      "t")) {
                assert_true(tries-- > 0);
                (void)poll(NULL, 0, 10);
        }
}

static void the_end_of_an_attempt_waits_for_its_transaction_without_a_deadlock(void **state) {
        Store *s = *state;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(store_call(s, "task_problem", &a, "'i', 'r'"), "");
        send_until_it_waits(s, "SELECT migrationd.attempt_end($1, 'running', 'lost', 'lost', '', false)",
                            a.id);

        /* The other order of locks would be a deadlock here. */
        assert_value(store_call(s, "task_progress", &a, "1, 5"), "");
        say(s->worker, "COMMIT", (char *)NULL);
        PQclear(PQgetResult(s->service));
        assert_null(PQgetResult(s->service));
        assert_value(store_ask(s, "SELECT state || ':' || done FROM migrationd.task WHERE report_id = $1"),
                     "waiting:1");
        assert_sqlstate(store_call(s, "task_progress", &a, "2, 5"), "MG001");
}

static void a_finish_that_commits_first_wins_against_the_end_of_its_attempt(void **state) {
        Store *s = *state;
        PGresult *res;
        Attempt a;

        store_run(s, "{}", 1, ONE_STEP);
        a = store_launch_and_claim(s);
        say(s->worker, "BEGIN", (char *)NULL);
        assert_value(store_call(s, "task_finish", &a, ""), "");
        send_until_it_waits(s, "SELECT migrationd.attempt_end($1, 'running', 'failed', 'signal', '', false)",
                            a.id);
        say(s->worker, "COMMIT", (char *)NULL);
        res = PQgetResult(s->service);
        assert_int_equal(PQntuples(res), 1);
        assert_true(PQgetisnull(res, 0, 0));
        PQclear(res);
        assert_null(PQgetResult(s->service));
        assert_value(store_ask(s, "SELECT state FROM migrationd.task WHERE report_id = $1"), "completed");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
                TEST(the_workers_role_may_execute_six_functions_and_read_nothing),
                TEST(a_claim_without_the_exclusive_session_lock_is_refused),
                TEST(a_claim_returns_plan_options_input_and_position),
                TEST(an_attempt_is_claimed_once),
                TEST(another_token_number_or_task_is_a_stale_attempt),
                TEST(an_attempt_that_was_ended_is_stale_even_when_the_next_one_runs),
                TEST(a_canceling_report_refuses_everything),
                TEST(a_paused_report_lets_its_tasks_go_on),
                TEST(counters_stay_between_zero_and_the_total),
                TEST(a_finish_needs_full_counters_and_ends_the_attempt),
                TEST(a_task_that_never_counted_ends_with_one_of_one_and_tells_the_listeners),
                TEST(added_tasks_are_committed_only_with_the_finish),
                TEST(what_is_added_is_checked_element_by_element),
                TEST(only_an_expander_adds_tasks),
                TEST(a_problem_is_kept_once_per_item_with_its_latest_reason),
                TEST(many_problems_come_in_one_call_in_their_order),
                TEST(long_items_are_cut_at_a_character_to_their_bytes),
                TEST(a_frozen_worker_keeps_nobody_waiting_but_the_end_of_its_attempt),
                TEST(the_end_of_an_attempt_waits_for_its_transaction_without_a_deadlock),
                TEST(a_finish_that_commits_first_wins_against_the_end_of_its_attempt),
        };
        int r;

        r = store_cluster_new(&store_cluster);
        if (r < 0)
                return pg_cluster_absent(r);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        pg_cluster_free(store_cluster);
        return r;
}
