/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "client/errors.h"

static sd_bus_error named(const char *name) {
        return SD_BUS_ERROR_MAKE_CONST(name, "text");
}

static bool is_documented(int code) {
        const ExitText *texts;
        size_t n;

        texts = exit_texts(&n);
        for (size_t i = 0; i < n; i++)
                if ((int) texts[i].code == code)
                        return true;
        return false;
}

static void every_error_of_the_service_has_a_documented_exit_code(void **state) {
#define ERROR(symbol, bus_name, error, code, text)                                              \
        do {                                                                                    \
                sd_bus_error e = named(ERROR_PREFIX bus_name);                                  \
                assert_int_equal(error_exit_code(-EIO, &e), code);                              \
                assert_true(is_documented(code));                                               \
        } while (false);
#include "model/errors.def"
#undef ERROR
}

static void the_exit_code_follows_the_name_before_the_errno(void **state) {
        sd_bus_error denied = named(SD_BUS_ERROR_ACCESS_DENIED), other = named("org.example.Error.Other");

        assert_int_equal(error_exit_code(-EIO, &denied), EXIT_NOT_ALLOWED);
        assert_int_equal(error_exit_code(-ETIMEDOUT, &other), EXIT_TIMED_OUT);
        assert_int_equal(error_exit_code(-ECONNRESET, NULL), EXIT_UNREACHABLE);
        assert_int_equal(error_exit_code(-EIO, NULL), EXIT_FAILED);
}

static void a_service_that_fails_to_start_is_unreachable_and_may_come_back(void **state) {
        sd_bus_error spawn = named("org.freedesktop.DBus.Error.Spawn.ChildExited");
        sd_bus_error unit = named("org.freedesktop.systemd1.UnitFailed");

        assert_int_equal(error_exit_code(-EIO, &spawn), EXIT_UNREACHABLE);
        assert_int_equal(error_exit_code(-EIO, &unit), EXIT_UNREACHABLE);
        assert_true(error_is_transient(-EIO, &spawn));
        assert_true(error_is_transient(-EIO, &unit));
}

static void only_what_can_pass_by_itself_is_transient(void **state) {
        static const char *const final[] = { ERROR_PREFIX "NoSuchReport", ERROR_PREFIX "BadState",
                                             ERROR_PREFIX "BadOption", SD_BUS_ERROR_ACCESS_DENIED,
                                             SD_BUS_ERROR_INVALID_ARGS };
        sd_bus_error store = named(ERROR_PREFIX "StoreUnavailable"), reply = named(SD_BUS_ERROR_NO_REPLY);

        for (size_t i = 0; i < ELEMENTSOF(final); i++) {
                sd_bus_error e = named(final[i]);

                /* The errno is what sd-bus makes of a name that it does not know, and says nothing. */
                assert_false(error_is_transient(-ENOENT, &e));
        }
        assert_true(error_is_transient(-EIO, &store));
        assert_true(error_is_transient(-EIO, &reply));
        assert_true(error_is_transient(-ETIMEDOUT, NULL));
        assert_false(error_is_transient(-ENOMEM, NULL));
}

static void a_verdict_is_completed_failed_or_canceled(void **state) {
        assert_int_equal(verdict_exit_code(STATE_COMPLETED), 0);
        assert_int_equal(verdict_exit_code(STATE_FAILED), 1);
        assert_int_equal(verdict_exit_code(STATE_CANCELED), 3);
        assert_int_equal(verdict_exit_code(_STATE_INVALID), 1);
}

static void errors_that_a_person_can_repair_say_what_to_type(void **state) {
        sd_bus_error running = named(ERROR_PREFIX "MigrationRunning"),
                     option = named(ERROR_PREFIX "BadOption");

        assert_non_null(strstr(error_hint(-EBUSY, &running), "migrationctl status"));
        assert_string_equal(error_hint(-ECONNREFUSED, NULL), "migrationctl doctor");
        assert_null(error_hint(-EINVAL, &option));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_error_of_the_service_has_a_documented_exit_code),
                cmocka_unit_test(the_exit_code_follows_the_name_before_the_errno),
                cmocka_unit_test(a_service_that_fails_to_start_is_unreachable_and_may_come_back),
                cmocka_unit_test(only_what_can_pass_by_itself_is_transient),
                cmocka_unit_test(a_verdict_is_completed_failed_or_canceled),
                cmocka_unit_test(errors_that_a_person_can_repair_say_what_to_type),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
