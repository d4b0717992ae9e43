/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "engine/outcome.h"

static UnitResult ended(const char *result, const char *code, int status) {
        UnitResult r = { .ran = true, .exit_status = status };

        strcpy(r.result, result);
        strcpy(r.exit_code, code);
        return r;
}

static void check(const UnitResult *result, State state, const char *class, bool permanent) {
        Outcome o;

        outcome_from_result(result, &o);
        assert_int_equal(o.state, state);
        assert_string_equal(o.class, class);
        assert_int_equal(o.permanent, permanent);
}

static void exit_0_without_a_finish_is_a_failed_attempt(void **state) {
        UnitResult r = ended("success", "exited", 0);

        check(&r, STATE_FAILED, "no-finish", false);
}

static void exit_75_is_tried_again_and_77_skips(void **state) {
        UnitResult again = ended("exit-code", "exited", 75), skip = ended("exit-code", "exited", 77);

        check(&again, STATE_FAILED, "temporary", false);
        check(&skip, STATE_SKIPPED, "", false);
}

static void wrong_input_and_wrong_configuration_are_permanent(void **state) {
        static const int statuses[] = { 65, 66, 78 };

        for (size_t i = 0; i < ELEMENTSOF(statuses); i++) {
                UnitResult r = ended("exit-code", "exited", statuses[i]);

                check(&r, STATE_FAILED, "permanent", true);
        }
}

static void a_program_that_could_not_be_executed_is_permanent(void **state) {
        UnitResult r = ended("exit-code", "exited", 203);

        check(&r, STATE_FAILED, "exec", true);
}

static void other_exit_statuses_are_tried_again(void **state) {
        UnitResult r = ended("exit-code", "exited", 1);

        check(&r, STATE_FAILED, "exit-code", false);
}

static void the_units_own_result_is_the_class_of_failure(void **state) {
        static const char *const results[] = { "signal", "core-dump", "timeout", "watchdog", "oom-kill", "resources" };

        for (size_t i = 0; i < ELEMENTSOF(results); i++) {
                UnitResult r = ended(results[i], "killed", SIGKILL);
                Outcome o;

                check(&r, STATE_FAILED, results[i], false);
                outcome_from_result(&r, &o);
                assert_non_null(strstr(o.error, "KILL"));
        }
}

static void a_unit_that_was_stopped_reads_success_and_is_a_failed_attempt(void **state) {
        UnitResult r = ended("success", "killed", SIGTERM);

        check(&r, STATE_FAILED, "stopped", false);
}

static void a_unit_that_is_gone_without_a_result_is_lost(void **state) {
        check(NULL, STATE_LOST, "lost", false);
}

static void a_refused_start_names_the_reason(void **state) {
        Outcome o;

        outcome_from_start_error("Unit x.service already exists.", &o);
        assert_string_equal(o.class, "start");
        assert_non_null(strstr(o.error, "already exists"));
}

static void a_stop_by_the_poll_has_its_reason_as_class(void **state) {
        static const struct {
                const char *class, *error;
        } cases[] = {
                { "no-progress", "stopped: its counters had not moved for 61 s" },
                { "timeout", "stopped: it had run for 61 s" },
                { "stopped", "was stopped, since another task has failed" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Outcome o;

                outcome_from_stop(cases[i].class, 61234, &o);
                assert_int_equal(o.state, STATE_FAILED);
                assert_false(o.permanent);
                assert_string_equal(o.class, cases[i].class);
                assert_string_equal(o.error, cases[i].error);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(exit_0_without_a_finish_is_a_failed_attempt),
                cmocka_unit_test(exit_75_is_tried_again_and_77_skips),
                cmocka_unit_test(wrong_input_and_wrong_configuration_are_permanent),
                cmocka_unit_test(a_program_that_could_not_be_executed_is_permanent),
                cmocka_unit_test(other_exit_statuses_are_tried_again),
                cmocka_unit_test(the_units_own_result_is_the_class_of_failure),
                cmocka_unit_test(a_unit_that_was_stopped_reads_success_and_is_a_failed_attempt),
                cmocka_unit_test(a_unit_that_is_gone_without_a_result_is_lost),
                cmocka_unit_test(a_refused_start_names_the_reason),
                cmocka_unit_test(a_stop_by_the_poll_has_its_reason_as_class),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
