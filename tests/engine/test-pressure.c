/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pressure of the kernel, and the window that follows from it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/pressure.h"

static void the_share_of_the_last_ten_seconds_is_read(void **state) {
        uint32_t n;

        assert_int_equal(pressure_parse("some avg10=3.07 avg60=1.00 avg300=0.50 total=1\nfull avg10=0.00 avg60=0.00\n", &n), 0);
        assert_int_equal(n, 307);
        assert_int_equal(pressure_parse("some avg10=100.00 avg60=0.00 avg300=0.00 total=0", &n), 0);
        assert_int_equal(n, 10000);
        assert_int_equal(pressure_parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=0", &n), 0);
        assert_int_equal(n, 0);
}

static void a_text_of_another_form_is_refused(void **state) {
        static const char *const bad[] = { "",           "some avg10=", "some avg10=1",      "some avg10=.50", "full avg10=1.00",
                                           "some avg10=1.5", "some avg10=1.500", "some avg10=-1.00", "some avg10=1000.00" };
        uint32_t n;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(pressure_parse(bad[i], &n), -EBADMSG);
        assert_int_equal(pressure_read("/nonexistent/cpu.pressure", &n), -ENOENT);
}

static void the_window_is_halved_down_to_nothing(void **state) {
        assert_int_equal(throttle_window_next(UINT32_MAX, 16, 16, true), 8);
        assert_int_equal(throttle_window_next(8, 16, 8, true), 4);
        assert_int_equal(throttle_window_next(1, 16, 1, true), 0);
        assert_int_equal(throttle_window_next(0, 16, 0, true), 0);
        /* What does not run does not have to be taken away step by step. */
        assert_int_equal(throttle_window_next(UINT32_MAX, 1024, 6, true), 3);
        /* Tasks that still run from before do not make it larger. */
        assert_int_equal(throttle_window_next(4, 16, 16, true), 2);
}

static void the_window_is_doubled_up_to_all_workers(void **state) {
        uint32_t window = 0, steps = 0;

        while (window != UINT32_MAX) {
                window = throttle_window_next(window, 16, 0, false);
                steps++;
        }
        assert_int_equal(steps, 5);
        assert_int_equal(throttle_window_next(UINT32_MAX, 16, 16, false), UINT32_MAX);
        /* Workers were set below the window meanwhile. */
        assert_int_equal(throttle_window_next(8, 4, 4, false), UINT32_MAX);
        assert_int_equal(throttle_window_next(0, 1, 0, false), 1);
        assert_int_equal(throttle_window_next(1, 1, 1, false), UINT32_MAX);
}

static void what_the_check_unit_said_last_stands_while_it_runs(void **state) {
        ThrottleCheck c = { .started = true };

        assert_int_equal(throttle_check_look(&c, true, false, 0), THROTTLE_UNKNOWN);
        assert_int_equal(throttle_check_look(&c, false, false, 3), THROTTLE_UNWELL);
        assert_int_equal(c.status, 3);
        assert_int_equal(throttle_check_look(&c, true, true, 0), THROTTLE_UNWELL);
        assert_int_equal(throttle_check_look(&c, false, true, 0), THROTTLE_WELL);
        assert_int_equal(throttle_check_look(&c, true, false, 1), THROTTLE_WELL);
}

static void what_an_earlier_poll_started_says_nothing(void **state) {
        ThrottleCheck c = {};

        assert_int_equal(throttle_check_look(&c, true, true, 0), THROTTLE_UNKNOWN);
        assert_int_equal(throttle_check_look(&c, false, true, 0), THROTTLE_UNKNOWN);
        c.started = true;
        assert_int_equal(throttle_check_look(&c, true, true, 0), THROTTLE_UNKNOWN);
        assert_int_equal(throttle_check_look(&c, false, true, 0), THROTTLE_WELL);
}

static void a_check_unit_that_does_not_end_says_nothing_any_more(void **state) {
        ThrottleCheck c = { .started = true };

        assert_int_equal(throttle_check_look(&c, false, false, 1), THROTTLE_UNWELL);
        for (unsigned i = 1; i < THROTTLE_CHECK_LOOKS_MAX; i++)
                assert_int_equal(throttle_check_look(&c, true, false, 0), THROTTLE_UNWELL);
        assert_int_equal(throttle_check_look(&c, true, false, 0), THROTTLE_HANGS);
        assert_int_equal(throttle_check_look(&c, true, false, 0), THROTTLE_HANGS);
        /* It has ended after all, and counts again. */
        assert_int_equal(throttle_check_look(&c, false, false, 1), THROTTLE_UNWELL);
        assert_int_equal(throttle_check_look(&c, true, false, 0), THROTTLE_UNWELL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_share_of_the_last_ten_seconds_is_read),
                cmocka_unit_test(a_text_of_another_form_is_refused),
                cmocka_unit_test(the_window_is_halved_down_to_nothing),
                cmocka_unit_test(the_window_is_doubled_up_to_all_workers),
                cmocka_unit_test(what_the_check_unit_said_last_stands_while_it_runs),
                cmocka_unit_test(what_an_earlier_poll_started_says_nothing),
                cmocka_unit_test(a_check_unit_that_does_not_end_says_nothing_any_more),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
