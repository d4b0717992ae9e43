/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/text.h"
#include "task/task-fixture.h"

#define PATIENCE_MSEC 180000

/* Where programs of a test write to: the test's working directory is a new one. */
static char directory[] = "/tmp/test-command-XXXXXX";

/* Starts migrationd-task with up to eight arguments; its output goes to the file `output`. */
static pid_t start(char *const *argv) {
        pid_t pid;
        int fd;

        pid = fork();
        assert_true(pid >= 0);
        if (pid > 0)
                return pid;
        fd = open("output", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void) dup2(fd, STDOUT_FILENO);
        (void) dup2(fd, STDERR_FILENO);
        execvp(argv[0], argv);
        _exit(127);
}

static pid_t start_script(const char *option, const char *script) {
        const char *argv[] = { "migrationd-task", "run", option, "--", "/bin/sh", "-eu", "-c", script, NULL };
        const char *plain[] = { "migrationd-task", "run", "--", "/bin/sh", "-eu", "-c", script, NULL };

        return start((char *const*) (option ? argv : plain));
}

/* The wait status; the process is killed, and the test fails, when it takes too long. */
static int wait_for(pid_t pid) {
        _cleanup_(closep) int fd = pidfd_open(pid, 0);
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int status;

        if (poll(&p, 1, PATIENCE_MSEC) != 1) {
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, &status, 0);
                fail_msg("migrationd-task did not end");
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static const char *read_file(const char *name) {
        static char text[64 * 1024];
        FILE *f = fopen(name, "re");
        size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

        if (f)
                fclose(f);
        text[n] = 0;
        return text;
}

static void expect_exit(pid_t pid, int exit_status) {
        int status = wait_for(pid);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_status)
                fail_msg("wait status 0x%x, not exit %i: %s", status, exit_status, read_file("output"));
}

static void expect_output(const char *part) {
        if (!strstr(read_file("output"), part))
                fail_msg("no \"%s\" in: %s", part, read_file("output"));
}

/* state done/total of the fixture's task */
static void expect_task(Fixture *f, const char *wanted) {
        assert_string_equal(
                sql(f, "SELECT state || ' ' || done || '/' || total FROM migrationd.task WHERE id = %i",
                    f->task),
                wanted);
}

static void wait_for_file(const char *name) {
        for (int i = 0; access(name, F_OK) < 0; i++) {
                assert_true(i < PATIENCE_MSEC / 20);
                (void) poll(NULL, 0, 20);
        }
}

static void a_program_that_exits_0_completes_its_task(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        expect_exit(start_script("--exit-code", "true"), 0);
        expect_task(f, "completed 1/1");
}

static void the_exit_code_contract_counts_a_known_total_as_done(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f, "UPDATE migrationd.task SET total = 40 WHERE id = %i", f->task);
        expect_exit(start_script("--exit-code", "true"), 0);
        expect_task(f, "completed 40/40");
}

static void other_exit_statuses_are_passed_on(void **state) {
        static const int statuses[] = { 1, 3, 65, 75, 77, 78, 255 };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(statuses); i++) {
                char script[16];

                snprintf(script, sizeof(script), "exit %i", statuses[i]);
                fixture_launch(f, false, "{}", "{}");
                expect_exit(start_script("--exit-code", script), statuses[i]);
                expect_task(f, "running 0/0");
        }
}

static void the_signal_that_ends_the_program_ends_the_command(void **state) {
        static const int signals[] = { SIGKILL, SIGSEGV, SIGTERM };

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                char script[32];
                int status;

                snprintf(script, sizeof(script), "kill -%i $$", signals[i]);
                fixture_launch(*state, false, "{}", "{}");
                status = wait_for(start_script("--exit-code", script));
                assert_true(WIFSIGNALED(status));
                assert_int_equal(WTERMSIG(status), signals[i]);
                assert_false(WCOREDUMP(status));
        }
}

static void exit_0_with_open_counters_is_a_failure(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        expect_exit(start_script(NULL, "migrationd-task progress 3 7"), 1);
        expect_output("3 of 7");
        expect_task(f, "running 3/7");
}

static void a_program_that_cannot_be_executed_is_a_configuration_error(void **state) {
        const char *argv[] = { "migrationd-task", "run", "--", "/nonexistent/program", NULL };

        fixture_launch(*state, false, "{}", "{}");
        expect_exit(start((char *const*) argv), 78);
        expect_output("/nonexistent/program");
}

