/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/text.h"
#include "task/task-fixture.h"
#include "task/task.h"

DEFINE_CLEANUP(migrationd_task *, migrationd_task_free);

/* The lock of the fixture's task is waited for by somebody. */
#define LOCK_AWAITED_EXISTS "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
#define LOCK_AWAITED "SELECT " LOCK_AWAITED_EXISTS

static migrationd_task *open_task(void) {
        migrationd_task *t;
        int r;

        r = migrationd_task_open(&t);
        if (r < 0)
                fail_msg("open: %s", migrationd_task_error(t));
        return t;
}

static void expect_error(migrationd_task *t, int r, int error, const char *part) {
        if (r != error || !strstr(migrationd_task_error(t), part))
                fail_msg("got %i \"%s\", not %i with \"%s\"", r, migrationd_task_error(t), error, part);
        assert_null(strchr(migrationd_task_error(t), '\n'));
}

static void expect_open_fails(int error, const char *part) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        int r;

        r = migrationd_task_open(&t);
        expect_error(t, r, error, part);
}

static void opening_names_the_variable_that_is_missing_or_bad(void **state) {
        static const char *const variables[] = {
                "MIGRATIOND_REPORT", "MIGRATIOND_TASK",     "MIGRATIOND_ATTEMPT",
                "MIGRATIOND_TOKEN",  "MIGRATIOND_DATABASE",
        };

        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                fixture_launch(*state, false, "{}", "{}");
                unsetenv(variables[i]);
                expect_open_fails(-EINVAL, variables[i]);
                if (i > 2)
                        continue;
                setenv(variables[i], "0x7", 1);
                expect_open_fails(-EINVAL, variables[i]);
        }
}

static void opening_claims_the_attempt_and_gives_the_input(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{\"a\": [1, 2]}", "{\"dry_run\": false}");
        t = open_task();
        assert_string_equal(
                sql(f, "SELECT state || ' ' || invocation_id FROM migrationd.attempt WHERE task_id = %i",
                    f->task),
                "running 0123456789abcdef0123456789abcdef");
        assert_string_equal(
                sql(f,
                    "SELECT '%s'::jsonb = '{\"plan\": {\"a\": [1, 2]}, \"options\": {\"dry_run\": false}, "
                    "\"input\": {}}'",
                    migrationd_task_input(t)),
                "t");
        assert_int_equal(migrationd_task_report(t), f->report);
        assert_int_equal(migrationd_task_id(t), f->task);
        assert_int_equal(migrationd_task_attempt(t), 1);
        assert_int_equal(migrationd_task_done(t), 0);
        assert_int_equal(migrationd_task_total(t), 0);
        assert_string_equal(sql(f,
                                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
                                "AND classid = %i "
                                "AND objid = %i",
                                f->report, f->task),
                            "1");
}

static void a_stale_attempt_cannot_be_opened(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        migrationd_task_free(open_task());
        expect_open_fails(-ESTALE, "MG001");

        fixture_launch(f, false, "{}", "{}");
        setenv("MIGRATIOND_TOKEN", "00000000-0000-0000-0000-000000000000", 1);
        expect_open_fails(-ESTALE, "MG001");
        setenv("MIGRATIOND_TOKEN", "no token", 1);
        expect_open_fails(-EINVAL, "no token");

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f, "SELECT migrationd.report_cancel(%i)", f->report);
        expect_open_fails(-ECANCELED, "canceling");
        assert_string_equal(sql(f, "SELECT state FROM migrationd.attempt WHERE task_id = %i", f->task),
                            "launching");
}

/* Runs open in a process of its own, which ends with the mapped status. */
static pid_t open_elsewhere(void) {
        migrationd_task *t;
        pid_t pid;

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                _exit(migrationd_task_exit_status(migrationd_task_open(&t)));
        return pid;
}

static int status_of(pid_t pid) {
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void opening_waits_for_the_lock_of_a_former_attempt(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f, "SELECT pg_advisory_lock(%i, %i)", f->report, f->task);
        pid = open_elsewhere();
        fixture_wait(f, LOCK_AWAITED);
        assert_string_equal(sql(f, "SELECT state FROM migrationd.attempt WHERE task_id = %i", f->task),
                            "launching");
        (void) sql(f, "SELECT pg_advisory_unlock_all()");
        assert_int_equal(status_of(pid), 0);
        assert_string_equal(sql(f, "SELECT state FROM migrationd.attempt WHERE task_id = %i", f->task),
                            "running");
}

