/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/engine-internal.h"

#define SECOND(n) ((n) *USEC_PER_SEC)
#define TIMEOUT SECOND(60)

static Attempt any_time(void) {
        return (Attempt){ .stalled_msec = -1,
                          .progress_timeout_usec = USEC_INFINITY,
                          .timeout_usec = USEC_INFINITY,
                          .frozen_since_usec = -1 };
}

/* Looks at the attempt every 5 s from one second to another, and tells the last verdict. */
static int64_t look(Attempt *a, int64_t moved, usec_t from, usec_t to) {
        for (usec_t now = from; now <= to; now += 5)
                attempt_watch(a, TIMEOUT, moved, SECOND(now));
        return a->stalled_msec;
}

static void counters_that_stand_still_for_the_whole_time_are_a_stall(void **state) {
        Attempt a = {};

        assert_int_equal(look(&a, 7, 1000, 1055), -1);
        assert_int_equal(look(&a, 7, 1060, 1060), 60000);
}

static void counters_that_move_begin_the_time_anew(void **state) {
        Attempt a = {};

        assert_int_equal(look(&a, 7, 1000, 1055), -1);
        assert_int_equal(look(&a, 8, 1060, 1115), -1);
        assert_int_equal(look(&a, 8, 1120, 1120), 60000);
}

static void the_time_of_the_database_is_not_compared_with_a_clock(void **state) {
        Attempt a = {};

        assert_int_equal(look(&a, INT64_C(4000000000000000), 1000, 1055), -1);
        /* Its clock was set back by an hour, and the counters moved. */
        assert_int_equal(look(&a, INT64_C(3996400000000000), 1060, 1115), -1);
}

static void a_time_without_a_look_does_not_count(void **state) {
        Attempt a = {};

        assert_int_equal(look(&a, 7, 1000, 1055), -1);
        assert_int_equal(look(&a, 7, 1400, 1455), -1);
        assert_int_equal(look(&a, 7, 1460, 1460), 60000);
}

static void a_pause_does_not_count(void **state) {
        Attempt a = {};

        assert_int_equal(look(&a, 7, 1000, 1055), -1);
        attempt_watch(&a, USEC_INFINITY, 7, SECOND(1060));
        assert_int_equal(a.stalled_msec, -1);
        assert_int_equal(look(&a, 7, 1065, 1115), -1);
        assert_int_equal(look(&a, 7, 1120, 1120), 60000);
}

static void the_next_stall_is_waited_for(void **state) {
        Attempt attempts[3] = { any_time(), any_time(), any_time() };
        Engine e = { .attempts = attempts, .n_attempts = ELEMENTSOF(attempts) };

        for (size_t i = 0; i < e.n_attempts; i++)
                attempt_watch(attempts + i, USEC_INFINITY, 1, SECOND(100));
        assert_true(attempts_limit_delay(&e, SECOND(100)) == USEC_INFINITY);
        attempt_watch(attempts + 1, SECOND(9), 2, SECOND(101));
        attempt_watch(attempts + 2, SECOND(5), 2, SECOND(102));
        assert_int_equal(attempts_limit_delay(&e, SECOND(103)), SECOND(4));
        /* One that is over does not keep the others from being looked at. */
        assert_int_equal(attempts_limit_delay(&e, SECOND(107)), SECOND(3));
}

/* Runs since second 100 of the clock, and may for 60 s. */
static Attempt running(void) {
        Attempt a = any_time();

        a.state = STATE_RUNNING;
        a.active = true;
        a.timeout_usec = TIMEOUT;
        a.started_usec = SECOND(100);
        return a;
}

static void over(const Attempt *a, usec_t now, const char *class, int64_t msec) {
        int64_t found;
        const char *limit = attempt_over_limit(a, SECOND(now), &found);

        assert_string_equal(limit ?: "", class);
        assert_int_equal(found, msec);
}

static void an_attempt_that_has_run_for_its_time_is_over_it(void **state) {
        Attempt a = running();

        over(&a, 159, "", 0);
        over(&a, 160, "timeout", 60000);
        a.state = STATE_LAUNCHING;
        over(&a, 161, "timeout", 61000);
        /* It has finished, and only has to exit. */
        a.state = STATE_COMPLETED;
        over(&a, 999, "", 0);
        a = running();
        a.timeout_usec = USEC_INFINITY;
        over(&a, 999999, "", 0);
}

static void one_whose_start_is_not_known_yet_is_not(void **state) {
        Attempt a = running();

        a.started_usec = 0;
        over(&a, 999999, "", 0);
}

static void the_time_that_it_was_frozen_is_taken_out(void **state) {
        Attempt a = running();

        a.frozen_since_usec = SECOND(150);
        over(&a, 90000, "", 0);
        a.frozen_usec = SECOND(86400);
        a.frozen_since_usec = -1;
        over(&a, 86559, "", 0);
        over(&a, 86560, "timeout", 60000);
        /* Again. */
        a.frozen_since_usec = SECOND(86555);
        over(&a, 999999, "", 0);
}

static void the_time_that_runs_out_first_is_the_class(void **state) {
        Attempt a = running();

        a.stalled_msec = 7000;
        over(&a, 159, "no-progress", 7000);
        over(&a, 160, "timeout", 60000);
}

static void the_next_timeout_is_waited_for(void **state) {
        Attempt attempts[3] = { any_time(), running(), running() };
        Engine e = { .attempts = attempts, .n_attempts = ELEMENTSOF(attempts) };

        attempts[2].started_usec = SECOND(90);
        assert_int_equal(attempts_limit_delay(&e, SECOND(110)), SECOND(40));
        attempts[2].frozen_since_usec = SECOND(105);
        assert_int_equal(attempts_limit_delay(&e, SECOND(110)), SECOND(50));
        attempts[1].frozen_usec = SECOND(5);
        assert_int_equal(attempts_limit_delay(&e, SECOND(110)), SECOND(55));
        attempts[1].active = false;
        assert_true(attempts_limit_delay(&e, SECOND(110)) == USEC_INFINITY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counters_that_stand_still_for_the_whole_time_are_a_stall),
                cmocka_unit_test(counters_that_move_begin_the_time_anew),
                cmocka_unit_test(the_time_of_the_database_is_not_compared_with_a_clock),
                cmocka_unit_test(a_time_without_a_look_does_not_count),
                cmocka_unit_test(a_pause_does_not_count),
                cmocka_unit_test(the_next_stall_is_waited_for),
                cmocka_unit_test(an_attempt_that_has_run_for_its_time_is_over_it),
                cmocka_unit_test(one_whose_start_is_not_known_yet_is_not),
                cmocka_unit_test(the_time_that_it_was_frozen_is_taken_out),
                cmocka_unit_test(the_time_that_runs_out_first_is_the_class),
                cmocka_unit_test(the_next_timeout_is_waited_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