static void input_is_printed_as_json_and_at_pointers_as_text(void **state) {
        fixture_launch(*state, false,
                       "{\"name\": \"it''s $(x) \\\"q\\\"\", \"list\": [1, {\"a/b\": true}, null], \"~\": "
                       "1.5, \"\": \"e\"}",
                       "{}");
        expect_exit(start_script("--exit-code",
                                 "migrationd-task input /plan/name\n"
                                 "migrationd-task input /plan/list/0\n"
                                 "migrationd-task input /plan/list/1/a~1b\n"
                                 "migrationd-task input /plan/list/2\n"
                                 "migrationd-task input /plan/~0\n"
                                 "migrationd-task input /plan/\n"
                                 "migrationd-task input /input\n"
                                 "for p in /none /plan/list/3 /plan/list/00 /plan/list/-1 /plan/name/x; do\n"
                                 "    r=0; migrationd-task input $p || r=$?; echo $r\n"
                                 "done\n"
                                 "for p in plan /plan/~2; do\n"
                                 "    r=0; migrationd-task input $p 2>/dev/null || r=$?; echo $r\n"
                                 "done\n"
                                 "migrationd-task input >whole\n"), 0);
        assert_string_equal(read_file("output"),
                            "it's $(x) \"q\"\n1\ntrue\nnull\n1.5\ne\n{}\n1\n1\n1\n1\n1\n64\n64\n");
        assert_non_null(strstr(read_file("whole"), "\"options\":{}"));
}

static void an_input_of_megabytes_arrives_whole(void **state) {
        Fixture *f = *state;
        _cleanup_(freep) char *text = NULL;

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f,
                   "UPDATE migrationd.plan SET document = json_build_object('x', repeat('abc', 1000000)) "
                   "WHERE id = "
                   "(SELECT plan_id FROM migrationd.report WHERE id = %i)",
                   f->report);
        expect_exit(start_script("--exit-code", "migrationd-task input /plan/x | md5sum"), 0);
        text = strdup(sql(f, "SELECT md5(repeat('abc', 1000000) || E'\\n')"));
        expect_output(text);
}

static void progress_and_problems_reach_the_database_at_once(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        (void) unlink("go");
        (void) unlink("told");
        assert_int_equal(mkfifo("go", 0600), 0);
        pid = start_script(NULL,
                           "migrationd-task progress 1 2; migrationd-task problem 'an item' 'a reason'\n"
                           ": >told; read -r x <go; migrationd-task progress 2");
        wait_for_file("told");
        expect_task(f, "running 1/2");
        assert_string_equal(
                sql(f, "SELECT item || ': ' || reason FROM migrationd.problem WHERE task_id = %i", f->task),
                "an item: a reason");
        int fd = open("go", O_WRONLY | O_CLOEXEC);
        assert_true(write(fd, "x\n", 2) == 2);
        closep(&fd);
        expect_exit(pid, 0);
        expect_task(f, "completed 2/2");
}

static void bad_values_are_usage_errors_and_the_program_goes_on(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        expect_exit(start_script(NULL,
                                 "try() { r=0; migrationd-task \"$@\" || r=$?; [ $r = 64 ] || { echo \"$r: "
                                 "$*\"; exit 99; }; }\n"
                                 "try; try unknown; try progress; try progress 1 2 3; try progress -1; try "
                                 "progress x\n"
                                 "try progress 5 3; try problem; try problem item; try problem '' reason\n"
                                 "try add-task '[]'; try add-task '{' ; try add-task --stage -1; try "
                                 "add-task --stage 3000000000\n"
                                 "try add-task --lane; try add-task --unknown x; try add-task --set =x; try "
                                 "add-task '{}' '{}'\n"
                                 "try input /a /b; try run; try run --unknown\n"),
                    0);
        expect_task(f, "completed 1/1");
}

static void an_expander_in_shell_adds_tasks_when_it_has_exited_0(void **state) {
        Fixture *f = *state;

        fixture_launch(f, true, "{}", "{}");
        expect_exit(start_script(NULL, "migrationd-task add-task\n"
                                       "migrationd-task add-task --lane a --stage 2 --total 7 '{\"k\": [1], "
                                       "\"s\": \"x\"}' --set 's=q\" $ \\'\n"),
                    0);
        assert_string_equal(sql(f,
                                "SELECT string_agg(lane || ' ' || stage || ' ' || total || ' ' || input, '; "
                                "' ORDER BY id) FROM "
                                "migrationd.task WHERE report_id = %i AND kind = 'main'",
                                f->report),
                            " 0 0 {}; a 2 7 {\"k\": [1], \"s\": \"q\\\" $ \\\\\"}");

        fixture_launch(f, true, "{}", "{}");
        expect_exit(start_script(NULL, "migrationd-task add-task; exit 3"), 3);
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.task WHERE report_id = %i", f->report),
                            "1");
}

