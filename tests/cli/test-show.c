/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What steps.c and terminal.c make of texts and numbers. As on a pipe: ASCII, no colours. */

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/steps.h"
#include "cli/terminal.h"

static void assert_text(char *text, const char *wanted) {
        assert_non_null(text);
        assert_string_equal(text, wanted);
        free(text);
}

static void a_hundred_percent_is_said_of_what_is_complete_only(void **state) {
        assert_int_equal(percent(0, 0), 0);
        assert_int_equal(percent(19999, 20000), 99);
        assert_int_equal(percent(20000, 20000), 100);
        assert_int_equal(percent(30000, 20000), 100);
        assert_int_equal(percent(UINT64_MAX / 2, UINT64_MAX), 50);
}

static void a_bar_is_as_wide_as_asked_for(void **state) {
        assert_text(bar_text(0, 10, 10), "..........");
        assert_text(bar_text(5, 10, 10), "#####.....");
        assert_text(bar_text(10, 10, 10), "##########");
        assert_text(bar_text(99, 10, 10), "##########");
        assert_text(bar_text(1, 0, 4), "....");
        assert_text(bar_text(1, 2, 0), "");
}

static void control_characters_do_not_reach_the_terminal(void **state) {
        assert_text(terminal_safe("a\033[31mb\nc\td\177"), "a?[31mb c d?");
        /* U+009B, which terminals take for an escape sequence too. */
        assert_text(terminal_safe("a\xc2\x9b" "31m"), "a??31m");
        assert_text(terminal_safe("größe"), "größe");
}

static void a_shortened_text_takes_no_more_than_its_width(void **state) {
        assert_text(terminal_ellipsize("abcdef", 6), "abcdef");
        assert_text(terminal_ellipsize("abcdefg", 6), "abc...");
        assert_text(terminal_ellipsize("ääääääää", 6), "äää...");
        assert_text(terminal_ellipsize("日本語日本語", 7), "日本...");
        assert_text(terminal_ellipsize("abc", 2), "ab");
        assert_text(terminal_ellipsize("abc", 0), "");
}

static void a_line_of_a_step_fits_the_terminal(void **state) {
        static char long_code[] = "a_step_whose_code_is_far_longer_than_any_that_a_sane_migration_would_have";
        ReportStep step = { .code = long_code,
                            .state = STATE_RUNNING,
                            .done = 123456789,
                            .total = 987654321 };
        Report report = { .state = STATE_RUNNING, .steps = &step, .n_steps = 1 };
        Rate rate = { .started = true, .per_sec = 1234567 };

        for (unsigned columns = 60; columns < 200; columns += 7) {
                StepLayout layout;
                Line line;

                step_layout(&report, columns, &layout);
                step_line(&report, &step, &rate, &layout, &line);
                assert_non_null(line.text);
                assert_int_equal(line.width, terminal_width(line.text));
                assert_true(line.width <= columns);
                free(line.text);
        }
}

static void the_pace_gives_the_bounds_of_the_service_before_its_own(void **state) {
        static char code[] = "content";
        ReportStep step = { .code = code, .state = STATE_RUNNING, .done = 100, .total = 1000 };
        Report report = { .state = STATE_RUNNING, .steps = &step, .n_steps = 1 };
        Rate rate = { .started = true, .per_sec = 10 };

        assert_text(step_pace(&report, &step, &rate), "10/s, 1min 30s left");
        report.eta_low_usec = 30 * USEC_PER_SEC;
        report.eta_high_usec = 60 * USEC_PER_SEC;
        assert_text(step_pace(&report, &step, &rate), "10/s, 30s to 1min left");
        report.rate = 4.25;
        assert_text(step_pace(&report, &step, NULL), "4.2/s, 30s to 1min left");
        report.state = STATE_PAUSED;
        assert_text(step_pace(&report, &step, &rate), "");
}

static int set_up(void **state) {
        (void) setlocale(LC_ALL, "C.UTF-8");
        (void) unsetenv("SYSTEMD_COLORS");
        terminal_init(/* tty= */ false);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_hundred_percent_is_said_of_what_is_complete_only),
                cmocka_unit_test(a_bar_is_as_wide_as_asked_for),
                cmocka_unit_test(control_characters_do_not_reach_the_terminal),
                cmocka_unit_test(a_shortened_text_takes_no_more_than_its_width),
                cmocka_unit_test(a_line_of_a_step_fits_the_terminal),
                cmocka_unit_test(the_pace_gives_the_bounds_of_the_service_before_its_own),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