static void sigterm_ends_the_wait_for_the_lock_without_a_claim(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f, "SELECT pg_advisory_lock(%i, %i)", f->report, f->task);
        pid = open_elsewhere();
        fixture_wait(f, LOCK_AWAITED);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(status_of(pid), MIGRATIOND_EXIT_TEMPFAIL);
        assert_string_equal(sql(f, "SELECT state FROM migrationd.attempt WHERE task_id = %i", f->task),
                            "launching");
        /* The server has seen that nobody waits any more: the next attempt is not behind a dead one. */
        fixture_wait(f, "SELECT NOT " LOCK_AWAITED_EXISTS);
        (void) sql(f, "SELECT pg_advisory_unlock_all()");
}

static void progress_is_stored_and_the_next_attempt_reads_it(void **state) {
        Fixture *f = *state;
        migrationd_task *t;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_progress(t, 3, 10), 0);
        assert_int_equal(migrationd_task_progress(t, 4, -1), 0);
        assert_int_equal(migrationd_task_done(t), 4);
        assert_int_equal(migrationd_task_total(t), 10);
        migrationd_task_free(t);
        fixture_launch_again(f);
        t = open_task();
        assert_int_equal(migrationd_task_attempt(t), 2);
        assert_int_equal(migrationd_task_done(t), 4);
        assert_int_equal(migrationd_task_total(t), 10);
        migrationd_task_free(t);
}

static void progress_out_of_range_changes_nothing(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_progress(t, 1, 2), 0);
        expect_error(t, migrationd_task_progress(t, 3, -1), -EINVAL, "progress");
        expect_error(t, migrationd_task_progress(t, 3, 2), -EINVAL, "progress");
        expect_error(t, migrationd_task_progress(t, -1, 2), -EINVAL, "progress");
        assert_string_equal(sql(f, "SELECT done || '/' || total FROM migrationd.task WHERE id = %i", f->task),
                            "1/2");
        /* The session is of use after a refusal. */
        assert_int_equal(migrationd_task_progress(t, 2, -1), 0);
}

/* A socket in the place of PID 1's. */
static int listen_notifications(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        (void) unlink(path);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_int_equal(bind(fd, (struct sockaddr*) &address, sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", path, 1);
        return fd;
}

static size_t count_notifications(int fd, char *ret_last, size_t size) {
        size_t count = 0;
        ssize_t n;

        while ((n = recv(fd, ret_last, size - 1, 0)) > 0) {
                ret_last[n] = 0;
                count++;
        }
        return count;
}

static void progress_is_told_to_systemd_at_most_twice_a_second_and_at_the_end(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        _cleanup_(closep) int fd = -EBADF;
        char path[64], last[256] = "";

        snprintf(path, sizeof(path), "/tmp/test-task-notify-%i", getpid());
        fd = listen_notifications(path);
        fixture_launch(*state, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_progress(t, 1, 8), 0);
        assert_int_equal(count_notifications(fd, last, sizeof(last)), 1);
        assert_string_equal(last, "STATUS=1 of 8 (12 %)");
        /* However slow the machine is: fewer messages than calls, or the calls took longer than the interval. */
        for (int i = 2; i <= 8; i++)
                assert_int_equal(migrationd_task_progress(t, i, -1), 0);
        assert_true(count_notifications(fd, last, sizeof(last)) < 7);
        assert_int_equal(migrationd_task_finish(t), 0);
        assert_int_equal(count_notifications(fd, last, sizeof(last)), 1);
        assert_string_equal(last, "STATUS=8 of 8 (100 %)");
        unsetenv("NOTIFY_SOCKET");
        (void) unlink(path);
}

static void every_call_of_a_stale_attempt_is_refused(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        fixture_launch_again(f);
        expect_error(t, migrationd_task_progress(t, 1, 2), -ESTALE, "MG001");
        expect_error(t, migrationd_task_problem(t, "item", "reason"), -ESTALE, "MG001");
        expect_error(t, migrationd_task_problems(t, 1, (const char *[]){ "item" }, (const char *[]){ "reason" }),
                     -ESTALE, "MG001");
        expect_error(t, migrationd_task_finish(t), -ESTALE, "MG001");
        assert_string_equal(
                sql(f, "SELECT state || done || total FROM migrationd.task WHERE id = %i", f->task),
                "running00");
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.problem WHERE report_id = %i", f->report),
                            "0");
}

static void every_call_under_a_canceling_report_is_refused(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        (void) sql(f, "SELECT migrationd.report_cancel(%i)", f->report);
        expect_error(t, migrationd_task_progress(t, 1, 2), -ECANCELED, "canceling");
        expect_error(t, migrationd_task_problem(t, "item", "reason"), -ECANCELED, "canceling");
        expect_error(t, migrationd_task_finish(t), -ECANCELED, "canceling");
        assert_string_equal(
                sql(f, "SELECT state || done || total FROM migrationd.task WHERE id = %i", f->task),
                "running00");
}

static void a_paused_report_lets_its_tasks_go_on(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        (void) sql(f, "SELECT migrationd.report_pause(%i, 'drain')", f->report);
        assert_int_equal(migrationd_task_progress(t, 1, 1), 0);
        assert_int_equal(migrationd_task_finish(t), 0);
}

static void a_problem_is_kept_once_with_its_last_reason(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_problem(t, "a'b\"\\", "first"), 0);
        assert_int_equal(migrationd_task_problem(t, "a'b\"\\", "second"), 0);
        assert_string_equal(sql(f,
                                "SELECT string_agg(item || ':' || reason, ' ') FROM migrationd.problem WHERE "
                                "task_id = %i",
                                f->task),
                            "a'b\"\\:second");
}