static void more_calls_at_once_than_there_are_places_are_all_served(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        expect_exit(start_script("--exit-code", "i=0; while [ $i -lt 80 ]; do migrationd-task problem "
                                                "item$i r & i=$((i + 1)); done; wait"),
                    0);
        assert_string_equal(sql(f, "SELECT count(*) FROM migrationd.problem WHERE task_id = %i", f->task),
                            "80");
}

static void sigterm_goes_to_the_whole_group_of_the_program(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        (void) unlink("ready");
        pid = start_script(NULL, "trap 'echo outer; exit 75' TERM\n"
                                 "sh -c 'trap \"echo inner; exit\" TERM; : >ready; while :; do sleep 0.1; "
                                 "done' &\nwait $!; wait\n");
        wait_for_file("ready");
        assert_int_equal(kill(pid, SIGTERM), 0);
        expect_exit(pid, 75);
        fixture_wait(f, "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')");
        expect_output("outer");
        for (int i = 0; !strstr(read_file("output"), "inner"); i++) {
                assert_true(i < 500);
                (void) poll(NULL, 0, 20);
        }
        expect_task(f, "running 0/0");
}

static void a_refused_call_ends_the_program_also_when_it_ignores_sigterm(void **state) {
        Fixture *f = *state;
        char counted[80];
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        pid = start_script("--exit-code", "trap '' TERM\n"
                                          "while migrationd-task progress 0 1; do sleep 0.1; done\necho "
                                          "refused; while :; do sleep 0.1; done");
        snprintf(counted, sizeof(counted), "SELECT total = 1 FROM migrationd.task WHERE id = %i", f->task);
        fixture_wait(f, counted);
        (void) sql(f, "SELECT migrationd.report_cancel(%i)", f->report);
        expect_exit(pid, 75);
        expect_output("refused");
        expect_output("canceling");
        expect_task(f, "running 0/1");
}

static void a_lost_database_ends_the_program(void **state) {
        Fixture *f = *state;
        pid_t pid;

        fixture_launch(f, false, "{}", "{}");
        (void) unlink("ready");
        pid = start_script("--exit-code", ": >ready; sleep 1000");
        wait_for_file("ready");
        fixture_disconnect_tasks(f);
        expect_exit(pid, 75);
        expect_output("lost");
}

static void the_child_has_neither_token_nor_notification_socket(void **state) {
        fixture_launch(*state, false, "{}", "{}");
        setenv("NOTIFY_SOCKET", "/nonexistent", 1);
        expect_exit(start_script("--exit-code",
                                 "echo ${MIGRATIOND_TOKEN-none} ${NOTIFY_SOCKET-none} $MIGRATIOND_TASK"),
                    0);
        unsetenv("NOTIFY_SOCKET");
        expect_output("none none ");
}

static void the_socket_is_private_and_gone_at_the_end(void **state) {
        fixture_launch(*state, false, "{}", "{}");
        expect_exit(start_script("--exit-code", "stat -c %a \"$(dirname \"$MIGRATIOND_SOCKET\")\"; dirname "
                                                "\"$MIGRATIOND_SOCKET\" >where"),
                    0);
        expect_output("700");
        *strchrnul((char*) read_file("where"), '\n') = 0;
        assert_int_equal(access(read_file("where"), F_OK), -1);
}

/* Connects to the server whose path the program wrote, sends and returns the answer, "" when it was dropped. */
static const char *raw_request(const char *data, size_t size) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        static char answer[1024];
        _cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ssize_t n;

        assert_true(strlen(read_file("where")) < sizeof(address.sun_path));
        strcpy(address.sun_path, read_file("where"));
        assert_int_equal(connect(fd, (struct sockaddr*) &address, sizeof(address)), 0);
        while (size > 0 && (n = send(fd, data, size, MSG_NOSIGNAL)) > 0) {
                data += n;
                size -= (size_t) n;
        }
        (void) shutdown(fd, SHUT_WR);
        n = recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL);
        answer[MAX(n, (ssize_t) 0)] = 0;
        return answer;
}

