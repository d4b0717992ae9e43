/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/eta.h"

/* Any time of the day; a step's start. */
#define START (UINT64_C(1700000000) * USEC_PER_SEC)

static void assert_bounds(const Eta *e, usec_t after_start_usec, uint64_t done, uint64_t total, usec_t low, usec_t high) {
        EtaEstimate estimate = eta_estimate(e, 1, 0, START + after_start_usec, START, done, total);

        assert_int_equal(estimate.low_usec / USEC_PER_SEC, low);
        assert_int_equal(estimate.high_usec / USEC_PER_SEC, high);
}

static void without_samples_the_rate_is_the_one_since_the_start(void **state) {
        /* 100 in 50 s, 200 are left: 100 s. */
        assert_bounds(NULL, 50 * USEC_PER_SEC, 100, 300, 80, 130);
}

static void nothing_is_said_where_nothing_can_be_known(void **state) {
        EtaEstimate estimate;

        assert_bounds(NULL, 50 * USEC_PER_SEC, 0, 0, 0, 0);     /* no total */
        assert_bounds(NULL, 50 * USEC_PER_SEC, 0, 300, 0, 0);   /* nothing done */
        assert_bounds(NULL, 50 * USEC_PER_SEC, 300, 300, 0, 0); /* nothing left */
        assert_bounds(NULL, USEC_PER_SEC, 10, 300, 0, 0);       /* too early */
        estimate = eta_estimate(NULL, 1, 0, START, 0, 10, 20); /* the step has no start */
        assert_int_equal(estimate.low_usec + estimate.high_usec, 0);
        estimate = eta_estimate(NULL, 1, 0, START - 1, START, 10, 20); /* the clock was set back */
        assert_int_equal(estimate.low_usec + estimate.high_usec, 0);
}

static void the_rate_is_the_one_of_the_last_two_minutes(void **state) {
        Eta e = {};
        uint64_t done = 0;

        /* An hour at 1/s, then five minutes at 10/s. */
        for (unsigned t = 0; t <= 3900; t++) {
                eta_sample(&e, 1, 0, START + t * USEC_PER_SEC, done);
                done += t < 3600 ? 1 : 10;
        }
        done -= 10;
        assert_bounds(&e, 3900 * USEC_PER_SEC, done, done + 1000, 80, 130);
}

static void the_rate_is_known_without_a_total(void **state) {
        EtaEstimate estimate = eta_estimate(NULL, 1, 0, START + 50 * USEC_PER_SEC, START, 100, 0);

        assert_true(estimate.per_sec > 1.99 && estimate.per_sec < 2.01);
        assert_int_equal(estimate.high_usec, 0);
}

static void a_stalled_step_has_no_estimate(void **state) {
        Eta e = {};

        for (unsigned t = 0; t <= 300; t++)
                eta_sample(&e, 1, 0, START + t * USEC_PER_SEC, 50);
        assert_bounds(&e, 300 * USEC_PER_SEC, 50, 100, 0, 0);
}

static void samples_of_another_step_or_report_do_not_count(void **state) {
        Eta e = {};

        for (unsigned t = 0; t <= 120; t++)
                eta_sample(&e, 1, 1, START + t * USEC_PER_SEC, 1000 * t);
        assert_bounds(&e, 100 * USEC_PER_SEC, 100, 200, 80, 130);
        assert_int_equal(eta_estimate(&e, 2, 1, START + 100 * USEC_PER_SEC, START, 100, 200).low_usec / USEC_PER_SEC, 80);
}

static void a_counter_that_goes_back_starts_anew(void **state) {
        Eta e = {};

        eta_sample(&e, 1, 0, START, 500);
        eta_sample(&e, 1, 0, START + 60 * USEC_PER_SEC, 100);
        assert_int_equal(e.n, 1);
        assert_int_equal(e.samples[0].done, 100);
}

static void the_window_keeps_its_size(void **state) {
        Eta e = {};

        for (unsigned t = 0; t <= 10000; t++)
                eta_sample(&e, 1, 0, START + t * USEC_PER_SEC, t);
        assert_int_equal(e.n, ETA_SAMPLES);
        assert_true(e.samples[0].time_usec >= START + 10000 * USEC_PER_SEC - ETA_WINDOW_USEC);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_samples_the_rate_is_the_one_since_the_start),
                cmocka_unit_test(nothing_is_said_where_nothing_can_be_known),
                cmocka_unit_test(the_rate_is_the_one_of_the_last_two_minutes),
                cmocka_unit_test(the_rate_is_known_without_a_total),
                cmocka_unit_test(a_stalled_step_has_no_estimate),
                cmocka_unit_test(samples_of_another_step_or_report_do_not_count),
                cmocka_unit_test(a_counter_that_goes_back_starts_anew),
                cmocka_unit_test(the_window_keeps_its_size),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