static void many_problems_are_sent_in_pages(void **state) {
        static const char *const odd[] = { "", "a \"b\" \\ {c, d}", "NULL", "\xc3\xa4\xff" };
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        const char *items[2500], *reasons[2500];
        char numbers[2500][8];
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(items); i++) {
                snprintf(numbers[i], sizeof(numbers[i]), "i%zu", i);
                items[i] = numbers[i];
                reasons[i] = "r";
        }
        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_problems(t, 0, items, reasons), 0);
        assert_int_equal(migrationd_task_problems(t, ELEMENTSOF(items), items, reasons), 0);
        assert_int_equal(migrationd_task_problems(t, ELEMENTSOF(odd), odd, odd), 0);
        assert_string_equal(sql(f,
                                "SELECT count(*) || ' ' || bool_and(item = 'i' || number) || ' ' || "
                                "count(DISTINCT xmin::text) FROM (SELECT *, xmin, row_number() OVER (ORDER BY id) - 1 "
                                "AS number FROM migrationd.problem WHERE task_id = %i AND reason = 'r') p",
                                f->task),
                            "2500 true 3");
        assert_string_equal(sql(f,
                                "SELECT string_agg(item, '|' ORDER BY id) FROM migrationd.problem WHERE task_id = %i "
                                "AND reason = item",
                                f->task),
                            "|a \"b\" \\ {c, d}|NULL|\xc3\xa4?");
}

static void problem_texts_are_cut_at_a_character_and_made_utf8(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        _cleanup_(freep) char *text = malloc(9001);
        Fixture *f = *state;

        /* 3 000 times "€": 1 024 is in the middle of one, 4 096 too. */
        for (size_t i = 0; i < 9000; i++)
                text[i] = "\xe2\x82\xac"[i % 3];
        text[9000] = 0;
        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_problem(t, text, text), 0);
        assert_string_equal(
                sql(f,
                    "SELECT octet_length(item) || ' ' || octet_length(reason) FROM migrationd.problem "
                    "WHERE task_id = %i",
                    f->task),
                "1023 4095");
        assert_int_equal(migrationd_task_problem(
                                 t, "x", "ok \xc3\xa4 \xff \xed\xa0\x80 \xf0\x9f\x98\x80 \xc0\xaf \xe2\x82"),
                         0);
        assert_string_equal(
                sql(f, "SELECT reason FROM migrationd.problem WHERE task_id = %i AND item = 'x'", f->task),
                "ok \xc3\xa4 ? ??? \xf0\x9f\x98\x80 ?? ??");
}

