/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/option.h"
#include "lib/bus-message.h"

typedef struct Values {
        uint32_t limit;
        uint64_t after;
        int dry_run;
        const char *name;
        char **states;
} Values;

static int read_all(sd_bus_message *m, Values *v, sd_bus_error *error) {
        const BusOption table[] = {
                { "limit", "u", &v->limit },
                { "after", "t", &v->after },
                { "dry_run", "b", &v->dry_run },
                { "name", "s", &v->name },
                { "states", "as", &v->states },
                {}
        };

        return bus_options_read(m, table, error);
}

/* Frees the message; the error must name the culprit. */
static void assert_refused(sd_bus_message *m, const char *text) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Values v = {};

        assert_true(read_all(m, &v, &error) < 0);
        assert_true(sd_bus_error_has_name(&error, "org.migrationd1.Error.BadOption"));
        assert_string_equal(error.message, text);
        strv_free(v.states);
        sd_bus_message_unref(m);
}

static void options_of_every_type_are_read(void **state) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        Values v = {};

        m = bus_message_with(*state, "a{sv}", 5, "name", "s", "x", "after", "t", UINT64_C(5000000000), "limit", "u", UINT32_C(7),
                             "states", "as", 2, "running", "failed", "dry_run", "b", 1);
        assert_int_equal(read_all(m, &v, &error), 0);
        assert_int_equal(v.limit, 7);
        assert_int_equal(v.after, 5000000000);
        assert_int_equal(v.dry_run, 1);
        assert_string_equal(v.name, "x");
        assert_int_equal(strv_length(v.states), 2);
        assert_string_equal(v.states[1], "failed");
        strv_free(v.states);
}

static void an_option_that_is_not_given_keeps_its_default(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_with(*state, "a{sv}", 0);
        Values v = { .limit = 1000, .dry_run = -1 };

        assert_int_equal(read_all(m, &v, NULL), 0);
        assert_int_equal(v.limit, 1000);
        assert_int_equal(v.dry_run, -1);
        assert_null(v.name);
        assert_null(v.states);
}

static void an_unknown_option_is_refused_by_name(void **state) {
        assert_refused(bus_message_with(*state, "a{sv}", 2, "limit", "u", 1, "limt", "u", 1), "Unknown option 'limt'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "", "u", 1), "Unknown option ''");
}

static void an_option_of_another_type_is_refused_by_name(void **state) {
        assert_refused(bus_message_with(*state, "a{sv}", 1, "limit", "s", "1"), "Option 'limit' has a value of type 's', not 'u'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "limit", "i", 1), "Option 'limit' has a value of type 'i', not 'u'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "name", "as", 1, "x"), "Option 'name' has a value of type 'as', not 's'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "states", "s", "x"), "Option 'states' has a value of type 's', not 'as'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "name", "v", "s", "x"), "Option 'name' has a value of type 'v', not 's'");
}

static void an_option_that_is_given_twice_is_refused(void **state) {
        assert_refused(bus_message_with(*state, "a{sv}", 2, "limit", "u", 1, "limit", "u", 1), "Option 'limit' is given twice");
}

static void options_can_follow_other_arguments(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_with(*state, "ua{sv}", 9, 1, "limit", "u", 3);
        Values v = {};
        uint32_t first;

        assert_true(sd_bus_message_read(m, "u", &first) > 0);
        assert_int_equal(read_all(m, &v, NULL), 0);
        assert_int_equal(v.limit, 3);
        assert_true(sd_bus_message_at_end(m, /* complete= */ true) > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(options_of_every_type_are_read, bus_message_setup, bus_message_teardown),
                cmocka_unit_test_setup_teardown(an_option_that_is_not_given_keeps_its_default, bus_message_setup,
                                                bus_message_teardown),
                cmocka_unit_test_setup_teardown(an_unknown_option_is_refused_by_name, bus_message_setup, bus_message_teardown),
                cmocka_unit_test_setup_teardown(an_option_of_another_type_is_refused_by_name, bus_message_setup,
                                                bus_message_teardown),
                cmocka_unit_test_setup_teardown(an_option_that_is_given_twice_is_refused, bus_message_setup, bus_message_teardown),
                cmocka_unit_test_setup_teardown(options_can_follow_other_arguments, bus_message_setup, bus_message_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
