/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/rate.h"

#define START (1000 * USEC_PER_SEC)

static void the_first_reading_takes_the_mean_since_the_start(void **state) {
        Rate rate = {};

        rate_update(&rate, 500, START, START + 10 * USEC_PER_SEC);
        assert_int_equal((int) rate.per_sec, 50);
        assert_int_equal(rate_left(&rate, 500, 1000) / USEC_PER_SEC, 10);
}

static void nothing_is_forecast_before_anything_moved(void **state) {
        Rate rate = {};

        assert_int_equal(rate_left(&rate, 0, 1000), 0);
        rate_update(&rate, 0, START, START + USEC_PER_SEC);
        assert_int_equal(rate_left(&rate, 0, 1000), 0);
}

static void a_new_speed_is_reached_within_a_minute(void **state) {
        Rate rate = {};
        usec_t now = START;
        uint64_t done = 0;

        rate_update(&rate, 0, 0, now);
        for (int i = 0; i < 60; i++)
                rate_update(&rate, done += 100, 0, now += USEC_PER_SEC);
        assert_in_range((uint64_t) rate.per_sec, 95, 100);
        for (int i = 0; i < 60; i++)
                rate_update(&rate, done += 10, 0, now += USEC_PER_SEC);
        assert_in_range((uint64_t) rate.per_sec, 10, 15);
}

static void a_pause_does_not_slow_the_rate(void **state) {
        Rate rate = {};

        rate_update(&rate, 1000, START, START + 10 * USEC_PER_SEC);
        rate_skip(&rate, START + 1000 * USEC_PER_SEC);
        rate_update(&rate, 1100, START, START + 1001 * USEC_PER_SEC);
        assert_int_equal((int) rate.per_sec, 100);
}

static void a_counter_that_falls_is_no_negative_speed(void **state) {
        Rate rate = {};

        rate_update(&rate, 1000, START, START + 10 * USEC_PER_SEC);
        rate_update(&rate, 400, START, START + 11 * USEC_PER_SEC);
        assert_true(rate.per_sec >= 0);
        rate_update(&rate, 500, START, START + 12 * USEC_PER_SEC);
        assert_true(rate.per_sec > 0);
}

static void what_is_done_has_no_time_left(void **state) {
        Rate rate = {};

        rate_update(&rate, 1000, START, START + 10 * USEC_PER_SEC);
        assert_int_equal(rate_left(&rate, 1000, 1000), 0);
        assert_int_equal(rate_left(&rate, 1001, 1000), 0);
        assert_int_equal(rate_left(&rate, 0, UINT64_MAX), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_reading_takes_the_mean_since_the_start),
                cmocka_unit_test(nothing_is_forecast_before_anything_moved),
                cmocka_unit_test(a_new_speed_is_reached_within_a_minute),
                cmocka_unit_test(a_pause_does_not_slow_the_rate),
                cmocka_unit_test(a_counter_that_falls_is_no_negative_speed),
                cmocka_unit_test(what_is_done_has_no_time_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