static void finish_completes_the_task_and_ends_the_attempt(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_finish(t), 0);
        assert_string_equal(sql(f,
                                "SELECT t.state || ' ' || done || '/' || total || ' ' || a.state FROM "
                                "migrationd.task t JOIN "
                                "migrationd.attempt a ON a.task_id = t.id WHERE t.id = %i",
                                f->task),
                            "completed 1/1 completed");
        expect_error(t, migrationd_task_finish(t), -ESTALE, "MG001");
}

static void finish_with_open_counters_is_refused_and_says_them(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_progress(t, 5, 10), 0);
        expect_error(t, migrationd_task_finish(t), -EBADMSG, "5 of 10");
        assert_int_equal(migrationd_task_exit_status(-EBADMSG), MIGRATIOND_EXIT_FAILED);
        assert_string_equal(sql(f, "SELECT state FROM migrationd.task WHERE id = %i", f->task), "running");
        assert_int_equal(migrationd_task_progress(t, 10, -1), 0);
        assert_int_equal(migrationd_task_finish(t), 0);
}

static void an_expander_adds_its_tasks_with_its_finish_and_not_before(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, true, "{}", "{}");
        t = open_task();
        for (int i = 0; i < 2500; i++) {
                char input[64];

                snprintf(input, sizeof(input), "{\"n\": %i, \"text\": \"a\\nb\"}", i);
                assert_int_equal(migrationd_task_add(t, i % 2 ? "odd" : "even", i / 1000, input, i), 0);
        }
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.task WHERE report_id = %i", f->report),
                            "1");
        assert_int_equal(migrationd_task_finish(t), 0);
        assert_string_equal(sql(f,
                                "SELECT count(*) FROM migrationd.task WHERE report_id = %i AND kind = 'main'",
                                f->report),
                            "2500");
        /* In the order in which they were queued, each as it was given. */
        assert_string_equal(
                sql(f,
                    "SELECT bool_and((input->>'n')::int = n - 1 AND input->>'text' = E'a\\nb' AND total = n "
                    "- 1 AND "
                    "stage = (n - 1) / 1000 AND lane = CASE WHEN n %% 2 = 0 THEN 'odd' ELSE 'even' END AND "
                    "state = 'waiting' AND max_attempts = 5) FROM (SELECT *, row_number() OVER (ORDER BY id) "
                    "AS n "
                    "FROM migrationd.task WHERE report_id = %i AND kind = 'main') x",
                    f->report),
                "t");
}

static void a_failed_finish_adds_nothing(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, true, "{}", "{}");
        t = open_task();
        for (int i = 0; i < 1001; i++)
                assert_int_equal(migrationd_task_add(t, "", 0, "{}", 0), 0);
        assert_int_equal(migrationd_task_progress(t, 0, 1), 0);
        expect_error(t, migrationd_task_finish(t), -EBADMSG, "0 of 1");
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.task WHERE report_id = %i", f->report),
                            "1");
        /* And it may be called again, with the same tasks. */
        assert_int_equal(migrationd_task_progress(t, 1, -1), 0);
        assert_int_equal(migrationd_task_finish(t), 0);
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.task WHERE report_id = %i", f->report),
                            "1002");
}

static void a_task_that_is_no_expander_can_add_none(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_int_equal(migrationd_task_add(t, "", 0, "{}", 0), 0);
        expect_error(t, migrationd_task_finish(t), -EINVAL, "no expander");
        assert_string_equal(sql(f, "SELECT state FROM migrationd.task WHERE id = %i", f->task), "running");
}

static void added_tasks_are_checked_when_they_are_queued(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;

        fixture_launch(*state, true, "{}", "{}");
        t = open_task();
        expect_error(t, migrationd_task_add(t, "", 0, "{}},{\"total\":1", 0), -EINVAL, "no JSON");
        expect_error(t, migrationd_task_add(t, "", 0, "[]", 0), -EINVAL, "no JSON object");
        expect_error(t, migrationd_task_add(t, "", -1, "{}", 0), -EINVAL, "negative");
        expect_error(t, migrationd_task_add(t, "", 0, "{}", -1), -EINVAL, "negative");
        expect_error(t, migrationd_task_add(t, "\xff", 0, "{}", 0), -EINVAL, "UTF-8");
        assert_int_equal(migrationd_task_finish(t), 0);
}

