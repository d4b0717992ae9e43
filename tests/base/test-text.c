/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"

static void time_spans_are_read_as_systemd_writes_them(void **state) {
        static const struct {
                const char *text;
                usec_t usec;
        } good[] = {
                { "5", 5 * USEC_PER_SEC }, { "5s", 5 * USEC_PER_SEC }, { "1min 5s", 65 * USEC_PER_SEC }, { "0", 0 },
                { "350ms", 350 * USEC_PER_MSEC }, { "1h30min", 5400 * USEC_PER_SEC }, { "7us", 7 }, { "infinity", USEC_INFINITY },
                { " 2 d ", 2 * 24 * 3600 * USEC_PER_SEC }, { "1w", 7 * 24 * 3600 * USEC_PER_SEC },
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                usec_t usec = 1;

                assert_int_equal(text_parse_usec(good[i].text, &usec), 0);
                assert_int_equal(usec, good[i].usec);
        }
}

static void other_time_spans_are_refused(void **state) {
        static const char *const bad[] = { "", " ", "s", "-1", "1.5s", "1 fortnight", "1s x", "infinity s", "99999999999999999999s",
                                           "18446744073709551615h" };
        usec_t usec;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_true(text_parse_usec(bad[i], &usec) < 0);
}

static void numbers_are_strict(void **state) {
        uint32_t n;

        assert_int_equal(text_parse_u32("4294967295", &n), 0);
        assert_int_equal(n, UINT32_MAX);
        assert_int_equal(text_parse_u32("4294967296", &n), -ERANGE);
        assert_int_equal(text_parse_u32("+1", &n), -EINVAL);
        assert_int_equal(text_parse_u32(" 1", &n), -EINVAL);
        assert_int_equal(text_parse_u32("", &n), -EINVAL);
}

static void lists_grow_and_copy(void **state) {
        _cleanup_(strv_freep) char **v = NULL, **copy = NULL;

        assert_int_equal(strv_length(v), 0);
        assert_int_equal(strv_append(&v, "a"), 0);
        assert_int_equal(strv_append(&v, "b"), 0);
        copy = strv_copy(v);
        assert_int_equal(strv_length(copy), 2);
        assert_string_equal(copy[1], "b");
        assert_null(copy[2]);
}

static void the_first_error_text_wins(void **state) {
        _cleanup_(freep) char *error = NULL;

        assert_int_equal(text_error(&error, -EINVAL, "first %i", 1), -EINVAL);
        assert_int_equal(text_error(&error, -EPERM, "second"), -EPERM);
        assert_string_equal(error, "first 1");
        assert_int_equal(text_error(NULL, -EPERM, "nowhere"), -EPERM);
}

static void spans_and_sizes_are_written_for_people(void **state) {
        _cleanup_(freep) char *span = text_format_usec(65 * USEC_PER_SEC), *ms = text_format_usec(350 * USEC_PER_MSEC),
                              *size = text_format_bytes(UINT64_C(1610612736)), *small = text_format_bytes(12);

        assert_string_equal(span, "1min 5s");
        assert_string_equal(ms, "350ms");
        assert_string_equal(size, "1.5G");
        assert_string_equal(small, "12B");
}

static void sizes_are_read_with_the_letters_of_systemd(void **state) {
        static const char *const bad[] = { "", "M", "1m", "1MB", "1 M", "-1", "1.5G", "1P", "K1" };
        uint64_t n;

        assert_int_equal(text_parse_bytes("0", &n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(text_parse_bytes("3K", &n), 0);
        assert_int_equal(n, 3072);
        assert_int_equal(text_parse_bytes("2T", &n), 0);
        assert_int_equal(n, UINT64_C(2) << 40);
        assert_int_equal(text_parse_bytes("18446744073709551615", &n), 0);
        assert_int_equal(text_parse_bytes("18446744073709551615K", &n), -ERANGE);
        assert_int_equal(text_parse_bytes("118446744073709551615", &n), -ERANGE);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(text_parse_bytes(bad[i], &n), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(time_spans_are_read_as_systemd_writes_them),
                cmocka_unit_test(other_time_spans_are_refused),
                cmocka_unit_test(numbers_are_strict),
                cmocka_unit_test(sizes_are_read_with_the_letters_of_systemd),
                cmocka_unit_test(lists_grow_and_copy),
                cmocka_unit_test(the_first_error_text_wins),
                cmocka_unit_test(spans_and_sizes_are_written_for_people),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
