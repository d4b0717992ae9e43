/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/engine-internal.h"

#define SECOND(n) ((n) *USEC_PER_SEC)
#define TIMEOUT SECOND(60)

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
        Attempt attempts[3] = {};
        Engine e = { .attempts = attempts, .n_attempts = ELEMENTSOF(attempts) };

        for (size_t i = 0; i < e.n_attempts; i++)
                attempt_watch(attempts + i, USEC_INFINITY, 1, SECOND(100));
        assert_true(attempts_stall_delay(&e, SECOND(100)) == USEC_INFINITY);
        attempt_watch(attempts + 1, SECOND(9), 2, SECOND(101));
        attempt_watch(attempts + 2, SECOND(5), 2, SECOND(102));
        assert_int_equal(attempts_stall_delay(&e, SECOND(103)), SECOND(4));
        /* One that is over does not keep the others from being looked at. */
        assert_int_equal(attempts_stall_delay(&e, SECOND(107)), SECOND(3));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counters_that_stand_still_for_the_whole_time_are_a_stall),
                cmocka_unit_test(counters_that_move_begin_the_time_anew),
                cmocka_unit_test(the_time_of_the_database_is_not_compared_with_a_clock),
                cmocka_unit_test(a_time_without_a_look_does_not_count),
                cmocka_unit_test(a_pause_does_not_count),
                cmocka_unit_test(the_next_stall_is_waited_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