static void a_lost_connection_is_seen_and_asks_for_another_attempt(void **state) {
        _cleanup_(migrationd_task_freep) migrationd_task *t = NULL;
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        t = open_task();
        assert_true(migrationd_task_fd(t) >= 0);
        assert_int_equal(migrationd_task_check(t), 0);
        fixture_disconnect_tasks(f);
        expect_error(t, migrationd_task_progress(t, 1, 1), -ENOTCONN, "lost");
        expect_error(t, migrationd_task_finish(t), -ENOTCONN, "no connection");
        assert_int_equal(migrationd_task_fd(t), -ENOTCONN);
        expect_error(t, migrationd_task_check(t), -ENOTCONN, "no connection");
        assert_int_equal(migrationd_task_exit_status(-ENOTCONN), MIGRATIOND_EXIT_TEMPFAIL);
}

static void a_worker_may_call_the_contract_and_nothing_else(void **state) {
        Fixture *f = *state;
        _cleanup_(PQfinishp) PGconn *worker = pg_cluster_connect(f->cluster, "migrationd_worker");
        static const char *const statements[] = {
                "SELECT * FROM migrationd.report",    "UPDATE migrationd.task SET done = 1",
                "SELECT migrationd.report_cancel(1)", "SELECT migrationd.task_fence(1, 1, gen_random_uuid())",
                "SELECT * FROM migrationd.plan",
        };

        for (size_t i = 0; i < ELEMENTSOF(statements); i++) {
                _cleanup_(PQclearp) PGresult *res = PQexec(worker, statements[i]);

                assert_string_equal(PQresultErrorField(res, PG_DIAG_SQLSTATE), "42501");
        }
}

static void a_server_that_is_gone_is_waited_for_and_then_not_connected(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        PQfinish(f->service);
        assert_int_equal(pg_cluster_stop(f->cluster, SIGINT), 0);
        expect_open_fails(-ENOTCONN, "connect");
        /* A process that comes while it is down claims once it is up. */
        pid = open_elsewhere();
        assert_int_equal(pg_cluster_start(f->cluster), 0);
        f->service = pg_cluster_connect(f->cluster, "migrationd");
        assert_int_equal(status_of(pid), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(opening_names_the_variable_that_is_missing_or_bad),
                cmocka_unit_test(opening_claims_the_attempt_and_gives_the_input),
                cmocka_unit_test(a_stale_attempt_cannot_be_opened),
                cmocka_unit_test(opening_waits_for_the_lock_of_a_former_attempt),
                cmocka_unit_test(sigterm_ends_the_wait_for_the_lock_without_a_claim),
                cmocka_unit_test(progress_is_stored_and_the_next_attempt_reads_it),
                cmocka_unit_test(progress_out_of_range_changes_nothing),
                cmocka_unit_test(progress_is_told_to_systemd_at_most_twice_a_second_and_at_the_end),
                cmocka_unit_test(every_call_of_a_stale_attempt_is_refused),
                cmocka_unit_test(every_call_under_a_canceling_report_is_refused),
                cmocka_unit_test(a_paused_report_lets_its_tasks_go_on),
                cmocka_unit_test(a_problem_is_kept_once_with_its_last_reason),
                cmocka_unit_test(many_problems_are_sent_in_pages),
                cmocka_unit_test(problem_texts_are_cut_at_a_character_and_made_utf8),
                cmocka_unit_test(finish_completes_the_task_and_ends_the_attempt),
                cmocka_unit_test(finish_with_open_counters_is_refused_and_says_them),
                cmocka_unit_test(an_expander_adds_its_tasks_with_its_finish_and_not_before),
                cmocka_unit_test(a_failed_finish_adds_nothing),
                cmocka_unit_test(a_task_that_is_no_expander_can_add_none),
                cmocka_unit_test(added_tasks_are_checked_when_they_are_queued),
                cmocka_unit_test(a_lost_connection_is_seen_and_asks_for_another_attempt),
                cmocka_unit_test(a_worker_may_call_the_contract_and_nothing_else),
                cmocka_unit_test(a_server_that_is_gone_is_waited_for_and_then_not_connected),
        };

        /* 77: skipped, as meson reads it. */
        return fixture_available()
                       ? cmocka_run_group_tests_name("task", tests, fixture_setup, fixture_teardown)
                       : 77;
}