static void garbage_and_oversized_requests_are_refused_and_the_server_goes_on(void **state) {
        static const char *const requests[] = {
                "\n",
                "garbage\n",
                "[]\n",
                "{}\n",
                "{\"verb\": 1}\n",
                "{\"verb\": \"none\"}\n",
                "{\"verb\": \"progress\"}\n",
                "{\"verb\": \"progress\", \"done\": \"1\", \"total\": 1}\n",
                "{\"verb\": \"problem\", \"item\": 1}\n",
                "{\"verb\": \"add-task\"}\n",
                "{\"verb\": \"add-task\", \"lane\": \"\", \"stage\": 0, \"total\": 0, \"input\": []}\n",
        };
        _cleanup_(freep) char *large = malloc(3 << 20);
        pid_t pid;

        fixture_launch(*state, false, "{}", "{}");
        (void) unlink("go");
        (void) unlink("where");
        assert_int_equal(mkfifo("go", 0600), 0);
        pid = start_script("--exit-code",
                           "printf %s \"$MIGRATIOND_SOCKET\" >where.new; mv where.new where; read -r x <go");
        wait_for_file("where");
        for (size_t i = 0; i < ELEMENTSOF(requests); i++)
                if (!strstr(raw_request(requests[i], strlen(requests[i])), "\"status\":64"))
                        fail_msg("%s was answered with: %s", requests[i],
                                 raw_request(requests[i], strlen(requests[i])));
        /* Not a whole line: dropped. */
        assert_string_equal(raw_request("{\"verb\": \"input\"}", 17), "");
        memset(large, 'x', 3 << 20);
        (void) raw_request(large, 3 << 20);
        assert_non_null(strstr(raw_request("{\"verb\": \"input\"}\n", 18), "\"plan\""));
        int fd = open("go", O_WRONLY | O_CLOEXEC);
        assert_true(write(fd, "x\n", 2) == 2);
        closep(&fd);
        expect_exit(pid, 0);
}

static void a_verb_outside_of_run_says_so(void **state) {
        const char *argv[] = { "migrationd-task", "progress", "1", NULL };

        expect_exit(start((char *const*) argv), 75);
        expect_output("migrationd-task run");
}

static void without_an_attempt_nothing_is_started(void **state) {
        Fixture *f = *state;

        fixture_launch(f, false, "{}", "{}");
        (void) sql(f, "SELECT migrationd.report_cancel(%i)", f->report);
        expect_exit(start_script("--exit-code", "echo started"), 75);
        assert_null(strstr(read_file("output"), "started"));
        unsetenv("MIGRATIOND_TOKEN");
        expect_exit(start_script("--exit-code", "echo started"), 78);
        expect_output("MIGRATIOND_TOKEN");
}

/* The program lies in the build tree: tests/ and src/ are side by side. */
static int setup(void **state) {
        _cleanup_(freep) char *path = NULL;
        char self[4096];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (n < 0)
                return -1;
        self[n] = 0;
        *strrchr(self, '/') = 0;
        path = text_format("%s/../src/task:%s", self, getenv("PATH"));
        if (!path || setenv("PATH", path, 1) < 0 || !mkdtemp(directory) || chdir(directory) < 0)
                return -1;
        return fixture_setup(state);
}

static int teardown(void **state) {
        static const char *const names[] = { "output", "ready", "told", "go", "where", "whole" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                (void) unlink(names[i]);
        (void) rmdir(directory);
        return fixture_teardown(state);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_program_that_exits_0_completes_its_task),
                cmocka_unit_test(the_exit_code_contract_counts_a_known_total_as_done),
                cmocka_unit_test(other_exit_statuses_are_passed_on),
                cmocka_unit_test(the_signal_that_ends_the_program_ends_the_command),
                cmocka_unit_test(exit_0_with_open_counters_is_a_failure),
                cmocka_unit_test(a_program_that_cannot_be_executed_is_a_configuration_error),
                cmocka_unit_test(input_is_printed_as_json_and_at_pointers_as_text),
                cmocka_unit_test(an_input_of_megabytes_arrives_whole),
                cmocka_unit_test(progress_and_problems_reach_the_database_at_once),
                cmocka_unit_test(bad_values_are_usage_errors_and_the_program_goes_on),
                cmocka_unit_test(an_expander_in_shell_adds_tasks_when_it_has_exited_0),
                cmocka_unit_test(more_calls_at_once_than_there_are_places_are_all_served),
                cmocka_unit_test(sigterm_goes_to_the_whole_group_of_the_program),
                cmocka_unit_test(a_refused_call_ends_the_program_also_when_it_ignores_sigterm),
                cmocka_unit_test(a_lost_database_ends_the_program),
                cmocka_unit_test(the_child_has_neither_token_nor_notification_socket),
                cmocka_unit_test(the_socket_is_private_and_gone_at_the_end),
                cmocka_unit_test(garbage_and_oversized_requests_are_refused_and_the_server_goes_on),
                cmocka_unit_test(a_verb_outside_of_run_says_so),
                cmocka_unit_test(without_an_attempt_nothing_is_started),
        };

        /* 77: skipped, as meson reads it. */
        return fixture_available() ? cmocka_run_group_tests_name("migrationd-task", tests, setup, teardown)
                                   : 77;
}
